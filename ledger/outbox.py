"""What is to be sent to others: written with the fact that causes it, sent afterwards by the worker, never lost.

A message waits until it has an OutboxDelivery or is past `not_after`. What was sent just before a crash, or by
two workers at once, is sent twice: its receiver tells by the message's own identifier (a logout token's `jti`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ledger.base import Fact, Personal, key_column, without
from ledger.event import Actor, Code, Event, Id
from ledger.ledger import Ledger, Taken

FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(minutes=15)


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


def due(session: Session, now: datetime, most: int = 100) -> list[Due]:
    """The messages whose next try may be made now, the oldest first, `most` of them."""
    statement = (
        select(OutboxMessage, func.count(OutboxAttempt.id), func.max(OutboxAttempt.at))
        .join(OutboxAttempt, OutboxAttempt.message_id == OutboxMessage.id, isouter=True)
        .where(OutboxMessage.not_after > now)
        .group_by(OutboxMessage.id)
        .order_by(OutboxMessage.id)
    )
    found = session.execute(without(statement, OutboxMessage.id, OutboxDelivery))
    ready = [Due(message, tries + 1) for message, tries, last in found if not last or last + next_delay(tries) <= now]
    return ready[:most]


def deliver(ledger: Ledger, send: Callable[[OutboxMessage], Answer], actor: Actor) -> int:
    """Every message that is due was tried once by `send` and the outcome recorded. Returns how many were taken.

    `send` is given one message and answers; it must not raise for what a network can do.
    """
    with ledger.read() as session:
        waiting = due(session, ledger.clock.now())
    return sum(_tried(ledger, one, send(one.message), actor) for one in waiting)


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
