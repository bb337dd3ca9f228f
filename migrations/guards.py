"""The second ring: triggers by which the database itself keeps every change under an audit entry.

Each table refuses UPDATE, DELETE and TRUNCATE, and a key that exists. A fact must hang on an entry that names
it, and the entry must still be open: on PostgreSQL it was written by this very transaction; on SQLite, which
tells a trigger nothing of transactions, it is not sealed yet (docs/decisions/0003). Every message begins with
`laotrust:`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table, UniqueConstraint, text

from migrations import guards_postgresql, guards_sqlite

ENTRY = "entry"


@dataclass(frozen=True)
class Guard:
    """What the database must know of a table to guard it: its key, what else is unique, whether it holds facts."""

    table: str
    key: str
    unique: tuple[tuple[str, ...], ...] = ()
    fact: bool = True


def guard_of(table: Table) -> Guard:
    """The guard that a table of the metadata needs."""
    key = next(iter(table.columns)).name
    groups = {tuple(c.name for c in part.columns) for part in table.constraints if isinstance(part, UniqueConstraint)}
    groups |= {tuple(c.name for c in index.columns) for index in table.indexes if index.unique}
    groups |= {tuple(c.name for c in table.primary_key.columns)}
    fact = "entry_id" in table.columns and table.name != "leaf"
    return Guard(table.name, key, tuple(sorted(groups - {(key,)})), fact)


def statements(dialect: str, guard: Guard) -> Iterator[str]:
    """The statements that put a table under guard, for `sqlite` or `postgresql`."""
    engine = guards_sqlite if dialect == "sqlite" else guards_postgresql
    yield from engine.frozen(guard.table)
    if guard.table == ENTRY:
        yield from engine.entry()
    yield from engine.insertion(guard.table, guard.key, guard.unique, fact=guard.fact)


def erasing_statements(dialect: str, table: str, key: str) -> Iterator[str]:
    """The statements by which single rows of a guarded table may go, each named by the entry of a purge."""
    yield from (guards_sqlite if dialect == "sqlite" else guards_postgresql).erasable(table, key)


def expiring_statements(dialect: str, table: str, column: str) -> Iterator[str]:
    """The statements by which rows of a guarded table, which is none of facts, may go an hour after `column`."""
    yield from (guards_sqlite if dialect == "sqlite" else guards_postgresql).expiring(table, column)


def log_statements(connection: Connection) -> Iterator[str]:
    """The statements by which the log asks for the facts of each entry; PostgreSQL asks at commit instead."""
    on_sqlite = connection.dialect.name == "sqlite"
    found = connection.execute(text(_FACTS if on_sqlite else _FACTS_ON_POSTGRESQL))
    facts = [(table, key) for table, key in found]
    yield from (guards_sqlite if on_sqlite else guards_postgresql).log(facts)


_FACTS = """
SELECT made.name, first.name FROM sqlite_schema AS made
JOIN pragma_table_info(made.name) AS first ON first.cid = 0
JOIN pragma_table_info(made.name) AS hung ON hung.name = 'entry_id'
WHERE made.type = 'table' AND made.name <> 'leaf' ORDER BY made.name
"""
"""The tables of facts that there are, each with its key column, as `guard_of` tells them."""
_FACTS_ON_POSTGRESQL = """
SELECT made.relname, first.attname FROM pg_class AS made
JOIN pg_attribute AS first ON first.attrelid = made.oid AND first.attnum = 1
JOIN pg_attribute AS hung ON hung.attrelid = made.oid AND hung.attname = 'entry_id'
WHERE made.relkind = 'r' AND made.relnamespace = 'public'::regnamespace AND made.relname <> 'leaf'
ORDER BY made.relname
"""


def guards_of(tables: Iterable[Table]) -> list[Guard]:
    """The guards of all these tables but Alembic's own."""
    return [guard_of(table) for table in tables if table.name != "alembic_version"]


def preparation(dialect: str) -> Sequence[str]:
    """The statements that must have run before the first `statements`."""
    return guards_postgresql.FUNCTIONS if dialect == "postgresql" else ()
