"""How facts go into the database, and which key stood in the way when they did not.

Core inserts, many rows at a time: no ORM flush is on the hot path. PostgreSQL gets a statement for each table, with an
array for each column: a row that is a message of its own costs both sides several times what inserting it does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import ARRAY, Connection, Insert, Table, UniqueConstraint, bindparam, column, func, insert, select
from sqlalchemy.orm import Session

from ledger.base import Base, Fact
from ledger.entry import Entry, fact_values
from ledger.facts import unbounded

_ENTRIES = cast("Table", Entry.__table__)
Key = tuple[Table, dict[str, Any]]
"""A table, and the values of one of its primary or unique keys."""


def insert_entries(connection: Connection, entries: Sequence[Mapping[str, Any]], facts: Sequence[Fact]) -> None:
    """The entries, then their facts, are in the database as soon as the transaction commits."""
    _insert(connection, _ENTRIES, entries)
    by_table: dict[Table, list[dict[str, Any]]] = {}
    for fact in facts:
        by_table.setdefault(_table(fact), []).append(fact_values(fact))
    for table in _downward(by_table):
        _insert(connection, table, by_table[table])


def _insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """All rows name the same columns."""
    if connection.dialect.name == "postgresql":
        names = tuple(rows[0])
        connection.execute(_of_arrays(table, names), {name: [row[name] for row in rows] for name in names})
    else:
        connection.execute(insert(table), rows)


@cache
def _of_arrays(table: Table, names: tuple[str, ...]) -> Insert:
    """One statement for any number of rows, in their order: it is prepared once on each connection."""
    kinds = {name: unbounded(table.c[name].type) for name in names}
    given = [bindparam(name, type_=ARRAY(kind)) for name, kind in kinds.items()]
    columns = [column(name, kind) for name, kind in kinds.items()]
    rows = func.unnest(*given).table_valued(*columns, name="rows").render_derived()
    return insert(table).from_select(names, select(*rows.c))


def clash(session: Session, facts: Sequence[Fact]) -> Key | None:
    """The first key of these facts that a row has already, or that two of them share. None if all are free.

    Called only after a clash, so that the happy path pays nothing for it.
    """
    for table, values in keys(facts):
        there = [table.c[name] == value for name, value in values.items()]
        if session.execute(select(next(iter(table.c))).where(*there)).first() is not None:
            return table, values
    return _repeated(facts)


def keys(facts: Iterable[Fact]) -> Iterator[Key]:
    """Every primary and unique key of these facts; one that holds a null can clash with nothing."""
    for fact in facts:
        table, row = _table(fact), fact_values(fact)
        for names in _key_columns(table):
            if all(row[name] is not None for name in names):
                yield table, {name: row[name] for name in names}


def _repeated(facts: Iterable[Fact]) -> Key | None:
    seen: list[Key] = []
    for key in keys(facts):
        if key in seen:
            return key
        seen.append(key)
    return None


def _table(fact: Fact) -> Table:
    return cast("Table", type(fact).__table__)


@cache
def _key_columns(table: Table) -> Sequence[Sequence[str]]:
    """The names of the columns of each key, the primary key's first."""
    groups: list[Iterable[Any]] = [table.primary_key.columns]
    groups += [part.columns for part in table.constraints if isinstance(part, UniqueConstraint)]
    groups += [index.columns for index in table.indexes if index.unique]
    return [[column.name for column in columns] for columns in groups]


def _downward(tables: Mapping[Table, Any]) -> list[Table]:
    """The tables in the order in which their foreign keys can be satisfied."""
    if len(tables) < 2:
        return list(tables)
    places = _places(len(Base.metadata.tables))
    return sorted(tables, key=places.__getitem__)


@cache
def _places(_number: int) -> Mapping[Table, int]:
    """Each table's place in that order, reckoned once for as many tables as there are."""
    return {table: place for place, table in enumerate(Base.metadata.sorted_tables)}
