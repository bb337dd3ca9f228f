"""Allowances as they stand in one snapshot: what was signed for them, and what runs under them. Reads only."""

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, func, select
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
from ledger.base import Fact, Instant, without
from ledger.canonical import canonical
from ledger.certificates import Certificate, Intent, Revocation
from ledger.decision import Allow, Decision, Refuse
from ledger.entry import Entry
from ledger.facts import Facts

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
    named = {"allowance": allowance.id}
    [(at, code, end)] = _ABOUT.rows(session, named)
    acceptances, confirmations = _ACCEPTANCES.values(session, named), _CONFIRMATIONS.values(session, named)
    verifier = ActVerifier(session, {one.act_certificate for one in (*acceptances, *confirmations)}, issuers)
    if under is None:
        begun, waiting = _COUNTS.rows(session, named | {"now": now})[0]
    else:
        begun, waiting = under.begun, len(under.waiting)
    acceptance = _accepted(allowance, acceptances, verifier, now)
    return Granted(
        allowance=allowance,
        at=at,
        believed=believes(allowance),
        ended=end is not None,
        confirmed=_confirmed(session, allowance, confirmations, verifier, now),
        accepted=Allow() if acceptance else Refuse("machine.not-accepted"),
        desk=desks(session, [code], believes).get(code),
        running=begun + waiting,
        open=waiting,
        acceptance=acceptance,
    )


@dataclass(frozen=True)
class Under:
    """The requests under one allowance, by which each of them is told what runs beside it."""

    begun: int
    """How many have a certificate that lives, or an intent that is being signed."""
    own: Mapping[str, int]
    """Of those that were asked for how often each is among them."""
    waiting: Sequence[str]
    """Those for which nothing is intended yet, the oldest first."""

    @classmethod
    def of(cls, session: Session, allowance: Allowance, now: datetime, ids: Collection[str]) -> "Under":
        """As the snapshot has them: of those that have begun, however many, no more is read than which of `ids` do."""
        named = {"allowance": allowance.id}
        begun = _MANY_BEGUN.value(session, named | {"now": now})
        own = _BEGUN.values(session, {**named, "now": now, "ids": sorted(ids)})
        return cls(begun, Counter(own), sorted(_WAITING.values(session, named)))

    def beside(self, found: Granted, enrolment_id: str) -> Granted:
        """The allowance as that request meets it: itself does not count, nor do those that came after it."""
        open_before = bisect_left(self.waiting, enrolment_id)
        begun = self.begun - self.own.get(enrolment_id, 0)
        return replace(found, running=begun + open_before, open=open_before)


def may_speak(session: Session, allowance: Allowance, officer_id: str, at: datetime) -> Decision:
    """Whether this person speaks for the organisation at `at`: he holds a post in it and is not the one who answers."""
    if officer_id == allowance.person_id:
        return Refuse("confirmation.own-request")
    held = unnamed(session, officer_id, at)
    if held is None or allowance.organisation_id not in held.posts:
        return Refuse("confirmation.other-organisation")
    return Allow()


def _accepted(
    allowance: Allowance, given: Sequence[AllowanceAcceptance], verifier: ActVerifier, now: datetime
) -> AllowanceAcceptance | None:
    """The first of those given that provably is the responsible person's."""
    for one in given:
        act = act_to_accept(allowance, one.terms_digest, one.act_at)
        if _signer(verifier, act, one, now) == allowance.person_id:
            return one
    return None


def _confirmed(
    session: Session,
    allowance: Allowance,
    given: Sequence[AllowanceConfirmation],
    verifier: ActVerifier,
    now: datetime,
) -> Decision:
    """Whether an officer who speaks for the organisation then and now said so. One whose word holds is enough."""
    for one in given:
        signer = _signer(verifier, act_to_confirm(allowance, one.act_at), one, now)
        if signer == one.officer_id and all(may_speak(session, allowance, signer, at) for at in (one.act_at, now)):
            return Allow()
    return Refuse("machine.confirmation-lapsed" if given else "machine.not-confirmed")


def _about(allowance: Allowance) -> dict[str, Any]:
    return {"allowance": allowance.id, "digest": allowance_digest(allowance)}


def _signer(verifier: ActVerifier, act: Act, proof: ActProof, now: datetime) -> str | None:
    """Who signed the act, by a key that nothing has stopped since."""
    signed = SignedAct(act, proof.act_certificate, bytes(proof.act_signature))
    try:
        return verifier.verify(signed, judged=now)
    except ActInvalid:
        return None


def _begun() -> Select[str]:
    """Selects the requests whose certificate lives, or whose intent is being signed."""
    return (
        select(MachineRequest.enrolment_id)
        .join(Intent, Intent.enrolment_id == MachineRequest.enrolment_id)
        .join(Certificate, Certificate.id == Intent.id, isouter=True)
        .join(Revocation, Revocation.certificate_id == Intent.id, isouter=True)
        .where(MachineRequest.allowance_id == _NAMED, Revocation.certificate_id.is_(None))
        .where(Certificate.id.is_(None) | (Certificate.not_after > bindparam("now", type_=Instant())))
    )


def waiting_under(allowance_id: str | BindParameter[str]) -> Select[str]:
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
    return without(statement.where(~in_hand.exists(), ~signed.exists()), MachineRequest.enrolment_id, EnrolmentEnd)


_NAMED: BindParameter[str] = bindparam("allowance")
_ABOUT = Facts(
    select(Entry.at, Desk.code, AllowanceEnd)
    .join(Allowance, Allowance.entry_id == Entry.id)
    .join(Desk, Desk.id == Allowance.desk_id)
    .join(AllowanceEnd, AllowanceEnd.allowance_id == Allowance.id, isouter=True)
    .where(Allowance.id == _NAMED)
)
_ACCEPTANCES = Facts(
    select(AllowanceAcceptance)
    .where(AllowanceAcceptance.allowance_id == _NAMED)
    .order_by(AllowanceAcceptance.id.desc())
)
"""The newest first."""
_CONFIRMATIONS = Facts(select(AllowanceConfirmation).where(AllowanceConfirmation.allowance_id == _NAMED))
_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
_BEGUN = Facts(_begun().where(MachineRequest.enrolment_id.in_(_IDS)))
_WAITING = Facts(waiting_under(_NAMED))
_COUNTED = [select(func.count()).select_from(one.subquery()) for one in (_begun(), waiting_under(_NAMED))]
_MANY_BEGUN = Facts(_COUNTED[0])
_COUNTS = Facts(select(*(one.scalar_subquery() for one in _COUNTED)))
"""How many there are of each."""


def protocols_of(allowance: Allowance) -> tuple[str, ...]:
    """By which protocols machines may ask under it."""
    return tuple(json.loads(allowance.protocols))
