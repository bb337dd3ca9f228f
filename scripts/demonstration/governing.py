"""Duties of the demonstration beyond those of the ceremony: planned by one officer, approved by the other."""

from ca.governance.changes import apply, approve, plan
from ca.governance.plan import APPLY, APPROVE, PLAN, act_for, resolve
from ca.governance.provenance import Provenance
from ledger.decision import Refuse
from scripts.demonstration.installation import Installation


class NotGranted(Exception):
    """A duty was refused; the sentence has the code."""


def grant(installation: Installation, number: str, duty: str, officers: tuple[str, str]) -> str:
    """The person has the duty; what was done about it in a word."""
    ledger, given = installation.ledger("govern"), {"person": number, "duty": duty}
    with ledger.read() as session:
        wanted = resolve(Provenance(session), "duty.grant", given, installation.clock.now())
    if isinstance(wanted, Refuse):
        return _granted(wanted, already="duty.held")
    first, second = (installation.acting(officer, "govern") for officer in officers)
    _granted(plan(ledger, wanted, first.sign(act_for(PLAN, wanted.digest, wanted.planned_at))))
    _granted(approve(ledger, wanted.digest, second.sign(act_for(APPROVE, wanted.digest, installation.clock.now()))))
    _granted(apply(ledger, wanted.digest, first.sign(act_for(APPLY, wanted.digest, installation.clock.now()))))
    return "planned, approved, applied"


def _granted(outcome: object, already: str = "") -> str:
    if isinstance(outcome, Refuse) and outcome.code != already:
        raise NotGranted(f"a duty was refused as {outcome.code}")
    return "granted before"
