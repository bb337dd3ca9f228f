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

from sqlalchemy import ForeignKey, String, UniqueConstraint, and_, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

import ledger.people  # noqa: F401 - its tables are pointed to
from ledger.base import Fact, Personal, key_column, without
from ledger.event import Actor, Code, Event, Id
from ledger.ledger import Ledger, Taken

FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(minutes=15)
MAIL = "mail"
"""Of a message whose URL is `mailto:…` and whose body is an RFC 5322 message."""
LONGEST_MAIL_DELAY = timedelta(hours=4)
"""Mail may take days (RFC 5321 clause 4.5.4.1); a logout is of no use after minutes."""
AT_ONCE, PER_RECEIVER = 16, 2
"""Messages under way at a time, of all receivers and of one, which its URL's host and port name."""


class OutboxMessage(Personal):
    """Thing: one HTTP POST to be made. The body may hold a token about a person, so it may be erased."""

    __tablename__ = "outbox_message"
    id: Mapped[str] = key_column()
    kind: Mapped[str] = mapped_column(String(32), index=True)
    """`backchannel-logout`, `ciba-ping` …"""
    url: Mapped[str]
    content_type: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes]
    not_after: Mapped[datetime] = mapped_column(index=True)
    """When it would be of no use any more."""
    client_id: Mapped[str | None] = mapped_column(String(64), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    bearer: Mapped[str | None]
    """The receiver's own token, by which it knows that the message is for it (RFC 6750 clause 2.1)."""


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


@dataclass(frozen=True)
class MessageRequeued(Event):
    """A dead message was put into the outbox once more, as `again`."""

    kind: ClassVar[str] = "outbox.requeued"
    message: Id
    again: Id


EVENTS = (MessageDelivered, MessageNotDelivered, MessageRequeued)


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


def next_delay(tries: int, longest: timedelta = LONGEST_DELAY) -> timedelta:
    """How long to wait after this many tries: 0, 1 s, 2 s, 4 s … and never longer than `longest`."""
    if tries == 0:
        return timedelta(0)
    doublings: int = 2 ** min(tries - 1, 20)
    return min(FIRST_DELAY * doublings, longest)


def due(
    session: Session, now: datetime, most: int = 100, busy: Collection[str] = (), waiting: Collection[str] = ()
) -> list[Due]:
    """The messages whose next try may be made now, the oldest first: `most` of them, PER_RECEIVER of each receiver.

    `busy` are the messages that are under way; they count among those of their receivers. Kinds in `waiting` are
    left alone: there is no way to send them yet.
    """
    statement = (
        select(OutboxMessage.id, OutboxMessage.url, func.count(OutboxAttempt.id), func.max(OutboxAttempt.at))
        .join(OutboxAttempt, OutboxAttempt.message_id == OutboxMessage.id, isouter=True)
        .where(OutboxMessage.not_after > now, OutboxMessage.kind.not_in(waiting))
        .group_by(OutboxMessage.id, OutboxMessage.url)
        .order_by(OutboxMessage.id)
    )
    found = session.execute(without(statement, OutboxMessage.id, OutboxDelivery)).all()
    taken = Counter(_receiver(url) for key, url, _, _ in found if key in busy)
    chosen: dict[str, int] = {}
    for key, url, tries, last in found:
        longest = LONGEST_MAIL_DELAY if url.startswith("mailto:") else LONGEST_DELAY
        ripe = key not in busy and (not last or last + next_delay(tries, longest) <= now)
        if ripe and len(chosen) < most and taken[_receiver(url)] < PER_RECEIVER:
            taken[_receiver(url)] += 1
            chosen[key] = tries + 1
    return [Due(session.get_one(OutboxMessage, key), number) for key, number in chosen.items()]


class Courier:
    """Brings messages to their receivers, AT_ONCE at a time: one that hangs holds up nobody but itself.

    `send` is given one message and answers; it runs in a thread and must not raise for what a network can do.
    """

    def __init__(
        self, ledger: Ledger, send: Callable[[OutboxMessage], Answer], actor: Actor, waiting: Collection[str] = ()
    ) -> None:
        self._ledger, self._send, self._actor, self._waiting = ledger, send, actor, waiting
        self._pool = ThreadPoolExecutor(AT_ONCE, "courier")
        self._under_way: dict[Future[Answer], Due] = {}

    def look(self, now: datetime | None = None) -> int:
        """What has come back is recorded, and what is due is under way. Returns how many were taken.

        Raises LedgerUnavailable; nothing is lost then, and what came back is recorded by a later look.
        """
        taken = self._record()
        busy = [one.message.id for one in self._under_way.values()]
        with self._ledger.read() as session:
            at, most = now or self._ledger.clock.now(), AT_ONCE - len(busy)
            for one in due(session, at, most, busy, self._waiting):
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


def deliver(
    ledger: Ledger, send: Callable[[OutboxMessage], Answer], actor: Actor, waiting: Collection[str] = ()
) -> int:
    """Every message that is due was tried once by `send` and the outcome recorded. Returns how many were taken."""
    now, courier = ledger.clock.now(), Courier(ledger, send, actor, waiting)
    try:
        taken = courier.look(now)
        while not courier.idle:
            taken += courier.settle() + courier.look(now)
    finally:
        courier.close()
    return taken


def undelivered(session: Session, now: datetime, kinds: Collection[str] = (MAIL,)) -> list[OutboxMessage]:
    """The dead messages of these kinds that nobody put in again: refused for good, or past their time; oldest first."""
    failed = select(OutboxDelivery.message_id).where(
        OutboxDelivery.message_id == OutboxMessage.id, OutboxDelivery.taken.is_(False)
    )
    taken = select(OutboxDelivery.message_id).where(OutboxDelivery.message_id == OutboxMessage.id)
    lapsed = and_(OutboxMessage.not_after <= now, ~taken.exists())
    dead = select(OutboxMessage).where(OutboxMessage.kind.in_(kinds), or_(failed.exists(), lapsed))
    return list(session.scalars(without(dead, OutboxMessage.id, OutboxRetry).order_by(OutboxMessage.id)))


def pending(session: Session, now: datetime) -> list[tuple[OutboxMessage, int, str | None]]:
    """What is still to be delivered, with the number of tries and the outcome of the last; oldest first."""
    waiting = without(select(OutboxMessage).where(OutboxMessage.not_after > now), OutboxMessage.id, OutboxDelivery)
    messages = list(session.scalars(waiting.order_by(OutboxMessage.id).limit(1000)))
    tries = select(OutboxAttempt).where(OutboxAttempt.message_id.in_([one.id for one in messages]))
    last = {one.message_id: one for one in session.scalars(tries.order_by(OutboxAttempt.number))}
    found = ((one, last.get(one.id)) for one in messages)
    return [(one, tried.number if tried else 0, tried.outcome if tried else None) for one, tried in found]


def retry(ledger: Ledger, message_id: str, life: timedelta, actor: Actor) -> str | None:
    """The id under which a dead message is in the outbox once more; None if it is not dead, or was put in already.

    The body, and with it the Message-ID, stays: who got the letter after all knows it for the same one.
    """
    now = ledger.clock.now()
    with ledger.read() as session:
        dead = {one.id: one for one in undelivered(session, now)}
    if (old := dead.get(message_id)) is None:
        return None
    again = OutboxMessage(
        id=ledger.new_id(), kind=old.kind, url=old.url, content_type=old.content_type, body=old.body,
        not_after=now + life, client_id=old.client_id, person_id=old.person_id, bearer=old.bearer,
    )  # fmt: skip
    try:
        with ledger.entry(MessageRequeued(message_id, again.id), actor) as tx:
            tx.add(again, OutboxRetry(message_id=message_id, again_id=again.id))
    except Taken:
        return None
    return again.id


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
