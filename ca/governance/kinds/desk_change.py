"""`desk.change`: a desk's licence has another last day, or (`until = "open"`) none."""

from collections.abc import Sequence
from datetime import datetime

from ca.governance.days import begins_at, shown, span_in
from ca.governance.held import desk_of
from ca.governance.kind import Belief, ChangeKind, Effect, Given, NewId, Resolved, Values
from ca.tables.registration import DeskTerm
from ledger.base import Fact
from ledger.canonical import moment
from ledger.decision import Refuse
from ledger.roles import Action

OPEN = "open"


def _resolve(belief: Belief, given: Given, now: datetime) -> Resolved | Refuse:
    found = desk_of(belief, str(given["desk"]))
    if found is None:
        return Refuse("change.desk-unknown")
    desk, term = found.desk, found.term
    span = span_in({} if given["until"] == OPEN else {"until": given["until"]}, now)
    if isinstance(span, Refuse):
        return span
    until = None if span[1] is None else moment(span[1])
    if until == term.valid_to:
        return Refuse("change.nothing")
    values = {"desk": desk.id, "number": found.newest + 1, "from": found.renewed_from(now), "until": span[1]}
    return Resolved(values, {f"desk {desk.code} until": (shown(term.valid_to), shown(until))})


def facts(values: Values, at: datetime, new_id: NewId) -> Sequence[Fact]:
    """A further term. A desk that had lapsed begins anew, so that the time between stays without a licence."""
    begins = begins_at(None, at) if values["from"] is None else moment(values["from"])
    until = at if values["until"] == "application" else None if values["until"] is None else moment(values["until"])
    term = DeskTerm(id=new_id(), desk_id=values["desk"], number=values["number"], valid_from=begins, valid_to=until)
    return [term]


def _effects(_belief: Belief, _values: Values, _now: datetime) -> Sequence[Effect]:
    return []


KIND = ChangeKind(
    name="desk.change",
    planning=Action.PLAN_PEOPLE,
    approving=Action.APPROVE_PEOPLE,
    needed=frozenset({"desk", "until"}),
    possible=frozenset(),
    resolve=_resolve,
    facts=facts,
    effects=_effects,
)
