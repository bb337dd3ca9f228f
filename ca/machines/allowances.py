"""Allowances as they stand in one snapshot: what was signed for them, and what runs under them. Reads only."""

import json
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from ca.machines.rules import Granted
from ca.registration.applicants import unnamed
from ca.registration.desks import desks
from ca.tables.machines import (
    Allowance,
    AllowanceAcceptance,
    AllowanceConfirmation,
    AllowanceEnd,
    MachineRequest,
)
from ca.tables.registration import Desk, EnrolmentEnd
from ledger.acts import Act, ActInvalid, ActProof, ActVerifier, SignedAct
from ledger.base import Fact, without
from ledger.canonical import canonical
from ledger.certificates import Certificate, Intent, Revocation
from ledger.decision import Allow, Decision, Refuse
from ledger.entry import Entry

CONFIRM, ACCEPT = "allowance.confirm", "allowance.accept"
Issuers = Mapping[str, bytes] | None


def allowance_digest(allowance: Allowance) -> str:
    """Hex SHA-256 over all that the allowance says: what the organisation's officer and the person sign."""
    columns = [column.key for column in Allowance.__table__.columns if column.key != "entry_id"]
    return sha256(canonical({name: getattr(allowance, name) for name in columns})).hexdigest()


def act_to_confirm(allowance: Allowance, at: datetime) -> Act:
    """What the organisation's officer signs: which allowance, word for word, and for which organisation he speaks."""
    return Act(CONFIRM, {**_about(allowance), "organisation": allowance.organisation_id}, at)


def act_to_accept(allowance: Allowance, terms_digest: str, at: datetime) -> Act:
    """What the responsible person signs: which allowance, word for word, and by which terms."""
    return Act(ACCEPT, {**_about(allowance), "terms": terms_digest}, at)


def granted(
    session: Session,
    allowance: Allowance,
    now: datetime,
    *,
    believes: Callable[[Fact], bool] = lambda _: True,
    issuers: Issuers = None,
    under: "Under | None" = None,
) -> Granted:
    """The allowance as the rules look at it, with all that runs under it; `under` says so where that was read.

    `believes` and `issuers` are those of who believes nobody.
    """
    code = session.scalars(select(Desk.code).where(Desk.id == allowance.desk_id)).one()
    if under is None:
        begun, waiting = _count(session, _begun(allowance.id, now)), _count(session, waiting_under(allowance.id))
    else:
        begun, waiting = len(under.begun), len(under.waiting)
    acceptance = accepted(session, allowance, now, issuers)
    return Granted(
        allowance=allowance,
        at=session.scalars(select(Entry.at).where(Entry.id == allowance.entry_id)).one(),
        believed=believes(allowance),
        ended=session.get(AllowanceEnd, allowance.id) is not None,
        confirmed=_confirmed(session, allowance, now, issuers),
        accepted=Allow() if acceptance else Refuse("machine.not-accepted"),
        desk=desks(session, [code], believes).get(code),
        running=begun + waiting,
        open=waiting,
        acceptance=acceptance,
    )


@dataclass(frozen=True)
class Under:
    """The requests under one allowance, by which each of them is told what runs beside it."""

    begun: Sequence[str]
    """Those with a certificate that lives, or an intent that is being signed."""
    waiting: Sequence[str]
    """Those for which nothing is intended yet, the oldest first."""

    @classmethod
    def of(cls, session: Session, allowance: Allowance, now: datetime) -> "Under":
        """As the snapshot has them."""
        waiting = sorted(session.scalars(waiting_under(allowance.id)))
        return cls(session.scalars(_begun(allowance.id, now)).all(), waiting)

    def beside(self, found: Granted, enrolment_id: str) -> Granted:
        """The allowance as that request meets it: itself does not count, nor do those that came after it."""
        open_before = bisect_left(self.waiting, enrolment_id)
        begun = len(self.begun) - self.begun.count(enrolment_id)
        return replace(found, running=begun + open_before, open=open_before)


