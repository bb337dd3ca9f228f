"""Where enrolments are, read off their facts. Reads only."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ca.configuration import Configuration, current
from ca.registration.applicants import duties, sliced
from ca.registration.desks import desks
from ca.registration.states import State
from ca.registration.succession import Carrying, confirmed, line_of, remembering
from ca.tables.endings import Replacement
from ca.tables.machines import MachineRequest
from ca.tables.registration import (
    CarriedEvidence,
    Decision,
    DishonouredDecision,
    Enrolment,
    EnrolmentEnd,
    EnrolmentScope,
    OrganisationConfirmation,
)
from ledger.certificates import Certificate, Intent, Revocation
from ledger.confirmations import HolderConfirmation


def states(session: Session, enrolment_ids: Collection[str], now: datetime) -> Mapping[str, State]:
    """The state of each of these enrolments as of `now`; one that does not exist is still being asked for."""
    found = dict.fromkeys(enrolment_ids, State.ASKED)
    configuration = current(session)
    for some in sliced(enrolment_ids):
        there = session.scalars(select(Enrolment.id).where(Enrolment.id.in_(some))).all()
        issued = _issued(session, some)
        carried = _carried(session, [one for one in some if one not in issued], configuration, now)
        found |= dict.fromkeys(there, State.IDENTITY_CHECKED)
        found |= {key: State.CARRIED for key, one in carried.items() if one.whole}
        said = select(OrganisationConfirmation.enrolment_id)
        found |= dict.fromkeys(
            session.scalars(said.where(OrganisationConfirmation.enrolment_id.in_(some))),
            State.ORGANISATION_CONFIRMED,
        )
        votes = dict.fromkeys(there, 0)
        for enrolment_id in session.scalars(_yes().where(Decision.enrolment_id.in_(some))):
            votes[enrolment_id] += 1
        needed = dict.fromkeys(there, configuration.decisions_needed)
        needed |= {key: one.needed for key, one in carried.items()}
        found |= {key: State.APPROVED for key, number in votes.items() if number >= needed[key]}
        asked = select(MachineRequest.enrolment_id).where(MachineRequest.enrolment_id.in_(some))
        found |= dict.fromkeys(session.scalars(asked), State.APPROVED)
        found |= issued
        ended = select(EnrolmentEnd.enrolment_id).where(EnrolmentEnd.enrolment_id.in_(some))
        found |= dict.fromkeys(session.scalars(ended), State.ENDED)
    return found


@dataclass(frozen=True)
class _Carried:
    """What a request has from the one before: whether all that was signed, and how many decisions it still needs."""

    whole: bool
    needed: int


def _carried(
    session: Session, ids: Sequence[str], configuration: Configuration, now: datetime
) -> Mapping[str, _Carried]:
    """Of those that follow a certificate. Signatures are believed here; the signing room verifies them."""
    carrying = Carrying(
        session, configuration, remembering(partial(duties, session)), remembering(partial(desks, session)), now
    )
    papers = set(session.scalars(select(CarriedEvidence.enrolment_id).where(CarriedEvidence.enrolment_id.in_(ids))))
    statement = (
        select(Enrolment, EnrolmentScope, Certificate)
        .join(EnrolmentScope, EnrolmentScope.enrolment_id == Enrolment.id)
        .join(Replacement, Replacement.enrolment_id == Enrolment.id)
        .join(Certificate, Certificate.id == Replacement.certificate_id)
        .where(Enrolment.id.in_(ids))
    )
    found: dict[str, _Carried] = {}
    for enrolment, scope, old in session.execute(statement).all():
        line = line_of(session, old) if confirmed(session, old) else []
        signed = [one.enrolment.id for one in line if carrying.signatures_hold(one, enrolment, scope)]
        cast = select(Decision.officer_id).where(Decision.enrolment_id.in_(signed), Decision.approved)
        officers = set(session.scalars(cast))
        anew = configuration.decisions_needed_anew(same_key=enrolment.key_sha256 == old.key_sha256)
        lacking = max(anew, configuration.decisions_needed - len(officers))
        found[enrolment.id] = _Carried(bool(signed) and enrolment.id in papers, lacking)
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
    for enrolment_id, revoked, said in session.execute(statement):
        living = State.CONFIRMED if said is not None else State.ISSUED
        found[str(enrolment_id)] = State.REVOKED if revoked is not None else living
    return found
