"""What a person holds, as his own page shows it: his certificates, and those of bodies that he answers for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.endings.concerned import concerned_by
from ca.endings.pausing import open_hold
from ca.profiles import NEVER_HELD
from ca.tables.registration import Enrolment
from ledger.certificates import Certificate, Intent, Revocation

MOST = 100
"""Certificates on one page, the newest first; nobody has nearly so many that still matter."""


class State(Enum):
    """How a certificate stands now."""

    GOOD = "good"
    HELD = "held"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Holding:
    """One certificate. `at`: until when it is held, or since when it is revoked."""

    certificate: Certificate
    state: State
    at: datetime | None = None

    @property
    def no_end(self) -> str | None:
        """Why it cannot be revoked, by code; None if it can."""
        return {State.REVOKED: "revocation.already-revoked", State.EXPIRED: "holder.expired"}.get(self.state)

    @property
    def no_pause(self) -> str | None:
        """Why it cannot be suspended, by code; None if it can."""
        if self.certificate.profile in NEVER_HELD:
            return "revocation.never-held"
        return "revocation.already-held" if self.state is State.HELD else self.no_end


def holdings(session: Session, person_id: str, now: datetime) -> list[Holding]:
    """All that is his, the newest first."""
    own = select(Certificate).where(Certificate.person_id == person_id)
    asked_for = (
        select(Certificate)
        .join(Intent, Intent.id == Certificate.id)
        .join(Enrolment, Enrolment.id == Intent.enrolment_id)
        .where(Enrolment.person_id == person_id, Certificate.person_id.is_(None))
    )
    found: Iterable[Certificate] = [
        one
        for statement in (own, asked_for)
        for one in session.scalars(statement.order_by(Certificate.id.desc()).limit(MOST))
    ]
    his = [one for one in found if concerned_by(session, one, now).person_id == person_id]
    return [_holding(session, one, now) for one in sorted(his, key=lambda one: one.id, reverse=True)]


def holding(session: Session, person_id: str, certificate_id: str, now: datetime) -> Holding | None:
    """This one; None if there is none, or it is another's, which looks the same to whoever asks."""
    certificate = session.get(Certificate, certificate_id)
    if certificate is None or concerned_by(session, certificate, now).person_id != person_id:
        return None
    return _holding(session, certificate, now)


def _holding(session: Session, certificate: Certificate, now: datetime) -> Holding:
    revocation = session.get(Revocation, certificate.id)
    if revocation is not None:
        return Holding(certificate, State.REVOKED, revocation.at)
    if certificate.not_after < now:
        return Holding(certificate, State.EXPIRED)
    hold = open_hold(session, certificate.id)
    return Holding(certificate, State.HELD, hold.until) if hold else Holding(certificate, State.GOOD)
