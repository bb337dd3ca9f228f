"""The organisation's word (ID-04): an officer of the body that a certificate names confirms the request as his act.

The desk records it; the signing room verifies it again, and that he was and is of that very body.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from ca.events.registration import ConfirmationRefused, EnrolmentConfirmed
from ca.registration.applicants import by_id
from ca.registration.progress import states
from ca.registration.rules import RULES
from ca.registration.states import Step, may_step
from ca.tables.registration import Enrolment, EnrolmentScope, OrganisationConfirmation
from ledger.acts import Act, ActInvalid, ActVerifier, SignedAct, proof_columns
from ledger.decision import Allow, Decision, Refuse
from ledger.event import Actor
from ledger.ledger import Ledger, Taken

KIND = "enrolment.confirm"


def act_for(enrolment: Enrolment, organisation_id: str, at: datetime) -> Act:
    """What the organisation's officer signs: which request, its digest, and for which organisation he speaks."""
    fields = {"enrolment": enrolment.id, "digest": enrolment.digest, "organisation": organisation_id}
    return Act(KIND, fields, at)


def confirm(ledger: Ledger, enrolment_id: str, signed: SignedAct) -> OrganisationConfirmation | Refuse:
    """The enrolment is confirmed by an officer of the organisation that it names; or why not. One entry."""
    now = ledger.clock.now()
    with ledger.read() as session:
        outcome = _confirmed(session, enrolment_id, signed, now)
        known = session.get(Enrolment, enrolment_id) is not None
    if isinstance(outcome, Refuse):
        return _refused(ledger, enrolment_id if known else "unknown", outcome)
    event = EnrolmentConfirmed(enrolment_id, outcome.organisation_id, outcome.officer_id)
    try:
        with ledger.entry(event, Actor.person(outcome.officer_id)) as tx:
            tx.add(outcome)
    except Taken:
        return _refused(ledger, enrolment_id, Refuse("confirmation.not-open"))
    return outcome


def proven(
    session: Session,
    enrolment: Enrolment,
    scope: EnrolmentScope,
    given: OrganisationConfirmation,
    now: datetime,
    issuers: Mapping[str, bytes] | None = None,
) -> Decision:
    """Whether a recorded confirmation is one: the act, and the officer's post in that body then and now.

    `issuers` as for ActVerifier.
    """
    signed = SignedAct(
        act_for(enrolment, given.organisation_id, given.act_at), given.act_certificate, given.act_signature
    )
    if given.organisation_id != scope.organisation_id:
        return Refuse("confirmation.other-organisation")
    try:
        signer = ActVerifier(session, [signed.certificate_sha256], issuers).verify(signed, judged=now)
    except ActInvalid as fault:
        return Refuse(fault.code)
    if signer != given.officer_id:
        return Refuse("act.other-person")
    return may_confirm(session, enrolment, given.organisation_id, signer, given.act_at) and may_confirm(
        session, enrolment, given.organisation_id, signer, now
    )


def may_confirm(
    session: Session, enrolment: Enrolment, organisation_id: str, officer_id: str, at: datetime
) -> Decision:
    """Whether this person speaks for the organisation at `at`: he holds a post in it, and the request is not his."""
    if officer_id == enrolment.person_id:
        return Refuse("confirmation.own-request")
    held = by_id(session, [officer_id], at).get(officer_id)
    if held is None or organisation_id not in held.posts:
        return Refuse("confirmation.other-organisation")
    return Allow()


def _confirmed(
    session: Session, enrolment_id: str, signed: SignedAct, now: datetime
) -> OrganisationConfirmation | Refuse:
    enrolment, scope = session.get(Enrolment, enrolment_id), session.get(EnrolmentScope, enrolment_id)
    if enrolment is None or scope is None:
        return Refuse("decision.enrolment-unknown")
    if scope.organisation_id is None:
        return Refuse("confirmation.not-needed")
    if act_for(enrolment, scope.organisation_id, signed.act.at).message() != signed.act.message():
        return Refuse("confirmation.not-about-this")
    try:
        officer_id = ActVerifier(session, [signed.certificate_sha256]).verify(signed, now)
    except ActInvalid as fault:
        return Refuse(fault.code)
    naming = RULES[enrolment.profile].organisation
    allowed = may_confirm(session, enrolment, scope.organisation_id, officer_id, now) and may_step(
        states(session, [enrolment_id], now)[enrolment_id], Step.CONFIRM_AS_ORGANISATION, names_organisation=naming
    )
    if isinstance(allowed, Refuse):
        return allowed
    return OrganisationConfirmation(
        enrolment_id=enrolment_id, organisation_id=scope.organisation_id, officer_id=officer_id,
        **proof_columns(signed),
    )  # fmt: skip


def _refused(ledger: Ledger, enrolment_id: str, refusal: Refuse) -> Refuse:
    ledger.record(ConfirmationRefused(enrolment_id, refusal.code), Actor.system(ledger.process))
    return refusal
