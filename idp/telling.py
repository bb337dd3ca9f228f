"""Which services of an ended session know of it, and which cannot be known to: for the person who ended it.

Back-channel logout has an answer, which the outbox keeps (Back-Channel Logout clause 2.8); front-channel logout has
none (Front-Channel Logout clause 2); a service that takes neither is told nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Reading

from idp.clients import current
from idp.elsewhere.own import PATH as OWN_PAGES
from idp.provider import Provider
from idp.tables import Client, Grant, Session, SessionEnd
from ledger.entry import Entry
from ledger.outbox import OutboxAttempt, OutboxDelivery, OutboxMessage


class Known(Enum):
    """What we know of a service."""

    CONFIRMED = "confirmed"
    ASKED_BY_FRAME = "asked-by-frame"
    """Its page was loaded by the browser; what it did then nobody tells us."""
    BEING_TOLD = "being-told"
    NOT_REACHED = "not-reached"
    """It did not take the message so far: the worker goes on."""
    REFUSED = "refused"
    """It said that it never will, or was not reached in the message's time."""
    NOT_TOLD = "not-told"
    """It has registered no way, was retired, or the session was ended where its page could not be loaded."""


UNSETTLED = (Known.BEING_TOLD, Known.NOT_REACHED)
"""What may still become another."""


@dataclass(frozen=True)
class Told:
    """A service of the session, and what is known."""

    client: Client
    known: Known


@dataclass(frozen=True)
class EndedSession:
    """A session that is over: since when, and its services."""

    session: Session
    at: datetime
    services: Sequence[Told]

    @property
    def settled(self) -> bool:
        """Whether nothing of it will change by itself."""
        return all(one.known not in UNSETTLED for one in self.services)


def ended(reading: Reading, provider: Provider, session_id: str) -> EndedSession | None:
    """The end of the session as far as it is known now; None where it was not ended by an entry."""
    session, end = reading.get(Session, session_id), reading.get(SessionEnd, session_id)
    if session is None or end is None:
        return None
    at = reading.scalars(select(Entry.at).where(Entry.id == end.entry_id)).one()
    messages = _messages(reading, end, provider.ledger.clock.now())
    return EndedSession(session, at, [
        Told(client, messages.get(client.id) or _without_message(client, end))
        for client in services_of(reading, provider, session_id)
    ])  # fmt: skip


def ended_since(reading: Reading, provider: Provider, account_id: str, since: datetime) -> list[EndedSession]:
    """What the account's sessions that ended since then have told their services, the newest end first."""
    statement = (
        select(SessionEnd.session_id)
        .join(Session, Session.id == SessionEnd.session_id)
        .join(Entry, Entry.id == SessionEnd.entry_id)
        .where(Session.account_id == account_id, Entry.at >= since)
        .order_by(Entry.at.desc())
    )
    found = (ended(reading, provider, one) for one in reading.scalars(statement))
    return [one for one in found if one is not None]


def services_of(reading: Reading, provider: Provider, session_id: str) -> list[Client]:
    """The services that the session gave something, as they are registered now; our own pages are none."""
    statement = select(Grant.client_id).where(Grant.session_id == session_id).distinct().order_by(Grant.client_id)
    found = [current(reading, one) for one in reading.scalars(statement)]
    return [client for client in found if client is not None and client.redirect_uris != provider.issuer + OWN_PAGES]


def _messages(reading: Reading, end: SessionEnd, now: datetime) -> Mapping[str, Known]:
    """By client, what became of the messages in the entry that ended the session."""
    tried = func.count(OutboxAttempt.id)
    statement = (
        select(OutboxMessage.client_id, OutboxMessage.not_after, OutboxDelivery.taken, tried)
        .outerjoin(OutboxDelivery, OutboxDelivery.message_id == OutboxMessage.id)
        .outerjoin(OutboxAttempt, OutboxAttempt.message_id == OutboxMessage.id)
        .where(OutboxMessage.entry_id == end.entry_id)
        .group_by(OutboxMessage.id, OutboxMessage.client_id, OutboxMessage.not_after, OutboxDelivery.taken)
    )
    return {
        client_id: _of_message(not_after > now, taken, tries)
        for client_id, not_after, taken, tries in reading.execute(statement)
        if client_id is not None
    }


def _of_message(waits: bool, taken: bool | None, tries: int) -> Known:  # noqa: FBT001 - three columns of one row
    if taken is not None:
        return Known.CONFIRMED if taken else Known.REFUSED
    if not waits:
        return Known.REFUSED
    return Known.NOT_REACHED if tries else Known.BEING_TOLD


def _without_message(client: Client, end: SessionEnd) -> Known:
    framed = client.frontchannel_logout_uri and end.reason == "logout"
    return Known.ASKED_BY_FRAME if framed else Known.NOT_TOLD
