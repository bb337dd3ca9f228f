"""How facts go into the database, and which key stood in the way when they did not.

The driver is given all rows of a table at a time: neither an ORM's flush nor SQLAlchemy is on the hot path.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Table, UniqueConstraint, select
from sqlalchemy.orm import Session

from ledger.base import Base, Fact
from ledger.entry import Entry, fact_values
from ledger.prepared import Insertion, put_each

_ENTRY = cast("Table", Entry.__table__)
_UNFORCED = "SET LOCAL synchronous_commit TO off"
Key = tuple[Table, dict[str, Any]]
"""A table, and the values of one of its primary or unique keys."""


def insert_entries(
    connection: Connection, entries: Sequence[Mapping[str, Any]], facts: Sequence[Fact], behind: str | None = None
) -> None:
    """The entries, then their facts, are in the database as soon as the transaction commits.

    With something `behind`, be it empty, they are all of it, as of `insert_tables`.
    """
    by_table: dict[Table, list[dict[str, Any]]] = {}
    for fact in facts:
        by_table.setdefault(_table(fact), []).append(fact_values(fact))
    in_order = [(_ENTRY, entries), *((table, by_table[table]) for table in _downward(by_table))]
    _put(connection, [(table, rows) for table, rows in in_order if rows], behind=behind)


def insert_tables(
    connection: Connection,
    rows: Mapping[type[Base], Sequence[Mapping[str, Any]]],
    behind: str = "",
    *,
    forced: bool = True,
) -> None:
    """What is no fact: these rows, table by table, are all of a transaction; PostgreSQL commits it at once.

    It is told `behind` the commit what that is; of SQLite the caller commits. What is not `forced` PostgreSQL need not
    have on its disk then: only for what stands elsewhere too, and never for entries, by whose transactions others
    follow (`ledger.order`). SQLite has all of it there. Raises DBAPIError.
    """
    before = () if forced or connection.dialect.name == "sqlite" else (_UNFORCED,)
    several = [(cast("Table", kind.__table__), some) for kind, some in rows.items() if some]
    _put(connection, several, before, behind)


def _put(
    connection: Connection,
    several: Sequence[tuple[Table, Sequence[Mapping[str, Any]]]],
    before: Sequence[str] = (),
    behind: str | None = None,
) -> None:
    put_each(connection, [(_insertion(connection, table, rows), rows) for table, rows in several], before, behind)


def _insertion(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> Insertion:
    kind = (table, connection.dialect.name)
    if kind not in _insertions:
        _insertions[kind] = Insertion(table, list(rows[0]), connection.dialect)
    return _insertions[kind]


_insertions: dict[tuple[Table, str], Insertion] = {}
"""By table and dialect; the rows of a table all have the same columns."""


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
