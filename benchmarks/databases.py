"""The databases that an installation may have, for benchmarks: a file of SQLite, and PostgreSQL where it is installed.

Both keep what is committed through a power cut. A benchmark that needs a million rows to be there writes them past the
ledger's guards: as entries they would take hours.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, make_url, text

from ledger.base import Base, mapping
from ledger.prepared import Insertion
from tests.postgresql import BINARIES, durable_cluster

_SLICE = 20_000
_GUARDS = (
    "SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
    "WHERE NOT tgisinternal AND tgenabled = 'A' AND relname = ANY(:names)"
)


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
    """A transaction in which these tables take rows past their guards, which stand again afterwards."""
    names, of_postgresql = [one.__tablename__ for one in tables], url.startswith("postgresql")
    engine = create_engine(make_url(url).set(username="postgres") if of_postgresql else url)
    with engine.begin() as connection:
        if of_postgresql:
            connection.execute(text("SET LOCAL session_replication_role = replica"))  # no foreign key is looked for
            guards = connection.execute(text(_GUARDS), {"names": names}).all()
            for table, name in guards:
                connection.execute(text(f'ALTER TABLE "{table}" DISABLE TRIGGER "{name}"'))
            yield connection
            for table, name in guards:
                connection.execute(text(f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{name}"'))
        else:
            found = connection.execute(text("SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'trigger'"))
            dropped = [(name, sql) for name, sql, table in found.all() if table in names]
            for name, _ in dropped:
                connection.execute(text(f'DROP TRIGGER "{name}"'))
            yield connection
            for _, sql in dropped:
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
