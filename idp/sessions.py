"""Sessions: one person in one browser. Whether one lives is judged at each use, by a table of endings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, case, cast, exists, func, or_, select
from sqlalchemy.orm import Session as Reading
from sqlalchemy.orm import aliased

from idp.handles import HandleKind, digest, is_of
from idp.policy import ANSWERING_LIFE, SESSION_IDLE, SESSION_LIFE, Known
from idp.tables import AccountEnd, Authentication, Grant, Session, SessionEnd
from ledger.base import Instant, without
from ledger.certificates import Certificate, Hold, HoldRelease, Issuer, KeyBlock, KeyUse, Revocation
from ledger.facts import Facts
from ledger.ledger import CLOCK_TOLERANCE
from ledger.people import Cutoff
from ledger.rounds import looked_up


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
    return _behind(reading, HandleKind.SESSION, handle, now)


def answering(reading: Reading, handle: str, now: datetime) -> LiveSession | None:
    """The live session with this handle that is for one answer, while that was not given."""
    found = _behind(reading, HandleKind.ANSWERING, handle, now)
    went = found and reading.scalar(select(Grant.id).where(Grant.session_id == found.id).limit(1))
    return None if went else found


def _behind(reading: Reading, kind: HandleKind, handle: str, now: datetime) -> LiveSession | None:
    if not is_of(kind, handle):
        return None
    shown = reading.scalar(select(Authentication).where(Authentication.handle_sha256 == digest(handle)))
    found = live(reading, shown.session_id, now) if shown is not None else None
    return found if found and shown and found.authentication.id == shown.id else None


def live(reading: Reading, session_id: str, now: datetime) -> LiveSession | None:
    """The session of this id if nothing has ended it."""
    found = _LIVE.rows(reading, {"session": session_id, **moments(now)})
    if not found or has_ended(reading, session_id, found[0][2:], now):
        return None
    return live_session(*found[0][:2])


def has_ended(reading: Reading, session_id: str, ended: Sequence[bool], now: datetime) -> bool:
    """Whether anything in ENDINGS has ended the session, of which `ended` is what ENDED selects."""
    *already, certified = ended
    return any(already) or bool(certified and looked_up(reading, _stopped, (session_id, now)))


def live_session(session: Session, latest: Authentication) -> LiveSession:
    """What is told of a session that lives; `latest` is its authentication that counts."""
    return LiveSession(session.id, session.account_id, session.person_id, latest)


def ended_because(reading: Reading, session: Session, now: datetime) -> str | None:
    """The code of the first thing in ENDINGS that has ended the session; None while it lives."""
    judged = reading.execute(_JUDGED, {"session": session.id, **moments(now)}).one()
    return next((code for (code, _), holds in zip(ENDINGS, judged, strict=True) if holds), None)


def moments(now: datetime) -> dict[str, datetime]:
    """The parameters of ENDINGS."""
    return {
        "now": now, "ahead": now + CLOCK_TOLERANCE, "oldest": now - SESSION_LIFE, "idle": now - SESSION_IDLE,
        "unanswered": now - ANSWERING_LIFE,
    }  # fmt: skip


def is_stopped(now: Any) -> ColumnElement[bool]:
    """The condition that a Certificate is revoked, on hold, or past its time; judged row by row, by index.

    It is revoked with its CA's own, and with the key of a CA above it that is ours: under a CA whose key was lost all
    follow one after the other, and of many the last does so late.
    """
    revoked = exists().where(Revocation.certificate_id == Certificate.id, Revocation.at <= now)
    holds = without(select(Hold.id).where(Hold.certificate_id == Certificate.id, Hold.at <= now), Hold.id, HoldRelease)
    return or_(revoked, _is_of_a_lost_ca(now), holds.exists(), Certificate.not_after < now)


def _is_of_a_lost_ca(now: Any) -> ColumnElement[bool]:
    """By our own chain alone: the certificate of a CA under an outside root is in no ledger of ours, but its key is."""
    root, own, ended = aliased(Issuer), aliased(Certificate), aliased(Revocation)
    revoked = exists().where(ended.certificate_id == own.id, ended.at <= now)
    under_root = exists().where(
        root.name == "root", own.issuer_id == root.id, own.der == Issuer.certificate,
        or_(revoked, _has_a_lost_key(root, now)),
    )  # fmt: skip
    return exists().where(Issuer.id == Certificate.issuer_id, or_(_has_a_lost_key(Issuer, now), under_root))


def _has_a_lost_key(issuer: type[Issuer], now: Any) -> ColumnElement[bool]:
    """Whether a key that a ceremony made for this CA is blocked; its KeyUse has the CA's name (`Issuer.key_name`)."""
    use, block, number = aliased(KeyUse), aliased(KeyBlock), cast(issuer.generation, String)
    name = case((issuer.generation == 1, issuer.name), else_=issuer.name + "-" + number)
    return exists().where(use.subject == name, block.key_sha256 == use.key_sha256, block.at <= now)


