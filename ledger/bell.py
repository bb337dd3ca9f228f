"""A bell that rings after each commit, so that who follows the ledger looks at once instead of at its next look.

It is a hint and no more: a ring that is lost costs the time until the follower's own next look, never an entry. On
SQLite each listener has a pipe in a folder beside the database file. On PostgreSQL it is LISTEN (`ledger.notices`,
whose driver takes 9 MiB of a process: it is loaded where it is needed) and NOTIFY, which is told to it right behind
each commit: within the transaction it would make writers wait. A second bell is rung by the sealer when entries are
sealed: that concerns only those few who wait for it.
"""

import errno
import os
import select
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, make_url

ENTRIES, SEALS = "bells", "seals"
"""What a bell is rung for."""
CHANNELS = {ENTRIES: "laotrust", SEALS: "laotrust_seals"}
"""What PostgreSQL knows it as."""
_NUMBER = count(1)


@dataclass(frozen=True)
class Bell:
    """Rung by who writes; one that has neither words nor a folder nobody hears."""

    words: str = ""
    """What PostgreSQL is told behind each commit, and rings itself."""
    folder: Path | None = None
    """Where the pipes are."""

    def ring_with(self, connection: Connection) -> None:
        """PostgreSQL rings when the connection's transaction commits: for the few that are not committed in one go."""
        if self.words:
            connection.exec_driver_sql(self.words)

    def ring(self) -> None:
        """An octet is in every pipe. Never raises, never waits for anybody."""
        try:
            pipes = list(self.folder.iterdir()) if self.folder else []
        except OSError:
            return  # nobody listens
        for pipe in pipes:
            _write(pipe)


class Ear(Protocol):
    """Heard by who follows. Not for several threads at a time."""

    def wait(self, seconds: float) -> bool:
        """Returns True as soon as the bell has rung since the last call, False after so many seconds."""

    def close(self) -> None:
        """Hears no more."""


def bell_of(url: str, rung_for: str = ENTRIES) -> Bell:
    """The bell of the database at `url`."""
    folder = _folder(url, rung_for)
    return Bell(f"NOTIFY {CHANNELS[rung_for]}") if folder is None else Bell(folder=folder)


def ear_of(url: str, rung_for: str = ENTRIES) -> Ear:
    """A new ear for the bell of the database at `url`. One that cannot hear just waits."""
    folder = _folder(url, rung_for)
    if folder is None:
        from ledger.notices import Listener  # noqa: PLC0415 - not in a process whose database is SQLite

        return Listener(url, CHANNELS[rung_for])
    return _Pipe(folder)


def _folder(url: str, rung_for: str) -> Path | None:
    parts = make_url(url)
    if parts.get_backend_name() != "sqlite":
        return None
    return Path(f"{parts.database}-{rung_for}")


def _write(pipe: Path) -> None:
    try:
        end = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as fault:
        if fault.errno == errno.ENXIO:  # whose it was has died
            with suppress(OSError):
                pipe.unlink()
        return
    with suppress(OSError):  # full: it has been rung a thousand times already
        os.write(end, b"!")
    os.close(end)


class _Pipe:
    """A pipe of its own in the folder, which is made when it is not there; the database must be."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{os.getpid()}-{next(_NUMBER)}"
        self._end = -1
        with suppress(OSError):  # a folder that cannot be written: then there is only waiting
            if Path(str(folder).rpartition("-")[0]).exists():
                folder.mkdir(mode=0o700, exist_ok=True)
                os.mkfifo(self._path, 0o600)
                self._end = os.open(self._path, os.O_RDWR | os.O_NONBLOCK)

    def wait(self, seconds: float) -> bool:
        there = select.poll()  # which knows descriptors above 1023, too
        if self._end >= 0:
            there.register(self._end, select.POLLIN)
        heard = there.poll(seconds * 1000)
        if heard:
            with suppress(BlockingIOError):
                os.read(self._end, 65536)
        return bool(heard)

    def close(self) -> None:
        if self._end >= 0:
            os.close(self._end)
            self._path.unlink(missing_ok=True)
            self._end = -1
