"""The holder's word (ID-06, MLES article 8(1)(c)): a fresh certificate waits until its names were found right.

He signs with the new key, or says so before an officer of an open desk, who signs. Names that are wrong are no
confirmation: the certificate is revoked, and he enrols again in the same audit thread.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.events.registration import CertificateConfirmed, CertificateUnconfirmed
from ca.policy import may_decide
from ca.registration.applicants import duties
from ca.registration.desks import desks
from ca.registration.holders_word import act_for, verify_own_key
from ca.registration.progress import states
from ca.registration.states import Step, may_step
from ca.tables.registration import Enrolment
from ledger.acts import ActInvalid, ActVerifier, SignedAct, proof_columns
from ledger.certificates import Certificate, Intent
from ledger.confirmations import HolderConfirmation
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Ledger, Taken


def confirm(
    ledger: Ledger, certificate_sha256: str, signed: SignedAct, desk: str | None = None
) -> HolderConfirmation | Refuse:
    """The certificate is confirmed: by its own key, or with `desk` by an officer on duty there; or why not."""
    now = ledger.clock.now()
    with ledger.read() as session:
        found = select(Certificate).where(Certificate.sha256 == certificate_sha256)
        certificate = session.scalar(found)
        outcome = (
            Refuse("revocation.certificate-unknown")
            if certificate is None
            else _confirmed(session, certificate, signed, now, desk)
        )
    if certificate is None or isinstance(outcome, Refuse):
        code = outcome.code if isinstance(outcome, Refuse) else "revocation.certificate-unknown"
        return _refused(ledger, code, certificate)
    person = outcome.officer_id or certificate.person_id
    actor = Actor.person(person) if person else Actor.system(ledger.process)
    event = CertificateConfirmed(certificate.id, certificate.person_id, outcome.officer_id)
    try:
        with ledger.entry(event, actor) as tx:
            outcome.at = tx.at
            tx.add(outcome)
    except Taken:
        return _refused(ledger, "certificate.confirmation-not-open", certificate)
    return outcome


def _confirmed(
    session: Session, certificate: Certificate, signed: SignedAct, now: datetime, desk: str | None
) -> HolderConfirmation | Refuse:
    if act_for(certificate, signed.act.at, desk).message() != signed.act.message():
        return Refuse("certificate.confirmation-not-about-this")
    enrolment_id = session.scalar(select(Intent.enrolment_id).where(Intent.id == certificate.id))
    enrolment = session.get(Enrolment, enrolment_id) if enrolment_id else None
    if enrolment is None:
        return Refuse("certificate.confirmation-not-open")
    state = states(session, [enrolment.id], now)[enrolment.id]
    allowed = may_step(state, Step.CONFIRM_AS_HOLDER, names_organisation=False)
    if isinstance(allowed, Refuse):
        return Refuse("certificate.confirmation-not-open")
    try:
        if desk is None:
            verify_own_key(certificate, signed, now)
            officer = None
        else:
            officer = ActVerifier(session, [signed.certificate_sha256]).verify(signed, now)
    except ActInvalid as fault:
        return Refuse(fault.code)
    if officer is not None and desk is not None:
        spans = duties(session, [officer]).get(officer, ())
        may = may_decide(enrolment.person_id, officer, spans, now, desks(session, [desk]).get(desk))
        if isinstance(may, Refuse):
            return may
    return HolderConfirmation(certificate_id=certificate.id, officer_id=officer, desk=desk, **proof_columns(signed))


def _refused(ledger: Ledger, code: str, certificate: Certificate | None) -> Refuse:
    ledger.record(CertificateUnconfirmed(code, certificate.id if certificate else None), Actor.system(ledger.process))
    return Refuse(code)
