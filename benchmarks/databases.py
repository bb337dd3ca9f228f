"""The databases that an installation may have, for benchmarks: a file of SQLite, and PostgreSQL where it is installed.

Both keep what is committed through a power cut. A benchmark that needs a million rows to be there writes them past the
ledger's guards: as entries they would take hours.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, make_url, text

from ledger.base import Base, mapping
from ledger.prepared import Insertion, put_each
from ledger.wire import Wire
from tests.postgresql import BINARIES, durable_cluster

_SLICE = 20_000
_AFTERWARDS = ("index", "trigger")
_GUARDS = (
    "SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
    "WHERE NOT tgisinternal AND tgenabled = 'A' AND relname = ANY(:names)"
)
_INDEXES = (
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema AND tablename = ANY(:names) "
    "AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = indexname)"
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
    """A transaction in which these tables take rows past their guards, which stand again afterwards.

    Their indexes are made after the rows: kept in order row by row, at a million most pages are written many times.
    """
    names, of_postgresql = [one.__tablename__ for one in tables], url.startswith("postgresql")
    engine = create_engine(make_url(url).set(username="postgres") if of_postgresql else url)
    if of_postgresql:  # the short way to it is the one way in which many rows are put
        event.listen(engine, "do_connect", lambda _dialect, _record, given, named: Wire.connect(*given, **named))
    with engine.connect() as connection, (_of_postgresql if of_postgresql else _of_sqlite)(connection, names):
        yield connection
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()


@contextmanager
def _of_postgresql(connection: Connection, names: Sequence[str]) -> Iterator[None]:
    with connection.begin():
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # no foreign key is looked for
        connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
        guards = connection.execute(text(_GUARDS), {"names": names}).all()
        indexes = connection.execute(text(_INDEXES), {"names": names}).all()
        for table, name in guards:
            connection.execute(text(f'ALTER TABLE "{table}" DISABLE TRIGGER "{name}"'))
        for name, _ in indexes:
            connection.execute(text(f'DROP INDEX "{name}"'))
        yield
        for _, made in indexes:
            connection.exec_driver_sql(made)
        for table, name in guards:
            connection.execute(text(f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{name}"'))


@contextmanager
def _of_sqlite(connection: Connection, names: Sequence[str]) -> Iterator[None]:
    # No journal: nobody needs what was there before. The next Ledger goes back to WAL.
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -524288"):
        connection.exec_driver_sql(f"PRAGMA {pragma}")
    connection.commit()
    with connection.begin():
        found = connection.exec_driver_sql("SELECT type, name, sql, tbl_name FROM sqlite_master WHERE sql IS NOT NULL")
        dropped = [(kind, name, sql) for kind, name, sql, table in found if kind in _AFTERWARDS and table in names]
        for kind, name, _ in dropped:
            connection.exec_driver_sql(f'DROP {kind} "{name}"')
        yield
        for _, _, sql in dropped:
            connection.exec_driver_sql(sql)


def insert(connection: Connection, table: type[Base], rows: Iterable[Mapping[str, Any]]) -> None:
    """All of them, some at a time; each has the same columns."""
    left, insertion = iter(rows), None
    while some := list(islice(left, _SLICE)):
        insertion = insertion or Insertion(_table(table), list(some[0]), connection.dialect)
        put_each(connection, [(insertion, some)])


def _table(table: type[Base]) -> Any:
    return mapping.metadata.tables[table.__tablename__]
