"""The data rule: one kind of key, every row under an entry, foreign keys that point down."""

import pytest
from sqlalchemy import LargeBinary, String, Table, Text
from sqlalchemy.orm import Mapper

from ledger.base import Base, Fact, Personal
from tests.architecture.inventory import HOUSES

OWN = {"entry", "leaf", "tree_head", "checkpoint", "tree_node", "replay_mark"}
"""The ledger's own: not facts."""
MAPPERS = sorted(Base.registry.mappers, key=lambda mapper: str(mapper.local_table))
FACTS = [mapper for mapper in MAPPERS if issubclass(mapper.class_, Fact)]


def _table(mapper: Mapper[object]) -> Table:
    assert isinstance(mapper.local_table, Table)
    return mapper.local_table


def _room(mapper: Mapper[object]) -> str:
    return mapper.class_.__module__.split(".")[0]


def _named(mapper: Mapper[object]) -> str:
    return str(mapper.local_table)


def test_every_table_but_the_ledgers_own_is_a_fact() -> None:
    assert {_named(mapper) for mapper in MAPPERS} - {_named(mapper) for mapper in FACTS} == OWN


@pytest.mark.parametrize("mapper", FACTS, ids=_named)
def test_a_fact_has_one_key_of_text_and_it_is_first(mapper: Mapper[object]) -> None:
    table = _table(mapper)

    [key] = table.primary_key.columns
    assert key is next(iter(table.columns))
    assert isinstance(key.type, String | Text)


@pytest.mark.parametrize("mapper", FACTS, ids=_named)
def test_a_fact_names_its_entry_and_cannot_be_without(mapper: Mapper[object]) -> None:
    column = _table(mapper).c.entry_id

    assert not column.nullable
    assert [key.target_fullname for key in column.foreign_keys] == ["entry.id"]


@pytest.mark.parametrize("mapper", FACTS, ids=_named)
def test_the_database_fills_nothing_in(mapper: Mapper[object]) -> None:
    columns = _table(mapper).columns

    assert [c.name for c in columns if c.server_default is not None or c.onupdate is not None] == []


@pytest.mark.parametrize("mapper", MAPPERS, ids=_named)
def test_foreign_keys_point_down(mapper: Mapper[object]) -> None:
    rooms = {_named(other): _room(other) for other in MAPPERS}
    targets = {rooms[key.column.table.name] for key in _table(mapper).foreign_keys}

    assert targets <= {_room(mapper), "ledger"}


@pytest.mark.parametrize("mapper", MAPPERS, ids=_named)
def test_a_table_is_declared_where_tables_are(mapper: Mapper[object]) -> None:
    room, *within = mapper.class_.__module__.split(".")

    assert room == "ledger" or (room in HOUSES and "tables" in within)


@pytest.mark.parametrize("mapper", [m for m in FACTS if issubclass(m.class_, Personal)], ids=_named)
def test_a_personal_row_has_a_salt_of_its_own(mapper: Mapper[object]) -> None:
    salt = _table(mapper).c.salt

    assert isinstance(salt.type, LargeBinary)
    assert not salt.nullable
