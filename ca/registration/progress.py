"""Where enrolments are, read off their facts. Reads only."""

from collections.abc import Collection, Mapping

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ca.configuration import current
from ca.registration.applicants import sliced
from ca.registration.states import State
from ca.tables.registration import (
    Decision,
    DishonouredDecision,
    Enrolment,
    EnrolmentEnd,
    OrganisationConfirmation,
)
from ledger.certificates import Certificate, Intent, Revocation
from ledger.confirmations import HolderConfirmation


def states(session: Session, enrolment_ids: Collection[str]) -> Mapping[str, State]:
    """The state of each of these enrolments; one that does not exist is still being asked for."""
    found = dict.fromkeys(enrolment_ids, State.ASKED)
    needed = current(session).decisions_needed
    for some in sliced(enrolment_ids):
        there = session.scalars(select(Enrolment.id).where(Enrolment.id.in_(some)))
        found |= dict.fromkeys(there, State.IDENTITY_CHECKED)
        confirmed = select(OrganisationConfirmation.enrolment_id)
        found |= dict.fromkeys(
            session.scalars(confirmed.where(OrganisationConfirmation.enrolment_id.in_(some))),
            State.ORGANISATION_CONFIRMED,
        )
        votes: dict[str, int] = {}
        for enrolment_id in session.scalars(_yes().where(Decision.enrolment_id.in_(some))):
            votes[enrolment_id] = votes.get(enrolment_id, 0) + 1
        found |= {key: State.APPROVED for key, number in votes.items() if number >= needed}
        found |= _issued(session, some)
        ended = select(EnrolmentEnd.enrolment_id).where(EnrolmentEnd.enrolment_id.in_(some))
        found |= dict.fromkeys(session.scalars(ended), State.ENDED)
    return found


def _yes() -> Select[str]:
    return (
        select(Decision.enrolment_id)
        .join(DishonouredDecision, DishonouredDecision.decision_id == Decision.id, isouter=True)
        .where(DishonouredDecision.decision_id.is_(None), Decision.approved)
    )


def _issued(session: Session, ids: list[str]) -> dict[str, State]:
    """What became of their certificates; an intent without one is nothing yet."""
    statement = (
        select(Intent.enrolment_id, Revocation.certificate_id, HolderConfirmation.certificate_id)
        .join(Certificate, Certificate.id == Intent.id)
        .join(Revocation, Revocation.certificate_id == Certificate.id, isouter=True)
        .join(HolderConfirmation, HolderConfirmation.certificate_id == Certificate.id, isouter=True)
        .where(Intent.enrolment_id.in_(ids))
    )
    found: dict[str, State] = {}
    for enrolment_id, revoked, confirmed in session.execute(statement):
        living = State.CONFIRMED if confirmed is not None else State.ISSUED
        found[str(enrolment_id)] = State.REVOKED if revoked is not None else living
    return found
