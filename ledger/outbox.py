"""What is to be sent to others: written with the fact that causes it, sent afterwards by the worker, never lost.

A message waits until it has an OutboxDelivery or is past `not_after`. What was sent just before a crash, or by
two workers at once, is sent twice: its receiver tells by the message's own identifier (a logout token's `jti`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import ForeignKey, String, UniqueConstraint, and_, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

import ledger.people  # noqa: F401 - its tables are pointed to
from ledger.base import Fact, Personal, key_column, without
from ledger.event import Actor, Code, Event, Id
from ledger.ledger import Ledger, Taken

FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(minutes=15)
MAIL = "mail"
"""Of a message whose URL is `mailto:…` and whose body is an RFC 5322 message."""
OF_USE_LATER = (MAIL,)
"""Kinds that may be put in again. A logout token and the request of a ping are over when their message is: the service
learns at the next use that the session ended, and asks by itself what became of a request."""
LONGEST_MAIL_DELAY = timedelta(hours=4)
"""Mail may take days (RFC 5321 clause 4.5.4.1); a logout is of no use after minutes."""
_SLICE = 500
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


def next_delay(tries: int, longest: timedelta = LONGEST_DELAY) -> timedelta:
    """How long to wait after this many tries: 0, 1 s, 2 s, 4 s … and never longer than `longest`."""
    if tries == 0:
        return timedelta(0)
    doublings: int = 2 ** min(tries - 1, 20)
    return min(FIRST_DELAY * doublings, longest)


def undelivered(session: Session, now: datetime, kinds: Collection[str] | None = None) -> list[OutboxMessage]:
    """The dead messages that nobody put in again: refused for good, or past their time; oldest first.

    Of all kinds, or of these.
    """
    failed = select(OutboxDelivery.message_id).where(
        OutboxDelivery.message_id == OutboxMessage.id, OutboxDelivery.taken.is_(False)
    )
    taken = select(OutboxDelivery.message_id).where(OutboxDelivery.message_id == OutboxMessage.id)
    lapsed = and_(OutboxMessage.not_after <= now, ~taken.exists())
    dead = select(OutboxMessage).where(or_(failed.exists(), lapsed))
    if kinds is not None:
        dead = dead.where(OutboxMessage.kind.in_(kinds))
    return list(session.scalars(without(dead, OutboxMessage.id, OutboxRetry).order_by(OutboxMessage.id)))


def pending(session: Session, now: datetime) -> list[tuple[OutboxMessage, int, str | None]]:
    """What is still to be delivered, with the number of tries and the outcome of the last; oldest first."""
    waiting = without(select(OutboxMessage).where(OutboxMessage.not_after > now), OutboxMessage.id, OutboxDelivery)
    return with_tries(session, list(session.scalars(waiting.order_by(OutboxMessage.id).limit(1000))))


def with_tries(session: Session, messages: Sequence[OutboxMessage]) -> list[tuple[OutboxMessage, int, str | None]]:
    """Each of them with the number of its tries and the outcome of the last."""
    last: dict[str, OutboxAttempt] = {}
    for start in range(0, len(messages), _SLICE):
        ids = [one.id for one in messages[start : start + _SLICE]]
        tries = select(OutboxAttempt).where(OutboxAttempt.message_id.in_(ids)).order_by(OutboxAttempt.number)
        last |= {one.message_id: one for one in session.scalars(tries)}
    found = ((one, last.get(one.id)) for one in messages)
    return [(one, tried.number if tried else 0, tried.outcome if tried else None) for one, tried in found]


def retry(ledger: Ledger, message_id: str, life: timedelta, actor: Actor) -> str | None:
    """The id under which a dead message is in the outbox once more; None if it is not dead, there again, or of no use.

    The body, and with it the Message-ID, stays: who got the letter after all knows it for the same one.
    """
    now = ledger.clock.now()
    with ledger.read() as session:
        dead = {one.id: one for one in undelivered(session, now, OF_USE_LATER)}
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
