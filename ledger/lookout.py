"""Waiting for what other processes write: all who wait in a process do so by one ear, and by one look at a time.

Each with an ear of its own would look at the ledger at each commit of anybody, and as often as there are many.
"""

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock, Thread
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

from ledger.bell import ear_of
from ledger.ledger import Ledger
from ledger.rounds import Find, awaited, looked_up

LOOK_EVERY = timedelta(milliseconds=200)
"""Without a bell."""
STAYS = 1.0
"""Seconds that it goes on hearing when nobody waits: the next may come soon, and an ear costs a server a process."""


def await_found(ledger: Ledger, find: Find, key: Any, until: datetime) -> Any:
    """What `find` finds under the key, at the latest at `until`; None if that is nothing.

    It follows the bell and costs nothing meanwhile: in a round (`ledger.rounds`) not even a thread. Raises
    LedgerUnavailable.
    """
    lookout = _of(ledger)
    own = lookout.join(ledger, find, key, until) if _left(ledger, until) > 0 else None
    try:
        # Who joins looks once himself: what he waits for may have been there before.
        with ledger.read(glance=True) as session:
            found = looked_up(session, find, key)
        return found if found is not None or own is None else awaited(own.told)
    finally:
        if own is not None:
            lookout.leave(own)


@dataclass(eq=False)
class _Waiting:
    """Who waits for one thing; what is found of it is told to nobody else."""

    find: Find
    key: Any
    until: datetime
    told: "Future[Any]" = field(default_factory=Future)


class Lookout:
    """All who wait in one process. One thread listens and looks for them, while there are any and a little longer."""

    def __init__(self) -> None:
        self._door = Lock()
        self._waiting: dict[_Waiting, None] = {}
        self._kept = False
        """Whether somebody listens."""

    def join(self, ledger: Ledger, find: Find, key: Any, until: datetime) -> _Waiting:
        """One more waits; `told` will have what is found, or None at the end of its time, or what was raised."""
        own = _Waiting(find, key, until)
        with self._door:
            self._waiting[own] = None
            begins, self._kept = not self._kept, True
        if begins:
            Thread(target=self._keep, args=(ledger,), name="lookout", daemon=True).start()
        return own

    def leave(self, own: _Waiting) -> None:
        """It waits no more."""
        with self._door:
            self._waiting.pop(own, None)

    def waiting(self) -> int:
        """How many there are."""
        return len(self._waiting)

    def _keep(self, ledger: Ledger) -> None:
        ear, lonely_since = ear_of(ledger.url), monotonic()
        try:
            while True:
                with self._door:
                    present = list(self._waiting)
                    if not present and monotonic() - lonely_since >= STAYS:
                        self._kept = False
                        return
                if present:
                    lonely_since = monotonic()
                    self._look(ledger, present)
                ear.wait(self._pause(ledger))
        finally:
            ear.close()

    def _pause(self, ledger: Ledger) -> float:
        with self._door:
            ends = [one.until for one in self._waiting]
        longest = LOOK_EVERY.total_seconds()
        return min(longest, max(_left(ledger, min(ends)), 0.0)) if ends else longest

    def _look(self, ledger: Ledger, present: Iterable[_Waiting]) -> None:
        """Tells those whose thing is there, those whose time is over, and all when the ledger cannot be read."""
        by_find: dict[Find, list[_Waiting]] = {}
        for one in present:
            by_find.setdefault(one.find, []).append(one)
        try:
            with ledger.read(glance=True) as session:
                found = [(several, find(session, [one.key for one in several])) for find, several in by_find.items()]
        except Exception as fault:  # noqa: BLE001 - it is raised where they wait
            for one in present:
                self._tell(one, None, fault)
            return
        for several, there in found:
            for one in several:
                if (value := there.get(one.key)) is not None or _left(ledger, one.until) <= 0:
                    self._tell(one, value)

    def _tell(self, one: _Waiting, value: Any, fault: Exception | None = None) -> None:
        self.leave(one)
        if fault is not None:
            one.told.set_exception(fault)
        else:
            one.told.set_result(value)


_LOOKOUTS: WeakKeyDictionary[Ledger, Lookout] = WeakKeyDictionary()
_LOOKOUTS_LOCK = Lock()


def _of(ledger: Ledger) -> Lookout:
    with _LOOKOUTS_LOCK:
        return _LOOKOUTS.setdefault(ledger, Lookout())


def _left(ledger: Ledger, until: datetime) -> float:
    return (until - ledger.clock.now()).total_seconds()