def accepted(
    session: Session, allowance: Allowance, now: datetime, issuers: Issuers = None
) -> AllowanceAcceptance | None:
    """The newest acceptance that provably is the responsible person's."""
    statement = select(AllowanceAcceptance).where(AllowanceAcceptance.allowance_id == allowance.id)
    for one in session.scalars(statement.order_by(AllowanceAcceptance.id.desc())):
        act = act_to_accept(allowance, one.terms_digest, one.act_at)
        if _signer(session, act, one, now, issuers) == allowance.person_id:
            return one
    return None


def may_speak(session: Session, allowance: Allowance, officer_id: str, at: datetime) -> Decision:
    """Whether this person speaks for the organisation at `at`: he holds a post in it and is not the one who answers."""
    if officer_id == allowance.person_id:
        return Refuse("confirmation.own-request")
    held = unnamed(session, officer_id, at)
    if held is None or allowance.organisation_id not in held.posts:
        return Refuse("confirmation.other-organisation")
    return Allow()


def _confirmed(session: Session, allowance: Allowance, now: datetime, issuers: Issuers) -> Decision:
    """Whether an officer who speaks for the organisation then and now said so. One whose word holds is enough."""
    given = session.scalars(
        select(AllowanceConfirmation).where(AllowanceConfirmation.allowance_id == allowance.id)
    ).all()
    for one in given:
        signer = _signer(session, act_to_confirm(allowance, one.act_at), one, now, issuers)
        if signer == one.officer_id and all(may_speak(session, allowance, signer, at) for at in (one.act_at, now)):
            return Allow()
    return Refuse("machine.confirmation-lapsed" if given else "machine.not-confirmed")


def _about(allowance: Allowance) -> dict[str, Any]:
    return {"allowance": allowance.id, "digest": allowance_digest(allowance)}


def _signer(session: Session, act: Act, proof: ActProof, now: datetime, issuers: Issuers) -> str | None:
    """Who signed the act, by a key that nothing has stopped since."""
    signed = SignedAct(act, proof.act_certificate, bytes(proof.act_signature))
    try:
        return ActVerifier(session, [proof.act_certificate], issuers).verify(signed, judged=now)
    except ActInvalid:
        return None


def _begun(allowance_id: str, now: datetime) -> Select[Any]:
    """Selects the requests whose certificate lives, or whose intent is being signed."""
    return (
        select(MachineRequest.enrolment_id)
        .join(Intent, Intent.enrolment_id == MachineRequest.enrolment_id)
        .join(Certificate, Certificate.id == Intent.id, isouter=True)
        .join(Revocation, Revocation.certificate_id == Intent.id, isouter=True)
        .where(MachineRequest.allowance_id == allowance_id, Revocation.certificate_id.is_(None))
        .where(Certificate.id.is_(None) | (Certificate.not_after > now))
    )


def _count(session: Session, selected: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(selected.subquery())) or 0


def waiting_under(allowance_id: str) -> Select[Any]:
    """Selects the requests under an allowance for which nothing is signed or being signed, and that are not over."""
    in_hand = (
        select(Intent.id)
        .join(Revocation, Revocation.certificate_id == Intent.id, isouter=True)
        .where(Intent.enrolment_id == MachineRequest.enrolment_id, Revocation.certificate_id.is_(None))
    )
    # A certificate that was revoked later leaves its request over, and not waiting again.
    signed = select(Certificate.id).join(Intent, Intent.id == Certificate.id)
    signed = signed.where(Intent.enrolment_id == MachineRequest.enrolment_id)
    statement = select(MachineRequest.enrolment_id).where(MachineRequest.allowance_id == allowance_id)
    return without(
        statement.where(~in_hand.exists(), ~signed.exists()), MachineRequest.enrolment_id, EnrolmentEnd
    )


def protocols_of(allowance: Allowance) -> tuple[str, ...]:
    """By which protocols machines may ask under it."""
    return tuple(json.loads(allowance.protocols))
