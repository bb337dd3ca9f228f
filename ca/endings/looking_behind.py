"""A look behind what was committed: what a crash or a race has left alive there ends, whoever comes first.

Who blocks a key or cuts a person off ends by himself what hangs on it. He may die before it, or the signing room may
just have signed something more; so the room looks too.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from ca.endings.each import each
from ledger.clock import uuid7
from ledger.event import Actor
from ledger.ledger import Ledger

_Found = TypeVar("_Found")
OVERLAP = timedelta(minutes=10)
"""How far the clocks of our machines may be apart."""


class LookBehind(ABC, Generic[_Found]):
    """What the signing room looks behind: at first all that there is, afterwards what came since its last look."""

    def __init__(self, ledger: Ledger, actor: Actor) -> None:
        self._ledger, self._actor = ledger, actor
        self._since: datetime | None = None

    def settle(self) -> int:
        """Nothing lives there any more that should have ended. Returns how much ended here."""
        now = self._ledger.clock.now()
        with self._ledger.read() as session:
            found = self._alive(session, self._since, now)
        ended = each({self._name(one): partial(self._end, one) for one in found})
        self._since = now - OVERLAP
        return ended

    @abstractmethod
    def _alive(self, session: Session, since: datetime | None, now: datetime) -> Sequence[_Found]:
        """What lives behind what was committed since then, or ever."""

    @abstractmethod
    def _name(self, one: _Found) -> str:
        """What it is called in the log, where it breaks."""

    @abstractmethod
    def _end(self, one: _Found) -> int:
        """It has ended. Returns how much ended here, and not by others."""


def first_of(since: datetime | None) -> str:
    """What no entry since then has a lesser id than; of none at all, if it is None. Their ids begin with the time."""
    return "" if since is None else uuid7(since, bytes)
