"""The databases that an installation may have, for benchmarks: a file of SQLite, and PostgreSQL where it is installed.

Both keep what is committed through a power cut. A benchmark that needs a million rows to be there writes them past the
ledger's guards: as entries they would take hours.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, text

from ledger.base import Base, mapping
from ledger.prepared import Insertion
from migrations.run import migrate
from tests.postgresql import BINARIES, durable_cluster

_SLICE = 20_000


@contextmanager
def databases(folder: Path) -> Iterator[Iterator[tuple[str, str]]]:
    """The engine's name and the URL of an empty database of each, which are gone afterwards."""
    with ExitStack() as stack:
        yield _each(folder, stack)


def _each(folder: Path, stack: ExitStack) -> Iterator[tuple[str, str]]:
    yield "SQLite", f"sqlite:///{(folder / 'bench.db').resolve()}"
    if BINARIES:
        folder.chmod(0o755)
        cluster, _ = stack.enter_context(durable_cluster(folder / "cluster"))
        cluster.execute("CREATE DATABASE bench OWNER laotrust_owner")
        yield "PostgreSQL", cluster.url("bench")


@contextmanager
def unguarded(url: str, *tables: type[Base]) -> Iterator[Connection]:
    """A transaction in which these tables take rows that belong to no entry; afterwards their guards stand again."""
    migrate(url)
    engine, names = create_engine(url), [one.__tablename__ for one in tables]
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            for name in names:
                connection.execute(text(f'ALTER TABLE "{name}" DISABLE TRIGGER USER'))
            yield connection
            for name in names:
                connection.execute(text(f'ALTER TABLE "{name}" ENABLE TRIGGER USER'))
        else:
            found = connection.execute(text("SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'trigger'"))
            guards = [(name, sql) for name, sql, table in found.all() if table in names]
            for name, _ in guards:
                connection.execute(text(f'DROP TRIGGER "{name}"'))
            yield connection
            for _, sql in guards:
                connection.exec_driver_sql(sql)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()


def insert(connection: Connection, table: type[Base], rows: Iterable[Mapping[str, Any]]) -> None:
    """All of them, some at a time; each has the same columns."""
    left, insertion = iter(rows), None
    while some := list(islice(left, _SLICE)):
        insertion = insertion or Insertion(_table(table), list(some[0]), connection.dialect)
        insertion.put(connection, some)


def _table(table: type[Base]) -> Any:
    return mapping.metadata.tables[table.__tablename__]
