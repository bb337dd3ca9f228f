"""The holder's word (ID-06, MLES article 8(1)(c)): a fresh certificate waits until its names were found right.

He signs with the new key, or says so before an officer of an open desk, who signs. Names that are wrong are no
confirmation: the certificate is revoked, and he enrols again in the same audit thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.events.registration import CertificateConfirmed, CertificateUnconfirmed
from ca.policy import may_decide
from ca.registration.applicants import duties, sliced
from ca.registration.desks import desks
from ca.registration.holders_word import act_for, verify_own_key
from ca.registration.progress import states
from ca.registration.states import State, Step, may_step
from ca.tables.registration import Enrolment
from ledger.acts import ActInvalid, ActVerifier, SignedAct, proof_columns
from ledger.certificates import Certificate, Intent
from ledger.confirmations import HolderConfirmation
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken


@dataclass(frozen=True)
class Said:
    """A holder's word about a certificate, by its SHA-256 (hex): with its own key or, with `desk`, at a desk."""

    certificate_sha256: str
    signed: SignedAct
    desk: str | None = None


def confirm(
    ledger: Ledger, certificate_sha256: str, signed: SignedAct, desk: str | None = None
) -> HolderConfirmation | Refuse:
    """The certificate is confirmed: by its own key, or with `desk` by an officer on duty there; or why not."""
    return confirm_many(ledger, [Said(certificate_sha256, signed, desk)])[0]


def confirm_many(ledger: Ledger, said: Sequence[Said]) -> list[HolderConfirmation | Refuse]:
    """The same of many, in order and in one transaction; one entry each. One that is refused stops no other."""
    outcomes: list[HolderConfirmation | Refuse] = []
    deeds: list[Deed] = []
    judged = _judged(ledger, said)
    for certificate, outcome in judged:
        outcomes.append(outcome)
        if isinstance(outcome, Refuse) or certificate is None:
            code = outcome.code if isinstance(outcome, Refuse) else "revocation.certificate-unknown"
            deeds.append(_refusal(ledger, code, certificate))
            continue
        person = outcome.officer_id or certificate.person_id
        actor = Actor.person(person) if person else Actor.system(ledger.process)
        event = CertificateConfirmed(certificate.id, certificate.person_id, outcome.officer_id)
        deeds.append(Deed(event, actor, [outcome]))
    try:
        ledger.entries(deeds)
    except Taken:
        if len(said) > 1:
            return [found for one in said for found in confirm_many(ledger, [one])]
        ledger.entries([_refusal(ledger, "certificate.confirmation-not-open", judged[0][0])])
        return [Refuse("certificate.confirmation-not-open")]
    return outcomes


def _judged(ledger: Ledger, said: Sequence[Said]) -> list[tuple[Certificate | None, HolderConfirmation | Refuse]]:
    now = ledger.clock.now()
    found: list[tuple[Certificate | None, HolderConfirmation | Refuse]] = []
    with ledger.read() as session:
        certificates, enrolments = _known(session, [one.certificate_sha256 for one in said])
        around = states(session, [one.id for one in enrolments.values()], now)
        for one in said:
            certificate = certificates.get(one.certificate_sha256)
            enrolment = enrolments.get(certificate.id) if certificate else None
            if certificate is None:
                outcome: HolderConfirmation | Refuse = Refuse("revocation.certificate-unknown")
            elif act_for(certificate, one.signed.act.at, one.desk).message() != one.signed.act.message():
                outcome = Refuse("certificate.confirmation-not-about-this")
            elif enrolment is None:
                outcome = Refuse("certificate.confirmation-not-open")
            else:
                outcome = _confirmed(session, certificate, enrolment, around[enrolment.id], one, now)
            found.append((certificate, outcome))
    return found


def _known(session: Session, digests: Sequence[str]) -> tuple[dict[str, Certificate], dict[str, Enrolment]]:
    """The certificates by SHA-256, and by their ids the requests that they came of."""
    certificates: dict[str, Certificate] = {}
    enrolments: dict[str, Enrolment] = {}
    statement = (
        select(Certificate, Enrolment)
        .join(Intent, Intent.id == Certificate.id)
        .join(Enrolment, Enrolment.id == Intent.enrolment_id, isouter=True)
    )
    for some in sliced(digests):
        for certificate, enrolment in session.execute(statement.where(Certificate.sha256.in_(some))):
            certificates[certificate.sha256] = certificate
            if enrolment is not None:
                enrolments[certificate.id] = enrolment
    return certificates, enrolments


def _confirmed(
    session: Session, certificate: Certificate, enrolment: Enrolment, state: State, said: Said, now: datetime
) -> HolderConfirmation | Refuse:
    signed, desk = said.signed, said.desk
    if not may_step(state, Step.CONFIRM_AS_HOLDER, names_organisation=False):
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
    return HolderConfirmation(
        certificate_id=certificate.id, officer_id=officer, at=now, desk=desk, **proof_columns(signed)
    )


def _refusal(ledger: Ledger, code: str, certificate: Certificate | None) -> Deed:
    return Deed(CertificateUnconfirmed(code, certificate.id if certificate else None), Actor.system(ledger.process))
