"""Holds: nothing of a person's records is erased while a court, an inquiry or a dispute needs them (AU-05)."""

from datetime import datetime
from enum import Enum

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.events.retention import ErasureRefused, RecordsHeld, RecordsReleased
from ca.governance.provenance import Provenance
from ca.registration.desks import at_open_desks
from ca.tables.retention import RecordsHold, RecordsRelease
from ledger.acts import Act, ActInvalid, SignedAct, proof_columns, verify_act
from ledger.base import without
from ledger.decision import Refuse
from ledger.erasing import before_erasing
from ledger.event import Actor
from ledger.ledger import Ledger, Taken
from ledger.roles import Action, may_act
from ledger.standing import person_by_number

HELD = without(select(RecordsHold.person_id), RecordsHold.id, RecordsRelease)
"""Selects the persons on whose records there is a hold."""


class HoldReason(Enum):
    """Who needs the records."""

    COURT = "court"
    INQUIRY = "inquiry"
    DISPUTE = "dispute"
    AUDIT = "audit"


def hold_act(number: str, reason: HoldReason, at: datetime) -> Act:
    """What is signed for a hold on the records of the person of this number."""
    return Act("records.hold", {"person": number, "reason": reason.value}, at)


def release_act(number: str, at: datetime) -> Act:
    """What is signed for the end of all holds on them."""
    return Act("records.release", {"person": number}, at)


def hold_records(ledger: Ledger, number: str, reason: HoldReason, signed: SignedAct) -> str | Refuse:
    """The id of the hold. Several may be on one person."""
    meant = hold_act(number, reason, signed.act.at)
    with ledger.read() as session:
        by = actor_of(session, ledger, signed, meant, Action.HOLD_RECORDS)
        person = person_by_number(session, number)
    if isinstance(by, Refuse):
        return refused(ledger, by.code)
    if person is None:
        return refused(ledger, "erasure.person-unknown", by)
    fact = RecordsHold(
        id=ledger.new_id(), person_id=person.id, code=reason.value, officer_id=by, **proof_columns(signed)
    )
    held = RecordsHeld(fact.id, person.id, reason.value, by)
    with ledger.entry(held, Actor.person(by), beside=before_erasing) as tx:
        tx.add(fact)
    return fact.id


def release_records(ledger: Ledger, number: str, signed: SignedAct) -> list[str] | Refuse:
    """The ids of the holds that were lifted; nobody lifts one from his own records."""
    with ledger.read() as session:
        by = actor_of(session, ledger, signed, release_act(number, signed.act.at), Action.RELEASE_RECORDS)
        person = person_by_number(session, number)
        held = _open_holds(session, person.id) if person else []
    if isinstance(by, Refuse):
        return refused(ledger, by.code)
    if person is None or not held:
        return refused(ledger, "erasure.not-held" if person else "erasure.person-unknown", by)
    if person.id == by:
        return refused(ledger, "erasure.own", by)
    try:
        for hold in held:
            with ledger.entry(RecordsReleased(hold, person.id, by), Actor.person(by)) as tx:
                tx.add(RecordsRelease(hold_id=hold, officer_id=by, **proof_columns(signed)))
    except Taken:
        return refused(ledger, "erasure.not-held", by)
    return held


def actor_of(session: Session, ledger: Ledger, signed: SignedAct, meant: Act, action: Action) -> str | Refuse:
    """The id of the person who signed this very act and whose duty, provably his, allows it now; or why not.

    Nobody judges it again: what is erased does not come back.
    """
    if signed.act.message() != meant.message():
        return Refuse("erasure.not-about-this")
    now = ledger.clock.now()
    try:
        by = verify_act(session, signed, now)
    except ActInvalid as fault:
        return Refuse(fault.code)
    provenance = Provenance(session)
    spans = at_open_desks(session, provenance.duties([by]).get(by, ()), now, provenance.believes)
    allowed = may_act(action, spans, now)
    return allowed if isinstance(allowed, Refuse) else by


def refused(ledger: Ledger, code: str, by: str | None = None) -> Refuse:
    """The refusal, recorded."""
    ledger.record(ErasureRefused(code, by), Actor.person(by) if by else Actor.system(ledger.process))
    return Refuse(code)


def _open_holds(session: Session, person_id: str) -> list[str]:
    found = select(RecordsHold.id).where(RecordsHold.person_id == person_id)
    return list(session.scalars(without(found, RecordsHold.id, RecordsRelease).order_by(RecordsHold.id)))