Latest = aliased(Authentication)
"""The authentication of a session that counts: it begins with one."""
_Shown, _Given = aliased(Authentication), aliased(Grant)
_NOW, _AHEAD, _OLDEST, _IDLE, _UNANSWERED = (
    bindparam(name, type_=Instant()) for name in ("now", "ahead", "oldest", "idle", "unanswered")
)


def is_latest() -> ColumnElement[bool]:
    """The condition that `Latest` is of the Session, and its newest."""
    newest = select(func.max(_Shown.number)).where(_Shown.session_id == Session.id).correlate(Session)
    return and_(Latest.session_id == Session.id, Latest.number == newest.scalar_subquery())


def _certificate_stopped() -> ColumnElement[bool]:
    used = select(Certificate.id).join(_Shown, _Shown.certificate_id == Certificate.id)
    return used.where(_Shown.session_id == Session.id, is_stopped(_NOW)).exists()


def _idle_too_long() -> ColumnElement[bool]:
    shown = exists().where(_Shown.session_id == Session.id, _Shown.at >= _IDLE)
    went = exists().where(_Given.session_id == Session.id, _Given.at >= _IDLE)
    return and_(Session.at < _IDLE, ~shown, ~went)


def _unanswered() -> ColumnElement[bool]:
    went = exists().where(_Given.session_id == Session.id)
    return and_(Session.for_one_answer.is_(True), Session.at <= _UNANSWERED, ~went)


_OF_CERTIFICATES, _LEFT = "session.certificate-stopped", "session.left"
ENDINGS: tuple[tuple[str, ColumnElement[bool]], ...] = (
    # It was ended by its person, or replaced by another person's in the same browser.
    ("session.signed-out", exists().where(SessionEnd.session_id == Session.id)),
    # Its account is closed.
    ("session.account-ended", exists().where(AccountEnd.account_id == Session.account_id)),
    # Its person was cut off after it began.
    ("session.cut-off", exists().where(Cutoff.person_id == Session.person_id, Cutoff.at >= Session.at)),
    # A certificate that it was made with is revoked, on hold, or past its time.
    (_OF_CERTIFICATES, _certificate_stopped()),
    # SESSION_LIFE is over, or the clock stands before its beginning by more than clocks may be apart.
    ("session.too-long", or_(Session.at > _AHEAD, Session.at <= _OLDEST)),
    # Nobody has come with it for SESSION_IDLE: neither shown a factor nor gone to a service.
    ("session.idle", _idle_too_long()),
    # It was for one answer, which was not given in ANSWERING_LIFE.
    (_LEFT, _unanswered()),
)
"""Conditions about a Session, with the parameters `moments`: all are judged in one statement, at each use."""
_CERTIFIED = exists().where(_Shown.session_id == Session.id, _Shown.certificate_id.is_not(None))
ENDED = (
    *(found.label(f"ended_{number}") for number, (code, found) in enumerate(ENDINGS)
      if code not in {_OF_CERTIFICATES, _LEFT}),
    _CERTIFIED.label("certified"),
)  # fmt: skip
"""What `has_ended` judges by, of a session on which something hangs: that one was not left. Of the certificates only
whether there is one: what stops them is in many tables, and to open these alone costs PostgreSQL as much as all the
rest; psycopg reads what is longer than it keeps anew each time."""
_STOPPED = Facts(
    select(Session.id).where(Session.id.in_(bindparam("sessions", expanding=True)), _certificate_stopped())
)  # fmt: skip
_ALL = tuple(found.label(f"ended_{number}") for number, (_, found) in enumerate(ENDINGS))
_JUDGED = select(*_ALL).select_from(Session).where(Session.id == bindparam("session"))
_LIVE = Facts(
    select(Session, Latest, _unanswered().label("unanswered"), *ENDED)
    .join(Latest, is_latest())
    .where(Session.id == bindparam("session"))
)  # fmt: skip
FORCED = ("session.account-ended", "session.cut-off", _OF_CERTIFICATES)
"""Endings that nobody in front of the browser asked for: the services are told of them at once."""


def _stopped(reading: Reading, keys: Sequence[tuple[str, datetime]]) -> dict[tuple[str, datetime], bool]:
    """Of several who ask in one round all are judged at the latest moment."""
    given = {"sessions": list({session_id for session_id, _ in keys}), "now": max(now for _, now in keys)}
    stopped = set(_STOPPED.values(reading, given))
    return {key: True for key in keys if key[0] in stopped}


def perhaps_forced(now: datetime) -> Select[Any]:
    """Selects the sessions that nobody has ended yet and that something in FORCED may have; `ended_because` tells."""
    closed = exists().where(AccountEnd.account_id == Session.account_id)
    cut = exists().where(Cutoff.person_id == Session.person_id, Cutoff.at >= Session.at)
    shown = select(Certificate.id).join(Authentication, Authentication.certificate_id == Certificate.id)
    stopped = shown.where(Authentication.session_id == Session.id, is_stopped(now)).exists()
    young = select(Session).where(Session.at > now - SESSION_LIFE, or_(closed, cut, stopped))
    return without(young, Session.id, SessionEnd)
