"""Following: how a process learns of what others wrote, from the ledger itself.

Following the highest id loses rows, since transactions do not commit in the order of their ids. Each look reads its
own horizon and then every entry whose stamp is not below the horizon of the look before, passes on those that it has
not passed on, and keeps its horizon for the next look. (The other way round it would lose entries, too.)
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from threading import Event as Signal
from typing import Any

from sqlalchemy import Select, Text, bindparam, cast, func, or_, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ledger.base import Fact
from ledger.bell import ear_of
from ledger.entry import Entry
from ledger.facts import Asked, Facts
from ledger.ledger import Ledger, LedgerUnavailable
from ledger.order import BY_POSITION, BY_TRANSACTION, asked_with_horizon, horizon, is_postgresql, with_horizon

LOOK_EVERY = 0.2
"""Seconds between two looks when no bell rings."""
BREATH = 0.01
"""Seconds between two looks at least, however often the bell rings, where nobody says otherwise."""
_AFTER_A_FAULT = 1.0
"""Seconds before entries that broke whoever was given them are given again."""
_log = logging.getLogger(__name__)


class Start(Enum):
    """Where a follower starts: with the first entry of all, or with what is committed after it was made."""

    BEGINNING = "beginning"
    NOW = "now"


class Follower:
    """Passes on each committed entry once, to one process. Not for several threads at a time.

    A process that also loads a state makes its follower first and loads after: then nothing is missed, and
    what is in both is met twice.
    """

    def __init__(self, ledger: Ledger, start: Start = Start.BEGINNING, naming: Sequence[type[Fact]] = ()) -> None:
        """With `naming`, only entries that name a fact of these kinds: the database itself leaves the others out."""
        self._ledger = ledger
        self._reached = _Reached(tuple(naming))
        self.fresh_at: datetime | None = None
        """When the last look began that reached the database; None before the first.

        On a replica the time up to which it has all that the primary committed, which stands still with the link
        between them, and while the primary commits nothing.
        """
        if start is Start.NOW:
            with ledger.read() as session:
                self._reached.skip(session)

    def another(self) -> "Follower":
        """One that has come as far, and goes on by itself."""
        other = copy(self)
        other._reached = copy(self._reached)  # noqa: SLF001 - our own
        return other

    @property
    def url(self) -> str:
        """The database that is followed."""
        return self._ledger.url

    def asks(self) -> Asked:
        """What the next look asks of PostgreSQL, for whoever foresees it (`Facts.foresee`)."""
        return self._reached.asks()

    def look(self) -> list[Entry]:
        """The entries not yet passed on, in the order of the log. Raises LedgerUnavailable; look again."""
        began, before = self._ledger.clock.now(), self._reached.replayed
        with self._ledger.read(glance=True) as session:
            entries = self._reached.entries(session)
        if self._reached.replayed is None:
            self.fresh_at = began
        else:
            self.fresh_at = None if before is None else min(began, datetime.fromtimestamp(before, UTC))
        return entries


class _Reached:
    """How far a follower has come: by position on SQLite, by horizon on PostgreSQL."""

    def __init__(self, naming: tuple[type[Fact], ...]) -> None:
        self._naming = naming
        self.position = 0
        self.horizon = 0
        self.incarnation = -1
        self.replayed: float | None = None
        """See `ledger.order.Horizon`; None on SQLite too."""
        self._passed: set[str] = set()

    def skip(self, session: Session) -> None:
        """Takes all that is in this snapshot as passed on."""
        if is_postgresql(session):
            self.horizon, self.incarnation, self.replayed = horizon(session)
            self._passed = set(_IDS_NOT_BELOW.values(session, {"horizon": self.horizon}))
        else:
            self.position = _POSITION.value(session) or 0

    def entries(self, session: Session) -> list[Entry]:
        """What is new; moves on. The horizon is read first: rows that are seen after it are rather more than fewer."""
        return self._by_horizon(session) if is_postgresql(session) else self._by_position(session)

    def _by_position(self, session: Session) -> list[Entry]:
        reached, found = _POSITION.value(session) or 0, list[Entry]()
        if reached > self.position:
            between = {"first": self.position, "last": reached}
            found = [entry for (entry,) in _between(self._naming).rows(session, between)]
        self.position = reached
        return found

    def asks(self) -> Asked:
        """What is asked first by horizon."""
        return asked_with_horizon(*self._behind())

    def _behind(self) -> tuple[Facts, Mapping[str, Any]]:
        reached = {"horizon": self.horizon, "incarnation": self.incarnation}
        return _not_below(self._naming, also_later=self.incarnation < 0), reached

    def _by_horizon(self, session: Session) -> list[Entry]:
        first, (statement, reached) = self.incarnation < 0, self._behind()
        (settled, present, self.replayed), rows = with_horizon(session, statement, reached)
        if present != self.incarnation and not first:
            rows = _not_below(self._naming, also_later=True).rows(session, reached)
        found = [entry for (entry,) in rows]
        fresh = [entry for entry in found if entry.id not in self._passed]
        self._passed = {entry.id for entry in found if (entry.transaction_id or 0) >= settled}
        self.horizon, self.incarnation = settled, present
        return fresh


def follow(
    follower: Follower,
    apply: Callable[[Sequence[Entry]], None],
    stop: Signal,
    every: float = LOOK_EVERY,
    breath: float = BREATH,
) -> None:
    """Looks until `stop` is set and gives new entries to `apply`, or none; run it in a thread of its own.

    A database that is away, also for `apply`, is logged and asked again, with the same entries and those that
    came since. `follower.fresh_at` tells of looks alone: only when `apply` has returned is that look taken in, so
    who must know how fresh its state is notes it there. Whatever else `apply` raises is logged whole and tried again
    likewise: a state that is stale is told from one that is fresh, one that nobody follows any more is so for ever.
    """
    waiting: list[Entry] = []
    ear = ear_of(follower.url)
    while not stop.is_set():
        try:
            waiting += follower.look()
            apply(waiting)
            waiting = []
        except (LedgerUnavailable, DBAPIError) as fault:
            _log.warning("the ledger cannot be followed: %s", fault)
            stop.wait(every)
        except Exception:  # noqa: BLE001 - whoever follows may break on anything; that is logged whole
            _log.exception("what is new in the ledger cannot be taken in")
            stop.wait(max(every, _AFTER_A_FAULT))
        stop.wait(min(breath, every))
        ear.wait(every)
    ear.close()


def keys_named(entries: Iterable[Entry], kind: type[Fact]) -> list[str]:
    """The keys of the facts of this kind that the entries name, in their order."""
    names = (name.partition("/") for entry in entries for name in entry.facts)
    return [key for table, _, key in names if table == kind.__tablename__]


# The statements of a look are made once: when little is new, making them takes longer than asking them.
_POSITION = Facts(select(func.max(Entry.position)))
_NEWER = (Entry.position > bindparam("first"), Entry.position <= bindparam("last"))
_NOT_BELOW = Entry.transaction_id >= bindparam("horizon")
_IDS_NOT_BELOW = Facts(select(Entry.id).where(_NOT_BELOW))
_LATER = Entry.incarnation > bindparam("incarnation")


@cache
def _between(naming: tuple[type[Fact], ...]) -> Facts:
    return Facts(_naming(naming).where(*_NEWER).order_by(*BY_POSITION))


@cache
def _not_below(naming: tuple[type[Fact], ...], *, also_later: bool = False) -> Facts:
    return Facts(_naming(naming).where(_NOT_BELOW | _LATER if also_later else _NOT_BELOW).order_by(*BY_TRANSACTION))


def _naming(kinds: tuple[type[Fact], ...]) -> Select[Entry]:
    """Entries that name a fact of one of these kinds, by the text of its names; without kinds, all."""
    text = cast(Entry.facts, Text)
    named = [text.contains(f'"{kind.__tablename__}/', autoescape=True) for kind in kinds]
    return select(Entry).where(or_(*named)) if named else select(Entry)
