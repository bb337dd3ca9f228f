"""Whether a grant still counts, asked at each use of anything that hangs on it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session as Reading

from idp.clients import is_over
from idp.consents.tables import ConsentVersion
from idp.details import Detail, leaves_of
from idp.events import GrantEnded
from idp.grants.detailed import granted
from idp.sessions import ENDED, Latest, LiveSession, is_latest, live_session, moments
from idp.tables import Authentication, Grant, GrantEnd, Session, Subject
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.facts import Facts
from ledger.ledger import Ledger, Taken
from ledger.rounds import looked_up


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
    found = looked_up(reading, _rows, (grant_id, now))
    if found is None:
        return None
    grant, session, latest, shown, sub, *ended = found
    if any(ended) or is_over(reading, grant.client_id, now):
        return None
    details = granted(reading, grant)
    if details is None:
        return None
    return LiveGrant(grant, live_session(session, latest), shown, sub, details)


def _rows(reading: Reading, keys: Sequence[tuple[str, datetime]]) -> dict[tuple[str, datetime], Any]:
    """Of several who ask in one round, each at his moment of the last milliseconds, all are judged at the latest."""
    given = {"grants": list({grant_id for grant_id, _ in keys}), **moments(max(now for _, now in keys))}
    rows = {row[0].id: row for row in _LIVE.rows(reading, given)}
    return {(grant_id, now): rows[grant_id] for grant_id, now in keys if grant_id in rows}


def end_grant(ledger: Ledger, grant: Grant, reason: str) -> None:
    """The grant is over; again is no harm."""
    try:
        with ledger.entry(GrantEnded(grant.client_id, grant.id, reason), Actor.client(grant.client_id)) as tx:
            tx.add(GrantEnd(grant_id=grant.id, reason=reason))
    except Taken:
        return


_TAKEN_BACK = exists().where(
    ConsentVersion.account_id == Session.account_id, ConsentVersion.client_id == Grant.client_id,
    ConsentVersion.scope == "", ConsentVersion.at >= Grant.at,
)  # fmt: skip
"""The person took the consent back after it was given: then what was given before is dead."""
_LIVE = Facts(
    select(Grant, Session, Latest, Authentication, Subject.sub, *ENDED,
           exists().where(GrantEnd.grant_id == Grant.id).label("over"), _TAKEN_BACK.label("taken_back"))
    .join(Session, Session.id == Grant.session_id)
    .join(Latest, is_latest())
    .join(Authentication, Authentication.id == Grant.authentication_id)
    .join(Subject, Subject.id == Grant.subject_id)
    .where(Grant.id.in_(bindparam("grants", expanding=True)))
)  # fmt: skip
