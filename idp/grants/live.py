"""Whether a grant still counts, and for what, asked at each use of anything that hangs on it.

It gives nothing that its client may not get any more: what the registration lost, grants of before have lost too.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session as Reading

from idp.clients import find
from idp.consents.preapproved import still_holds
from idp.consents.tables import ConsentVersion
from idp.declared import declared_by
from idp.details import Detail, leaves_of, may_be_asked
from idp.events import GrantEnded
from idp.grants.detailed import granted
from idp.scopes import SCOPES, common
from idp.sessions import ENDED, Latest, LiveSession, has_ended, is_latest, live_session, moments
from idp.tables import Authentication, Client, Grant, GrantEnd, Session, Subject
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
    scope: str = ""
    """Of what was granted, that which its client may still ask for."""
    resources: tuple[str, ...] = ()
    """The same of what its access tokens may be for (RFC 8707 clause 2.2); none means ourselves."""
    details: tuple[Detail, ...] = ()
    """The same of what it is for in detail (RFC 9396)."""

    def beyond(self, resources: Collection[str], details: Collection[Detail]) -> Refuse | None:
        """Why no token may be asked for these resources, and in them for these details; None where it may."""
        if not set(resources) <= set(self.resources):
            return Refuse("token.resource")
        elsewhere = resources and any(one.place not in resources for one in details)
        return Refuse("token.details") if elsewhere or not leaves_of(details) <= leaves_of(self.details) else None

    def within(self, scope: str) -> "LiveGrant | Refuse":
        """The same for no more than this scope (RFC 6749 clause 6), and `openid`: what was not granted is refused.

        Names that we do not know are left out, as where they are asked for first. An empty scope is all of it.
        """
        wanted = {one for one in scope.split(" ") if one in SCOPES}
        if not wanted <= set(self.grant.scope.split()):
            return Refuse("token.scope")
        return replace(self, scope=common(self.scope, " ".join(("openid", *wanted)))) if scope else self


def live_grant(reading: Reading, grant_id: str, now: datetime) -> LiveGrant | None:
    """The grant, unless it, its client, its consent, its session or anything that its session hangs on has ended.

    A policy under which its person was not asked stands for the consent.

    Nor if its client demands more of a sign-in now than was shown, or has lost all the resources that it is for: a
    token for none of them would be one for ourselves.
    """
    found = looked_up(reading, _rows, (grant_id, now))
    if found is None:
        return None
    grant, session, latest, shown, sub, over, taken_back, *ended = found
    client, lives = find(reading, grant.client_id, now)
    if over or taken_back or client is None or not lives or shown.level < client.minimum_level:
        return None
    if has_ended(reading, session.id, ended, now):
        return None
    if grant.preapproval_id and not still_holds(reading, grant.preapproval_id, client.id, session.person_id, now):
        return None
    details, resources = granted(reading, grant), _still(grant.resources, client.resources)
    if details is None or (grant.resources and not resources):
        return None
    scope, left = " ".join(_still(grant.scope, client.scopes)), _still_asked(details, client, resources)
    return LiveGrant(grant, live_session(session, latest), shown, sub, scope, resources, left)


def _still(granted_: str | None, registered: str | None) -> tuple[str, ...]:
    known = (registered or "").split()
    return tuple(one for one in (granted_ or "").split() if one in known)


def _still_asked(details: Sequence[Detail], client: Client, places: Collection[str]) -> tuple[Detail, ...]:
    return tuple(one for one in details if may_be_asked([one], declared_by(client).details_types, places))


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
    select(Grant, Session, Latest, Authentication, Subject.sub,
           exists().where(GrantEnd.grant_id == Grant.id).label("over"), _TAKEN_BACK.label("taken_back"), *ENDED)
    .join(Session, Session.id == Grant.session_id)
    .join(Latest, is_latest())
    .join(Authentication, Authentication.id == Grant.authentication_id)
    .join(Subject, Subject.id == Grant.subject_id)
    .where(Grant.id.in_(bindparam("grants", expanding=True)))
)  # fmt: skip
