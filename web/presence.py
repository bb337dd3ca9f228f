"""A process leaves word of itself in its home, so that a kill or a lost database is entered afterwards.

`<home>/run/<process>/<pid>` is there while the process runs: whoever finds one left behind knows of a kill.
`<home>/run/notes/` keeps what is to be entered; the worker (`work`) enters it, since some processes (the OCSP
responder) may write nothing at all. A note is removed after its entry is written, and one that is there twice is
entered once. Whoever writes into the home can forge a note: they say what happened to processes, nothing else.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from ledger.canonical import canonical
from ledger.clock import Clock
from ledger.entry import Entry
from ledger.event import Actor, Event
from ledger.ledger import Ledger
from ledger.lifecycle import DatabaseLost, ProcessStarted
from web.home import Home

_NOTES, _LOST = "notes", "lost-"
_EVENTS: dict[str, type[Event]] = {event.kind: event for event in (ProcessStarted, DatabaseLost)}
_TIMES = ("at", "lost_at", "back_at")


@dataclass
class Presence:
    """One process's word of itself. It never fails: a home that cannot be written costs the note, not the work."""

    home: Home
    process: str
    clock: Clock
    _lost: dict[str, datetime] = field(default_factory=dict)
    """Since when reading or writing fails, as this process or the one before it met it."""

    def begin(self) -> None:
        """This process (by its pid) is there; noted, with whether those before it had ended as they should."""
        with suppress(OSError):
            left = [path for path in self._folder().iterdir() if path.name.isdecimal()]
            self._note(ProcessStarted(self.process, not left, self.clock.now()))
            for path in left:
                path.unlink(missing_ok=True)
            self._mark(os.getpid()).touch()

    def end(self) -> None:
        """This process ends as it should."""
        with suppress(OSError):
            self._mark(os.getpid()).unlink(missing_ok=True)

    def join(self) -> None:
        """This process is one more of those that serve under one that began."""
        with suppress(OSError):
            self._mark(os.getpid()).touch()

    def watch(self, ledger: Ledger) -> None:
        """Outages of `ledger` are noted from now on, and the end of one in which the process before this ended."""
        with suppress(OSError, ValueError):
            for path in self._folder().glob(f"{_LOST}*"):
                self._lost[path.name.removeprefix(_LOST)] = datetime.fromisoformat(path.read_text())
        ledger.outages = self

    def ended(self, pid: int) -> None:
        """A process that had joined is gone; a kill is noted at once, since its successor only joins."""
        with suppress(OSError):
            if self._mark(pid).exists():
                self._mark(pid).unlink()
                self._note(ProcessStarted(self.process, clean=False, at=self.clock.now()))

    def lost(self, access: str) -> None:
        """See `ledger.lifecycle.Outages`. Kept in a file, in case the process does not see the end of it."""
        if access not in self._lost:
            self._lost[access] = self.clock.now()
            with suppress(OSError):
                _write(self._folder() / f"{_LOST}{access}", self._lost[access].isoformat())

    def back(self, access: str) -> None:
        """See `ledger.lifecycle.Outages`."""
        since = self._lost.pop(access, None)
        if since is not None:
            with suppress(OSError):
                self._note(DatabaseLost(self.process, access, since, self.clock.now()))
                (self._folder() / f"{_LOST}{access}").unlink(missing_ok=True)

    def _note(self, event: Event) -> None:
        folder = self._folder(_NOTES)
        values = {name: _portable(value) for name, value in event.body().items()}
        moment = self.clock.now().strftime("%Y%m%dT%H%M%S%f")
        _write(folder / f"{moment}-{self.process}-{os.getpid()}", json.dumps({"kind": event.kind, **values}))

    def _mark(self, pid: int) -> Path:
        return self._folder() / str(pid)

    def _folder(self, name: str | None = None) -> Path:
        """Made when the home is there; a home is never made by this."""
        (self.home.path / "run").mkdir(mode=0o700, exist_ok=True)
        folder = self.home.path / "run" / (name or self.process)
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder


@contextmanager
def present(home: Home, process: str, ledger: Ledger) -> Iterator[None]:
    """A loop runs in the block, and `ledger` is its ledger. An exception that leaves it is no clean end."""
    presence = Presence(home, process, ledger.clock)
    presence.begin()
    presence.watch(ledger)
    yield
    presence.end()


def enter_notes(ledger: Ledger, home: Home) -> int:
    """Every note has its one entry and is gone. Returns how many were entered. Raises LedgerUnavailable."""
    entered = 0
    for path in sorted((home.path / "run" / _NOTES).glob("2*")):
        event = _read(path)
        if event is not None and not _is_entered(ledger, event):
            ledger.record(event, Actor.system(str(event.body()["process"])))
            entered += 1
        path.unlink(missing_ok=True)
    return entered


def _is_entered(ledger: Ledger, event: Event) -> bool:
    """A worker that was killed between the entry and the end of the note comes by here again."""
    same = select(Entry.id).where(Entry.kind == event.kind, Entry.body == canonical(event.body()).decode())
    with ledger.read() as session:
        return session.scalar(same.limit(1)) is not None


def _read(path: Path) -> Event | None:
    """The event of a note; None for one that no process of ours wrote so."""
    try:
        values: dict[str, Any] = json.loads(path.read_text())
        times = {name: datetime.fromisoformat(values[name]) for name in _TIMES if name in values}
        return _EVENTS[values.pop("kind")](**{**values, **times})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _portable(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}")
    temporary.write_text(text)
    temporary.replace(path)
