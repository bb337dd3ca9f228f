"""Where enrolments are, read off their facts. Reads only."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.configuration import Configuration, current
from ca.policy import approved_again
from ca.registration.applicants import duties, sliced
from ca.registration.approvals import decisions_of
from ca.registration.desks import desks
from ca.registration.states import State
from ca.registration.succession import Carrying, line_of, remembering
from ca.tables.endings import Replacement
from ca.tables.machines import MachineRequest
from ca.tables.registration import (
    CarriedEvidence,
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
        needed, decisions = configuration.decisions_needed, decisions_of(session, some)
        for key in there:
            votes = {decision.officer_id: decision.approved for decision, _ in decisions.get(key, ())}
            before = carried.get(key, _NOTHING)
            if approved_again(before.votes, votes, needed, before.needed_anew):
                found[key] = State.APPROVED
        asked = select(MachineRequest.enrolment_id).where(MachineRequest.enrolment_id.in_(some))
        found |= dict.fromkeys(session.scalars(asked), State.APPROVED)
        found |= issued
        ended = select(EnrolmentEnd.enrolment_id).where(EnrolmentEnd.enrolment_id.in_(some))
        found |= dict.fromkeys(session.scalars(ended), State.ENDED)
    return found


@dataclass(frozen=True)
class _Carried:
    """What a request has from the one before: whether all that was signed, and who stands by it by his vote then."""

    whole: bool
    votes: Mapping[str, bool]
    needed_anew: int


_NOTHING = _Carried(whole=False, votes={}, needed_anew=0)


def _carried(
    session: Session, ids: Sequence[str], configuration: Configuration, now: datetime
) -> Mapping[str, _Carried]:
    """Of those that follow a certificate; the signing room asks the same, and believes less of duties and desks."""
    on_duty, places = remembering(partial(duties, session)), remembering(partial(desks, session))
    carrying = Carrying(session, configuration, on_duty, places, now)
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
        line = line_of(session, old) if carrying.confirmed(old) else []
        signed = [one for one in line if carrying.signatures_hold(one, enrolment, scope)]
        anew = configuration.decisions_needed_anew(same_key=enrolment.key_sha256 == old.key_sha256)
        found[enrolment.id] = _Carried(bool(signed) and enrolment.id in papers, carrying.votes(signed), anew)
    return found


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
