"""Sessions: one person in one browser. Whether one lives is judged at each use, by a table of endings."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session as Reading

from idp.handles import HandleKind, digest, is_of
from idp.policy import SESSION_IDLE, SESSION_LIFE, Known
from idp.tables import AccountEnd, Authentication, Grant, Session, SessionEnd
from ledger.base import without
from ledger.certificates import Certificate, Hold, HoldRelease, Revocation
from ledger.people import Cutoff
from ledger.standing import cut_off


@dataclass(frozen=True)
class LiveSession:
    """A session that was alive when it was read, with its latest authentication."""

    id: str
    account_id: str
    person_id: str
    authentication: Authentication

    def known(self, request_id: str | None = None) -> Known:
        """What policy needs of it; `request_id` is the stored request that is being answered, if any."""
        latest = self.authentication
        return Known(latest.level, latest.at, request_id is not None and latest.request_id == request_id)


def by_handle(reading: Reading, handle: str, now: datetime) -> LiveSession | None:
    """The live session whose newest handle this is."""
    if not is_of(HandleKind.SESSION, handle):
        return None
    shown = reading.scalar(select(Authentication).where(Authentication.handle_sha256 == digest(handle)))
    found = live(reading, shown.session_id, now) if shown is not None else None
    return found if found and shown and found.authentication.id == shown.id else None


def live(reading: Reading, session_id: str, now: datetime) -> LiveSession | None:
    """The session of this id if nothing has ended it."""
    session = reading.get(Session, session_id)
    if session is None or ended_because(reading, session, now) is not None:
        return None
    newest = latest_authentication(reading, session_id)
    return LiveSession(session.id, session.account_id, session.person_id, newest)


def latest_authentication(reading: Reading, session_id: str) -> Authentication:
    """The authentication that counts: a session begins with one."""
    statement = select(Authentication).where(Authentication.session_id == session_id)
    return reading.scalars(statement.order_by(Authentication.number.desc()).limit(1)).one()


def ended_because(reading: Reading, session: Session, now: datetime) -> str | None:
    """The code of the first thing in ENDINGS that has ended the session; None while it lives."""
    return next((code for code, has_ended in ENDINGS if has_ended(reading, session, now)), None)


def signed_out(reading: Reading, session: Session, now: datetime) -> bool:  # noqa: ARG001 - one shape for all
    """It was ended by its person, or replaced by another person's in the same browser."""
    return bool(reading.scalar(select(exists().where(SessionEnd.session_id == session.id))))


def account_ended(reading: Reading, session: Session, now: datetime) -> bool:  # noqa: ARG001 - as above
    """Its account is closed."""
    return bool(reading.scalar(select(exists().where(AccountEnd.account_id == session.account_id))))


def person_cut_off(reading: Reading, session: Session, now: datetime) -> bool:  # noqa: ARG001 - as above
    """Its person was cut off after it began."""
    return cut_off(reading, session.person_id, session.at)


def certificate_stopped(reading: Reading, session: Session, now: datetime) -> bool:
    """A certificate that it was made with is revoked, on hold, or past its time."""
    used = select(Certificate.id).join(Authentication, Authentication.certificate_id == Certificate.id)
    used = used.where(Authentication.session_id == session.id, is_stopped(now))
    return bool(reading.scalar(select(used.exists())))


def lasted_too_long(reading: Reading, session: Session, now: datetime) -> bool:  # noqa: ARG001 - as above
    """SESSION_LIFE is over, or the clock stands before its beginning."""
    return not session.at <= now < session.at + SESSION_LIFE


def idle_too_long(reading: Reading, session: Session, now: datetime) -> bool:
    """Nobody has come with it for SESSION_IDLE: neither shown a factor nor gone to a service."""
    shown = select(func.max(Authentication.at)).where(Authentication.session_id == session.id)
    went = select(func.max(Grant.at)).where(Grant.session_id == session.id)
    latest = max(filter(None, (reading.scalar(shown), reading.scalar(went), session.at)))
    return now - latest > SESSION_IDLE


ENDINGS: tuple[tuple[str, Callable[[Reading, Session, datetime], bool]], ...] = (
    ("session.signed-out", signed_out),
    ("session.account-ended", account_ended),
    ("session.cut-off", person_cut_off),
    ("session.certificate-stopped", certificate_stopped),
    ("session.too-long", lasted_too_long),
    ("session.idle", idle_too_long),
)
FORCED = ("session.account-ended", "session.cut-off", "session.certificate-stopped")
"""Endings that nobody in front of the browser asked for: the services are told of them at once."""


def is_stopped(now: datetime) -> ColumnElement[bool]:
    """The condition that a Certificate is revoked, on hold, or past its time; judged row by row, by index."""
    revoked = exists().where(Revocation.certificate_id == Certificate.id, Revocation.at <= now)
    holds = without(select(Hold.id).where(Hold.certificate_id == Certificate.id, Hold.at <= now), Hold.id, HoldRelease)
    return or_(revoked, holds.exists(), Certificate.not_after < now)


def perhaps_forced(now: datetime) -> Select[Any]:
    """Selects the sessions that nobody has ended yet and that something in FORCED may have; `ended_because` tells."""
    closed = exists().where(AccountEnd.account_id == Session.account_id)
    cut = exists().where(Cutoff.person_id == Session.person_id, Cutoff.at >= Session.at)
    shown = select(Certificate.id).join(Authentication, Authentication.certificate_id == Certificate.id)
    stopped = shown.where(Authentication.session_id == Session.id, is_stopped(now)).exists()
    young = select(Session).where(Session.at > now - SESSION_LIFE, or_(closed, cut, stopped))
    return without(young, Session.id, SessionEnd)
