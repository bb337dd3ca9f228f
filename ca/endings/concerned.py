"""Whom a certificate concerns: who asks for its end as its own, and who is told of it (RV-02, RV-06)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.endings.grounds import OFFICE_PROFILES
from ca.tables.registration import Enrolment, EnrolmentScope
from ledger.base import latest
from ledger.certificates import Certificate, Intent
from ledger.people import Appointment, AppointmentTerm, Post


@dataclass(frozen=True)
class Concerned:
    """The holder, or who answers for a certificate that names no person, and the ids of the organisations behind it."""

    person_id: str | None = None
    bodies: frozenset[str] = frozenset()


NOBODY = Concerned()
"""Whom the certificates of our own services concern."""


def concerned_by(session: Session, certificate: Certificate | Intent | None, now: datetime) -> Concerned:
    """Whom it concerns at `now`.

    Of an organisation's seal, server, client, device or code: that organisation, and the person who asked for it as
    long as he has a post there. Of a person's: he, the body that it names, and, of what he has because he holds a post
    and of nothing else, the bodies in which he has one.
    """
    if certificate is None:
        return NOBODY
    intent = session.get_one(Intent, certificate.id)
    scope = session.get(EnrolmentScope, intent.enrolment_id) if intent.enrolment_id else None
    named = frozenset({scope.organisation_id} if scope and scope.organisation_id else ())
    if intent.person_id is not None:
        of_post = bodies_of(session, intent.person_id, now) if intent.profile in OFFICE_PROFILES else set()
        return Concerned(intent.person_id, named | of_post)
    asker = session.get_one(Enrolment, intent.enrolment_id).person_id if named else None
    there = asker is not None and bool(named & bodies_of(session, asker, now))
    return Concerned(asker if there else None, named)


def person_concerned(session: Session, person_id: str | None, now: datetime) -> Concerned:
    """Whom all that this person holds concerns."""
    return NOBODY if person_id is None else Concerned(person_id, frozenset(bodies_of(session, person_id, now)))


def bodies_of(session: Session, person_id: str, now: datetime) -> set[str]:
    """The ids of the organisations in which the person holds a post at `now`."""
    term = latest(AppointmentTerm, AppointmentTerm.appointment_id).subquery()
    held = (
        select(Post.organisation_id)
        .join(Appointment, Appointment.post_id == Post.id)
        .join(term, term.c.appointment_id == Appointment.id)
        .where(Appointment.person_id == person_id, term.c.valid_from <= now)
        .where(term.c.valid_to.is_(None) | (term.c.valid_to > now))
    )
    return set(session.scalars(held))
