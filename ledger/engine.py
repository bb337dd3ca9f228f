"""Database engines. Writing engines begin at once; reading ones cannot write, in the database itself."""

import os
from collections.abc import Mapping
from pathlib import Path
from sqlite3 import OperationalError
from time import monotonic
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError, InvalidatePoolError

BUSY_SECONDS = 15
UNHEARD: Mapping[str, int] = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
"""After so many seconds (tcp_user_timeout: milliseconds) a server that is gone without a word is given up."""
_POSTGRESQL_OPTIONS = (
    "-c idle_in_transaction_session_timeout=5000 -c statement_timeout=15000 -c lock_timeout=10000 "
    "-c plan_cache_mode=force_generic_plan -c jit=off"
)
"""What is asked again and again is planned once a connection: each statement finds its rows by a key."""
_BY_KEYS = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
"""Plans go by indexes alone, wherever there is one.

A plan is made when a connection is young, and of a table that is small then PostgreSQL would rather go through it from
end to end, and make a hash of it: that plan stays while the table grows, until its statistics are made anew.
"""
KEPT = 8
"""Connections to a file that are not thrown away when nobody uses them, as many as a house has threads.

Each begins by reading the whole schema, with every trigger: a hundred times what a look by a key costs.
"""
_READERS_PAGES = 512
"""Kibibytes of pages that each connection for reading keeps beside what the system does: there are many of them."""
RESTED = 1.0
"""Seconds after which a connection that nobody used is asked whether it still lives."""


def writing_engine(url: str) -> Engine:
    """An engine whose transactions may insert: BEGIN IMMEDIATE on SQLite, READ COMMITTED on PostgreSQL.

    READ COMMITTED is enough because a ledger transaction only inserts: nothing is read in it, and every
    one-time thing is decided by a UNIQUE index (docs/decisions/0003). What its triggers look up they find by keys.
    """
    if _is_sqlite(url):
        return _sqlite_engine(url, "BEGIN IMMEDIATE", query_only=False)
    return _postgresql_engine(url, f"{_POSTGRESQL_OPTIONS} {_BY_KEYS} -c synchronous_commit=on")


def reading_engine(url: str, *, by_keys: bool = False) -> Engine:
    """An engine whose connections the database itself keeps from writing; each transaction sees one snapshot.

    `by_keys` is for who asks for few rows at a time, and never for what a whole table says.
    """
    if _is_sqlite(url):
        return _sqlite_engine(url, "BEGIN", query_only=True)
    one_snapshot = "-c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read"
    plans = f" {_BY_KEYS}" if by_keys else ""
    return _postgresql_engine(url, f"{_POSTGRESQL_OPTIONS} {one_snapshot}{plans}")


def _only_while_in_place(engine: Engine, path: str) -> None:
    """Connections are to the file that is at `path` now.

    SQLite by itself would make an empty one in place of a lost one, and go on writing into one that was moved away.
    """

    @event.listens_for(engine, "do_connect")
    def open_what_is_there(_dialect: Any, _record: Any, _arguments: Any, _options: Any) -> None:
        _place(path)

    @event.listens_for(engine, "connect")
    def remember(_connection: Any, record: Any) -> None:
        record.info["place"] = _place(path)

    @event.listens_for(engine, "checkout")
    def look_again(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info["place"] != _place(path):
            raise DisconnectionError(f"{path} is another file than before")


def _place(path: str) -> tuple[int, int]:
    """What tells the file from any other. Raises sqlite3.OperationalError when there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a tenth of what a Path takes, at each reading
    except OSError as fault:
        raise OperationalError(f"there is no database {path}: bring it back, or restore the newest backup") from fault
    return found.st_dev, found.st_ino


def _is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


def _postgresql_engine(url: str, options: str) -> Engine:
    engine = create_engine(url, pool_size=8, connect_args={"options": options, **UNHEARD})
    _kept_well(engine)
    return engine


def _kept_well(engine: Engine) -> None:
    """Connections have a short way; one that has rested is asked if it lives, and if not, all are made anew."""
    from ledger.wire import PREPARED_AFTER, Wire  # noqa: PLC0415 - not in a process whose database is SQLite

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> Wire:
        return Wire.connect(*arguments, prepare_threshold=PREPARED_AFTER, **options)

    @event.listens_for(engine, "checkin")
    def rest(_connection: Any, record: Any) -> None:
        record.info["rests since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: Any, record: Any, _proxy: Any) -> None:
        if monotonic() - record.info.get("rests since", monotonic()) < RESTED:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as fault:
            raise InvalidatePoolError("the connection did not outlive its rest") from fault


def _sqlite_engine(url: str, begin: str, *, query_only: bool) -> Engine:
    # The last one that was given back is the next: what each keeps grows with its use, and few are enough mostly.
    engine = create_engine(url, pool_size=KEPT, pool_use_lifo=True, connect_args={"timeout": BUSY_SECONDS})
    if engine.url.database and Path(engine.url.database).is_absolute():
        _only_while_in_place(engine, engine.url.database)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA recursive_triggers = ON")
        cursor.execute("PRAGMA foreign_keys = ON")
        if query_only:
            cursor.execute("PRAGMA query_only = ON")
            cursor.execute(f"PRAGMA cache_size = -{_READERS_PAGES}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin_now(connection: Any) -> None:
        if query_only:  # a snapshot begins with the first read: nothing can be in its way here
            connection.connection.dbapi_connection.execute(begin)
        else:
            connection.exec_driver_sql(begin)

    return engine
