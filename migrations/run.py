"""Brings a database to the newest revision, and writes a revision for what the tables say beyond it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.pool import NullPool

from migrations.roles import apply_roles

HERE = Path(__file__).parent
LOCK = 0x1A07_2457
"""The advisory lock that one migration at a time holds."""
_LOCK_TIMEOUT = "10s"
"""A migration that waits longer for a table than this gives up, so that no house stands still behind it."""


def migrate(url: str) -> str:
    """The database at `url` has the newest schema, its guards and, on PostgreSQL, its roles. Returns the revision.

    Safe to run again. On PostgreSQL run it as the owner of the database; it makes the roles `laotrust_<process>`
    and sets what each may do. One migration at a time; all of it or nothing.
    """
    with _connection(url) as connection:
        command.upgrade(_config(connection), "head")
        apply_roles(connection)
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def write_revision(url: str, message: str, revision_id: str, only: Sequence[str] = ()) -> None:
    """A revision file stands in migrations/versions/ with what the metadata has and the database at `url` lacks.

    With `only`, names of modules, other modules' tables are left out.
    """
    with _connection(url) as connection:
        config = _config(connection)
        config.attributes["only"] = only
        command.revision(config, message=message, autogenerate=True, rev_id=revision_id)


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        _make_for_us_alone(engine.url.database)
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        yield connection
    engine.dispose()


def _make_for_us_alone(database: str | None) -> None:
    """A new database file can be read by nobody else, for it holds people's data; one that is there stays as it is."""
    if database and database != ":memory:":
        os.close(os.open(database, os.O_CREAT | os.O_RDWR, 0o600))


def _leave_transactions_to_us(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]
    connection.execute("PRAGMA journal_mode = WAL")  # type: ignore[attr-defined]


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config
