"""`desk.change`: a desk's licence has another last day, or (`until = "open"`) none."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from ca.governance.days import begins_at, shown, span_in
from ca.governance.held import desk_of
from ca.governance.kind import ChangeKind, Effect, Given, NewId, Resolved, Values
from ca.tables.registration import DeskTerm
from ledger.base import Fact
from ledger.canonical import microseconds, moment
from ledger.decision import Refuse
from ledger.roles import Action

OPEN = "open"


def _resolve(session: Session, given: Given, now: datetime) -> Resolved | Refuse:
    found = desk_of(session, str(given["desk"]))
    if found is None:
        return Refuse("change.desk-unknown")
    desk, term = found
    span = span_in({} if given["until"] == OPEN else {"until": given["until"]}, now)
    if isinstance(span, Refuse):
        return span
    until = None if span[1] is None else moment(span[1])
    if until == term.valid_to:
        return Refuse("change.nothing")
    lapsed = term.valid_to is not None and term.valid_to <= now
    begins = None if lapsed else microseconds(term.valid_from)
    values = {"desk": desk.id, "number": term.number + 1, "from": begins, "until": span[1]}
    return Resolved(values, {f"desk {desk.code} until": (shown(term.valid_to), shown(until))})


def facts(values: Values, at: datetime, new_id: NewId) -> Sequence[Fact]:
    """A further term. A desk that had lapsed begins anew, so that the time between stays without a licence."""
    begins = begins_at(None, at) if values["from"] is None else moment(values["from"])
    until = at if values["until"] == "application" else None if values["until"] is None else moment(values["until"])
    term = DeskTerm(id=new_id(), desk_id=values["desk"], number=values["number"], valid_from=begins, valid_to=until)
    return [term]


def _effects(_session: Session, _values: Values, _now: datetime) -> Sequence[Effect]:
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
