"""`allowance.end`: machines ask for nothing more under an allowance. What was issued to them lives on."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from ca.governance.kind import Belief, ChangeKind, Effect, Given, NewId, Resolved, Values
from ca.machines.allowances import waiting_under
from ca.tables.machines import Allowance, AllowanceEnd
from ca.tables.registration import Desk
from ledger.base import Fact
from ledger.decision import Refuse
from ledger.roles import Action


def _resolve(belief: Belief, given: Given, _now: datetime) -> Resolved | Refuse:
    session = belief.session
    allowance = session.get(Allowance, str(given["allowance"]))
    if allowance is None:
        return Refuse("machine.allowance-unknown")
    if session.get(AllowanceEnd, allowance.id) is not None:
        return Refuse("machine.allowance-ended")
    desk = session.get_one(Desk, allowance.desk_id)
    values = {"allowance": allowance.id, "at_desk": desk.code}
    return Resolved(values, {f"allowance {allowance.id}": ("runs", "ended")}, None)


def _facts(values: Values, _at: datetime, _new_id: NewId) -> Sequence[Fact]:
    return [AllowanceEnd(allowance_id=values["allowance"])]


def _effects(belief: Belief, values: Values, _now: datetime) -> Sequence[Effect]:
    waiting = waiting_under(values["allowance"]).subquery()
    count = belief.session.scalar(select(func.count()).select_from(waiting)) or 0
    return [Effect("change.effect-machines-end", {"enrolments": count})]


KIND = ChangeKind(
    name="allowance.end",
    planning=Action.PLAN_MACHINES,
    approving=Action.APPROVE_MACHINES,
    needed=frozenset({"allowance"}),
    possible=frozenset(),
    resolve=_resolve,
    facts=_facts,
    effects=_effects,
    desk=lambda values: str(values["at_desk"]),
)
