"""What an officer signs when he decides on a request, and the decisions that stand, for whoever counts them again."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from ca.tables.registration import Decision, DishonouredDecision, Enrolment
from ledger.acts import Act, ActInvalid, ActVerifier, SignedAct
from ledger.base import without
from ledger.entry import Entry
from ledger.facts import Facts

KIND = "enrolment.decide"
_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
DECISIONS = Facts(
    without(
        select(Decision, Entry.at).join(Entry, Entry.id == Decision.entry_id).where(Decision.enrolment_id.in_(_IDS)),
        Decision.id,
        DishonouredDecision,
    )
)


def act_for(enrolment: Enrolment, at: datetime, *, approved: bool, desk: str | None) -> Act:
    """What the officer signs: which request, its digest and its evidence's, yes or no, at which desk, and when.

    Only decisions of before there were desks have none.
    """
    fields: dict[str, Any] = {
        "enrolment": enrolment.id,
        "digest": enrolment.digest,
        "evidence": enrolment.evidence_digest,
        "approved": approved,
    } | ({} if desk is None else {"desk": desk})
    return Act(KIND, fields, at)


def decisions_of(session: Session, enrolment_ids: Collection[str]) -> dict[str, list[tuple[Decision, datetime]]]:
    """By enrolment its decisions that nobody dishonoured, and when each was taken up."""
    found: dict[str, list[tuple[Decision, datetime]]] = {}
    for decision, taken_up in DECISIONS.rows(session, {"ids": list(enrolment_ids)}):
        found.setdefault(decision.enrolment_id, []).append((decision, taken_up))
    return found


def signed_act(enrolment: Enrolment, decision: Decision) -> SignedAct:
    """The act that the decision says was signed, with what is to prove it."""
    act = act_for(enrolment, decision.act_at, approved=decision.approved, desk=decision.desk)
    return SignedAct(act, decision.act_certificate, decision.act_signature, decision.act_path)


def signer_of(
    verifier: ActVerifier, enrolment: Enrolment, decision: Decision, taken_up: datetime, now: datetime
) -> str | None:
    """Who signed the decision, by a key that nothing has stopped since."""
    try:
        return verifier.verify(signed_act(enrolment, decision), taken_up, now)
    except ActInvalid:
        return None
