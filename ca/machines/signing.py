"""The words that make an allowance count: of an officer of the organisation, and of the person who answers."""

from sqlalchemy.orm import Session

from ca.events.machines import AllowanceAccepted, AllowanceConfirmed
from ca.machines.allowances import act_to_accept, act_to_confirm, may_speak
from ca.machines.doors import denied
from ca.statement import terms
from ca.tables.machines import Allowance, AllowanceAcceptance, AllowanceConfirmation, AllowanceEnd
from ledger.acts import Act, ActInvalid, SignedAct, proof_columns, verify_act
from ledger.base import Fact
from ledger.decision import Allow, Decision, Refuse
from ledger.event import Actor, Event
from ledger.ledger import Ledger, Taken


def confirm(ledger: Ledger, allowance_id: str, signed: SignedAct) -> Decision:
    """An officer of the organisation has confirmed the allowance; or why not. One entry."""
    with ledger.read() as session:
        allowance = _open(session, allowance_id)
        if isinstance(allowance, Refuse):
            return denied(ledger, "unknown", allowance, None)
        officer = _signer(session, act_to_confirm(allowance, signed.act.at), signed, ledger)
        now = ledger.clock.now()
        allowed = officer if isinstance(officer, Refuse) else may_speak(session, allowance, officer, now)
    if isinstance(officer, Refuse) or isinstance(allowed, Refuse):
        refusal = officer if isinstance(officer, Refuse) else Refuse(getattr(allowed, "code", ""))
        return denied(ledger, allowance_id, refusal, None if isinstance(officer, Refuse) else officer)
    fact = AllowanceConfirmation(
        id=ledger.new_id(), allowance_id=allowance_id, officer_id=officer, **proof_columns(signed)
    )
    return _written(ledger, AllowanceConfirmed(allowance_id, allowance.organisation_id, officer), officer, fact)


def accept(ledger: Ledger, allowance_id: str, signed: SignedAct) -> Decision:
    """The responsible person has accepted to answer for it, by the terms in force; or why not. One entry."""
    with ledger.read() as session:
        allowance, agreed = _open(session, allowance_id), terms.current(session)
        if isinstance(allowance, Refuse):
            return denied(ledger, "unknown", allowance, None)
        person = _signer(session, act_to_accept(allowance, agreed.digest, signed.act.at), signed, ledger)
    if isinstance(person, Refuse):
        return denied(ledger, allowance_id, person, None)
    if person != allowance.person_id:
        return denied(ledger, allowance_id, Refuse("machine.other-person"), person)
    fact = AllowanceAcceptance(
        id=ledger.new_id(), allowance_id=allowance_id, terms_version=agreed.version, terms_digest=agreed.digest,
        **proof_columns(signed),
    )  # fmt: skip
    return _written(ledger, AllowanceAccepted(allowance_id, person, agreed.digest), person, fact)


def _open(session: Session, allowance_id: str) -> Allowance | Refuse:
    allowance = session.get(Allowance, allowance_id)
    if allowance is None:
        return Refuse("machine.allowance-unknown")
    return allowance if session.get(AllowanceEnd, allowance_id) is None else Refuse("machine.allowance-ended")


def _signer(session: Session, meant: Act, signed: SignedAct, ledger: Ledger) -> str | Refuse:
    if meant.message() != signed.act.message():
        return Refuse("confirmation.not-about-this")
    try:
        return verify_act(session, signed, ledger.clock.now())
    except ActInvalid as fault:
        return Refuse(fault.code)


def _written(ledger: Ledger, event: Event, by: str, fact: Fact) -> Decision:
    try:
        with ledger.entry(event, Actor.person(by)) as tx:
            tx.add(fact)
    except Taken:
        return denied(ledger, str(getattr(fact, "allowance_id", "unknown")), Refuse("confirmation.not-open"), by)
    return Allow()
