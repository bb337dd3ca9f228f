"""What waits in the outbox, and when each may be tried next, as one process knows it.

Read whole once, it is kept up by what the ledger tells, so that a look costs what is new and what is due, however much
waits. It is an order to ask in and no more: whether a message is still to be sent is asked of the ledger each time. A
message that waits takes some two hundred octets of memory here.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Select, func, select

from ledger.base import without
from ledger.follow import Follower, Start, keys_named
from ledger.ledger import Ledger
from ledger.outbox import (
    LONGEST_DELAY,
    LONGEST_MAIL_DELAY,
    PER_RECEIVER,
    OutboxAttempt,
    OutboxDelivery,
    OutboxMessage,
    next_delay,
)

_SLICE = 500


@dataclass(frozen=True)
class Due:
    """A message whose try of this number may be made now."""

    message: OutboxMessage
    number: int


@dataclass
class _Receiver:
    """Who gets messages, which its URL's host and port name; all letters have one."""

    waiting: list[tuple[datetime, str]] = field(default_factory=list)
    """A heap: from when on a message may be tried, and its id."""
    under_way: int = 0

    def ripe(self, now: datetime) -> bool:
        """Whether one more of its messages may be under way now."""
        return bool(self.waiting) and self.waiting[0][0] <= now and self.under_way < PER_RECEIVER


class Waiting:
    """The messages that wait, but of the kinds `left_alone`, for which there is no way yet. Not for several threads."""

    def __init__(self, ledger: Ledger, left_alone: Collection[str] = ()) -> None:
        self._ledger, self._left_alone = ledger, frozenset(left_alone)
        self._receivers: dict[str, _Receiver] = {}
        self._known: dict[str, str] = {}
        """By message its receiver."""
        self._follower: Follower | None = None

    def due(self, now: datetime, most: int = 100) -> list[Due]:
        """Messages whose next try may be made now: `most` of them, PER_RECEIVER of each receiver under way.

        Who has waited longest comes first. Each is under way until `back` or `over` is said of it.
        """
        self._learn(now)
        chosen: list[Due] = []
        while len(chosen) < most and (taken := self._take(now, most - len(chosen))):
            chosen += self._still_due(taken, now)
        return chosen

    def back(self, message_id: str, now: datetime) -> None:
        """It came back, and is to be tried again, or another worker tried it: the ledger will say when."""
        self._landed(message_id)
        self._add(message_id, now)

    def over(self, message_id: str) -> None:
        """It came back and is delivered, or given up."""
        self._landed(message_id)
        del self._known[message_id]

    def _learn(self, now: datetime) -> None:
        if self._follower is None:
            follower = Follower(self._ledger, Start.NOW, naming=(OutboxMessage,))
            with self._ledger.read() as session:
                self._meet(session.execute(_everything(now)).all(), now)
            self._follower = follower
            return
        fresh = keys_named(self._follower.look(), OutboxMessage)
        for start in range(0, len(fresh), _SLICE):
            with self._ledger.read() as session:
                some = _everything(now).where(OutboxMessage.id.in_(fresh[start : start + _SLICE]))
                self._meet(session.execute(some).all(), now)

    def _meet(self, rows: Iterable[Any], now: datetime) -> None:
        for key, kind, url, tries, last in rows:
            if key not in self._known and kind not in self._left_alone:
                self._known[key] = urlsplit(url).netloc
                self._add(key, _ripe(url, tries, last) if last else now)

    def _add(self, key: str, at: datetime) -> None:
        receiver = self._receivers.setdefault(self._known[key], _Receiver())
        heappush(receiver.waiting, (at, key))

    def _take(self, now: datetime, most: int) -> list[str]:
        """So many that are ripe as far as is known here, one of each receiver in turn; they are under way now."""
        taken: list[str] = []
        while len(taken) < most:
            ripe = sorted((one.waiting[0], name) for name, one in self._receivers.items() if one.ripe(now))
            if not ripe:
                break
            for _, name in ripe[: most - len(taken)]:
                receiver = self._receivers[name]
                receiver.under_way += 1
                taken.append(heappop(receiver.waiting)[1])
        return taken

    def _still_due(self, taken: Sequence[str], now: datetime) -> list[Due]:
        """Those that the ledger says are due; what is over is forgotten, what is not ripe waits on."""
        try:
            with self._ledger.read() as session:
                messages = {one.id: one for one in session.scalars(_waiting_of(taken, now))}
                tried = {key: (count, last) for key, count, last in session.execute(_tries_of(taken))}
        except Exception:
            for key in taken:
                self.back(key, now)
            raise
        found = []
        for key in taken:
            tries, last = tried.get(key, (0, None))
            message = messages.get(key)
            if message is None:
                self.over(key)
            elif last is not None and (ripe := _ripe(message.url, tries, last)) > now:
                self.back(key, ripe)
            else:
                found.append(Due(message, tries + 1))
        return found

    def _landed(self, key: str) -> None:
        self._receivers[self._known[key]].under_way -= 1


def _ripe(url: str, tries: int, last: datetime) -> datetime:
    return last + next_delay(tries, LONGEST_MAIL_DELAY if url.startswith("mailto:") else LONGEST_DELAY)


def _everything(now: datetime) -> Select[str, str, str, int, datetime | None]:
    """What is not over, with its tries; the oldest first."""
    every = (
        select(
            OutboxMessage.id, OutboxMessage.kind, OutboxMessage.url, func.count(OutboxAttempt.id),
            func.max(OutboxAttempt.at),
        )
        .join(OutboxAttempt, OutboxAttempt.message_id == OutboxMessage.id, isouter=True)
        .where(OutboxMessage.not_after > now)
        .group_by(OutboxMessage.id, OutboxMessage.kind, OutboxMessage.url)
        .order_by(OutboxMessage.id)
    )  # fmt: skip
    return without(every, OutboxMessage.id, OutboxDelivery)


def _waiting_of(keys: Sequence[str], now: datetime) -> Select[OutboxMessage]:
    messages = select(OutboxMessage).where(OutboxMessage.id.in_(keys), OutboxMessage.not_after > now)
    return without(messages, OutboxMessage.id, OutboxDelivery)


def _tries_of(keys: Sequence[str]) -> Select[str, int, datetime]:
    tries = select(OutboxAttempt.message_id, func.count(OutboxAttempt.id), func.max(OutboxAttempt.at))
    return tries.where(OutboxAttempt.message_id.in_(keys)).group_by(OutboxAttempt.message_id)
