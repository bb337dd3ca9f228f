"""`desk.close`: an office registers no more from the moment of application."""

from collections.abc import Sequence
from datetime import datetime

from ca.governance.effects import on_deciders
from ca.governance.held import desk_of, unfinished
from ca.governance.kind import Belief, ChangeKind, Effect, Given, Resolved, Values
from ca.governance.kinds import desk_change
from ca.tables.registration import Desk
from ledger.decision import Refuse
from ledger.roles import Action


def _resolve(belief: Belief, given: Given, now: datetime) -> Resolved | Refuse:
    found = desk_of(belief, str(given["desk"]))
    if found is None:
        return Refuse("change.desk-unknown")
    if found.over(now) and found.newest == found.term.number:
        return Refuse("change.desk-closed")
    begins = found.renewed_from(now)
    values = {"desk": found.desk.id, "number": found.newest + 1, "from": begins, "until": "application"}
    return Resolved(values, {f"desk {found.desk.code}": ("open", "closed")})


def _effects(belief: Belief, values: Values, now: datetime) -> Sequence[Effect]:
    code = belief.session.get_one(Desk, values["desk"]).code
    there = {one.duty.id for one in unfinished(belief, now) if one.span.desk == code}
    return on_deciders(belief, now, ended=there)


KIND = ChangeKind(
    name="desk.close",
    planning=Action.PLAN_PEOPLE,
    approving=Action.APPROVE_PEOPLE,
    needed=frozenset({"desk"}),
    possible=frozenset(),
    resolve=_resolve,
    facts=desk_change.facts,
    effects=_effects,
)
