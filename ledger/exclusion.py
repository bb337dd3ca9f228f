"""One at a time, among all threads and processes that have the database: for what is counted before it is added to.

A UNIQUE index keeps what may be there once; how many there may be none can. Whoever dies lets the next one in: both
locks are given back by the system. On SQLite, whose processes share a machine, it is a lock on one of a few files
beside the database; on PostgreSQL an advisory lock of a connection that has no transaction open meanwhile.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from fcntl import LOCK_EX, flock
from hashlib import sha256
from pathlib import Path
from threading import Lock
from weakref import WeakValueDictionary

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from ledger.ledger import Ledger, named_fault

_FILES = 64
"""Subjects that share one wait for each other now and then."""
_DOOR = Lock()
_LOCKS: WeakValueDictionary[str, Lock] = WeakValueDictionary()


@contextmanager
def one_at_a_time(ledger: Ledger, subject: str) -> Iterator[None]:
    """Nobody else is in such a block for this subject meanwhile. Raises LedgerUnavailable.

    For short work only, and never one within another. On PostgreSQL who has waited as long as for any lock gives up.
    """
    with _DOOR:
        lock = _LOCKS.setdefault(subject, Lock())
    # The threads of a process wait here, where they hold no connection.
    with lock, _among_processes(ledger, int.from_bytes(sha256(subject.encode()).digest()[:8], signed=True)):
        yield


def _among_processes(ledger: Ledger, number: int) -> AbstractContextManager[None]:
    file = ledger.reading.url.database
    if ledger.reading.dialect.name == "sqlite":
        return _by_file(Path(f"{file}-turns"), number % _FILES)
    return _by_connection(ledger, number)


@contextmanager
def _by_file(folder: Path, number: int) -> Iterator[None]:
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / f"{number}").open("w") as file:
        flock(file, LOCK_EX)
        yield


@contextmanager
def _by_connection(ledger: Ledger, number: int) -> Iterator[None]:
    try:
        connection = ledger.locking.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(select(func.pg_advisory_lock(number)))
    except DBAPIError as fault:
        raise named_fault(fault) from fault
    try:
        yield
    finally:
        try:
            connection.execute(select(func.pg_advisory_unlock(number)))
        except DBAPIError:  # with its connection the lock goes, too
            connection.invalidate()
        connection.close()
