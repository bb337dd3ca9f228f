"""`preapproval.end`: an organisation's officers are asked again, and what its services got unasked is dead."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from ca.governance.days import shown
from ca.governance.kind import Belief, ChangeKind, Effect, Given, NewId, Resolved, Values
from ledger.base import Fact, without
from ledger.decision import Refuse
from ledger.people import Organisation
from ledger.preapproval import Preapproval, PreapprovalEnd
from ledger.roles import Action


def _resolve(belief: Belief, given: Given, now: datetime) -> Resolved | Refuse:
    code = str(given["organisation"])
    own = select(Preapproval).join(Organisation, Organisation.id == Preapproval.organisation_id)
    running = without(own.where(Organisation.code == code), Preapproval.id, PreapprovalEnd)
    found = [one for one in belief.session.scalars(running.order_by(Preapproval.id)) if not _over(one, now)]
    if not found:
        return Refuse("preapproval.none")
    before = {f"preapproval {one.id}": ({"scopes": one.scopes, "until": shown(one.valid_to)}, None) for one in found}
    ended = [one.id for one in found]
    return Resolved({"preapprovals": ended, "code": code, "legal_basis": given["legal_basis"]}, before)


def _over(policy: Preapproval, now: datetime) -> bool:
    return policy.valid_to is not None and policy.valid_to <= now


def _facts(values: Values, _at: datetime, _new_id: NewId) -> Sequence[Fact]:
    basis = values["legal_basis"]
    return [PreapprovalEnd(preapproval_id=one, legal_basis=basis) for one in values["preapprovals"]]


def _effects(_belief: Belief, values: Values, _now: datetime) -> Sequence[Effect]:
    return [Effect("change.effect-preapproval-ended", {"organisation": values["code"]})]


KIND = ChangeKind(
    name="preapproval.end",
    planning=Action.PLAN_RULES,
    approving=Action.APPROVE_RULES,
    needed=frozenset({"organisation", "legal_basis"}),
    possible=frozenset(),
    resolve=_resolve,
    facts=_facts,
    effects=_effects,
)
