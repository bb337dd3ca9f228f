"""What is to be sent to others: written with the fact that causes it, sent afterwards by the worker, never lost.

A message waits until it has an OutboxDelivery or is past `not_after`. What was sent just before a crash, or by
two workers at once, is sent twice: its receiver tells by the message's own identifier (a logout token's `jti`).
"""

from collections import Counter
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from urllib.parse import urlsplit

from sqlalchemy import ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ledger.base import Fact, Personal, key_column, without
from ledger.event import Actor, Code, Event, Id
from ledger.ledger import Ledger, Taken

FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(minutes=15)
AT_ONCE, PER_RECEIVER = 16, 2
"""Messages under way at a time, of all receivers and of one, which its URL's host and port name."""


class OutboxMessage(Personal):
    """Thing: one HTTP POST to be made. The body may hold a token about a person, so it may be erased."""

    __tablename__ = "outbox_message"
    id: Mapped[str] = key_column()
    kind: Mapped[str] = mapped_column(String(32), index=True)
    """`backchannel-logout` …"""
    url: Mapped[str]
    content_type: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes]
    not_after: Mapped[datetime] = mapped_column(index=True)
    """When it would be of no use any more."""
    client_id: Mapped[str | None] = mapped_column(String(64), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)


class OutboxAttempt(Fact):
    """Use: the try of this number, made at `at`, and its outcome (`delivered`, `http.503`, `unreachable` …)."""

    __tablename__ = "outbox_attempt"
    __table_args__ = (UniqueConstraint("message_id", "number"),)
    id: Mapped[str] = key_column()
    message_id: Mapped[str] = mapped_column(ForeignKey("outbox_message.id"), index=True)
    number: Mapped[int]
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(32))


class OutboxDelivery(Fact):
    """Ending of an OutboxMessage: its receiver took it, or said that it never will."""

    __tablename__ = "outbox_delivery"
    message_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("outbox_message.id"), primary_key=True, sort_order=-10
    )
    at: Mapped[datetime]
    taken: Mapped[bool]


class OutboxRetry(Fact):
    """Ending of a dead message: it was put into the outbox once more, as `again_id`."""

    __tablename__ = "outbox_retry"
    message_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("outbox_message.id"), primary_key=True, sort_order=-10
    )
    again_id: Mapped[str] = mapped_column(ForeignKey("outbox_message.id"), index=True)


@dataclass(frozen=True)
class MessageDelivered(Event):
    """The receiver of a message took it."""

    kind: ClassVar[str] = "outbox.delivered"
    message: Id
    number: int


@dataclass(frozen=True)
class MessageNotDelivered(Event):
    """A try failed. `final` says that no other will be made."""

    kind: ClassVar[str] = "outbox.not-delivered"
    message: Id
    number: int
    code: Code
    final: bool


EVENTS = (MessageDelivered, MessageNotDelivered)


@dataclass(frozen=True)
class Answer:
    """What came of one try: `code` for the record; whether the receiver took it; whether trying again is no use."""

    code: str
    taken: bool = False
    final: bool = False


@dataclass(frozen=True)
class Due:
    """A message whose try of this number may be made now."""

    message: OutboxMessage
    number: int


def next_delay(tries: int) -> timedelta:
    """How long to wait after this many tries: 0, 1 s, 2 s, 4 s … and never longer than a quarter of an hour."""
    if tries == 0:
        return timedelta(0)
    doublings: int = 2 ** min(tries - 1, 20)
    return min(FIRST_DELAY * doublings, LONGEST_DELAY)


def due(session: Session, now: datetime, most: int = 100, busy: Collection[str] = ()) -> list[Due]:
    """The messages whose next try may be made now, the oldest first: `most` of them, PER_RECEIVER of each receiver.

    `busy` are the messages that are under way; they count among those of their receivers.
    """
    statement = (
        select(OutboxMessage.id, OutboxMessage.url, func.count(OutboxAttempt.id), func.max(OutboxAttempt.at))
        .join(OutboxAttempt, OutboxAttempt.message_id == OutboxMessage.id, isouter=True)
        .where(OutboxMessage.not_after > now)
        .group_by(OutboxMessage.id, OutboxMessage.url)
        .order_by(OutboxMessage.id)
    )
    found = session.execute(without(statement, OutboxMessage.id, OutboxDelivery)).all()
    taken = Counter(_receiver(url) for key, url, _, _ in found if key in busy)
    chosen: dict[str, int] = {}
    for key, url, tries, last in found:
        ripe = key not in busy and (not last or last + next_delay(tries) <= now)
        if ripe and len(chosen) < most and taken[_receiver(url)] < PER_RECEIVER:
            taken[_receiver(url)] += 1
            chosen[key] = tries + 1
    return [Due(session.get_one(OutboxMessage, key), number) for key, number in chosen.items()]


class Courier:
    """Brings messages to their receivers, AT_ONCE at a time: one that hangs holds up nobody but itself.

    `send` is given one message and answers; it runs in a thread and must not raise for what a network can do.
    """

    def __init__(self, ledger: Ledger, send: Callable[[OutboxMessage], Answer], actor: Actor) -> None:
        self._ledger, self._send, self._actor = ledger, send, actor
        self._pool = ThreadPoolExecutor(AT_ONCE, "courier")
        self._under_way: dict[Future[Answer], Due] = {}

    def look(self, now: datetime | None = None) -> int:
        """What has come back is recorded, and what is due is under way. Returns how many were taken.

        Raises LedgerUnavailable; nothing is lost then, and what came back is recorded by a later look.
        """
        taken = self._record()
        busy = [one.message.id for one in self._under_way.values()]
        with self._ledger.read() as session:
            for one in due(session, now or self._ledger.clock.now(), AT_ONCE - len(busy), busy):
                self._under_way[self._pool.submit(self._send, one.message)] = one
        return taken

    def settle(self, seconds: float | None = None) -> int:
        """What is under way has come back, or so many seconds are over. Returns how many were taken."""
        wait(self._under_way, seconds)
        return self._record()

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._under_way

    def close(self) -> None:
        """Nothing more is sent."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _record(self) -> int:
        taken = 0
        for future in [one for one in self._under_way if one.done()]:
            taken += _tried(self._ledger, self._under_way[future], future.result(), self._actor)
            del self._under_way[future]
        return taken


def deliver(ledger: Ledger, send: Callable[[OutboxMessage], Answer], actor: Actor) -> int:
    """Every message that is due was tried once by `send` and the outcome recorded. Returns how many were taken."""
    now, courier = ledger.clock.now(), Courier(ledger, send, actor)
    try:
        taken = courier.look(now)
        while not courier.idle:
            taken += courier.settle() + courier.look(now)
    finally:
        courier.close()
    return taken


def _receiver(url: str) -> str:
    return urlsplit(url).netloc


def _tried(ledger: Ledger, one: Due, answer: Answer, actor: Actor) -> bool:
    """Records the try. False when it failed, or when another worker's try of this number was recorded first."""
    message = one.message.id
    event: Event = MessageNotDelivered(message, one.number, answer.code, answer.final)
    if answer.taken:
        event = MessageDelivered(message, one.number)
    try:
        with ledger.entry(event, actor) as tx:
            tx.add(OutboxAttempt(id=tx.new_id(), message_id=message, number=one.number, at=tx.at, outcome=answer.code))
            if answer.taken or answer.final:
                tx.add(OutboxDelivery(message_id=message, at=tx.at, taken=answer.taken))
    except Taken:
        return False
    return answer.taken
