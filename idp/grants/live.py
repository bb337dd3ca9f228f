"""Whether a grant still counts, asked at each use of anything that hangs on it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session as Reading

from idp.clients import is_over
from idp.consents import was_taken_back
from idp.details import Detail, leaves_of
from idp.events import GrantEnded
from idp.grants.detailed import granted
from idp.sessions import LiveSession, live
from idp.tables import Authentication, Grant, GrantEnd, Subject
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Ledger, Taken


@dataclass(frozen=True)
class LiveGrant:
    """A grant that was alive when it was read, with what tokens say of it."""

    grant: Grant
    session: LiveSession
    authentication: Authentication
    sub: str
    details: tuple[Detail, ...] = ()
    """What it is for in detail (RFC 9396)."""

    @property
    def resources(self) -> tuple[str, ...]:
        """What its access tokens may be for (RFC 8707 clause 2.2); none means ourselves."""
        return tuple((self.grant.resources or "").split())

    def beyond(self, resources: Collection[str], details: Collection[Detail]) -> Refuse | None:
        """Why no token may be asked for these resources, and in them for these details; None where it may."""
        if not set(resources) <= set(self.resources):
            return Refuse("token.resource")
        elsewhere = resources and any(one.place not in resources for one in details)
        return Refuse("token.details") if elsewhere or not leaves_of(details) <= leaves_of(self.details) else None


def live_grant(reading: Reading, grant_id: str, now: datetime) -> LiveGrant | None:
    """The grant, unless it, its client, its consent, its session or anything that its session hangs on has ended."""
    grant = reading.get(Grant, grant_id)
    if grant is None or _ended(reading, grant_id) or is_over(reading, grant.client_id, now):
        return None
    session = live(reading, grant.session_id, now)
    authentication = reading.get(Authentication, grant.authentication_id)
    subject = reading.get(Subject, grant.subject_id)
    details = granted(reading, grant)
    if session is None or authentication is None or subject is None or details is None:
        return None
    if was_taken_back(reading, session.account_id, grant.client_id, grant.at):
        return None
    return LiveGrant(grant, session, authentication, subject.sub, details)


def end_grant(ledger: Ledger, grant: Grant, reason: str) -> None:
    """The grant is over; again is no harm."""
    try:
        with ledger.entry(GrantEnded(grant.client_id, grant.id, reason), Actor.client(grant.client_id)) as tx:
            tx.add(GrantEnd(grant_id=grant.id, reason=reason))
    except Taken:
        return


def _ended(reading: Reading, grant_id: str) -> bool:
    return bool(reading.scalar(select(exists().where(GrantEnd.grant_id == grant_id))))
