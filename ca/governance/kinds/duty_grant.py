"""`duty.grant`: a person may do something in this system, at one desk or everywhere, from when to when."""

from collections.abc import Sequence
from datetime import datetime

from ca.governance.days import Span, begins_at, shown, span_in
from ca.governance.effects import on_deciders
from ca.governance.held import desk_of, unfinished
from ca.governance.kind import Belief, ChangeKind, Effect, Given, NewId, Resolved, Unfit, Values
from ledger.base import Fact
from ledger.canonical import moment
from ledger.decision import Refuse
from ledger.people import Duty, DutyKind
from ledger.roles import Action, DutySpan, may_have
from ledger.standing import person_by_number


def _resolve(belief: Belief, given: Given, now: datetime) -> Resolved | Refuse:
    words = [kind.value for kind in DutyKind]
    if given["duty"] not in words:
        return Unfit("change.unfit", (f"duty is one of {', '.join(words)}",))
    span = span_in(given, now)
    if isinstance(span, Refuse):
        return span
    desk, person = given.get("desk"), person_by_number(belief.session, str(given["person"]))
    if person is None:
        return Refuse("duty.person-unknown")
    if desk is not None and not _open(belief, str(desk), now):
        return Refuse("duty.desk-unknown")
    held = unfinished(belief, now, person.id)
    wanted = DutySpan(DutyKind(given["duty"]), begins_at(span[0], now), _end(span[1]), desk)
    allowed = may_have(wanted, [one.span for one in held])
    if isinstance(allowed, Refuse):
        return allowed
    before = [str(one) for one in held]
    values = {"person": person.id, "duty": wanted.kind.value, "desk": desk, "from": span[0], "until": span[1]}
    return Resolved(values, {f"duties of {person.number}": (before, [*before, _told(wanted, span)])}, person.id)


def _told(wanted: DutySpan, span: Span) -> str:
    place = f" at {wanted.desk}" if wanted.desk else ""
    begins = shown(wanted.begins) if span[0] is not None else "application"
    return f"{wanted.kind.value}{place} from {begins}" + (f" until {shown(wanted.ends)}" if wanted.ends else "")


def _open(belief: Belief, code: str, now: datetime) -> bool:
    found = desk_of(belief, code)
    return found is not None and not found.over(now)


def _facts(values: Values, at: datetime, new_id: NewId) -> Sequence[Fact]:
    return [
        Duty(
            id=new_id(),
            person_id=values["person"],
            kind=values["duty"],
            desk=values["desk"],
            valid_from=begins_at(values["from"], at),
            valid_to=_end(values["until"]),
        )
    ]


def _end(until: int | None) -> datetime | None:
    return None if until is None else moment(until)


def _effects(belief: Belief, values: Values, now: datetime) -> Sequence[Effect]:
    gained = {values["person"]} if values["duty"] == DutyKind.REGISTRATION_OFFICER.value else set()
    return on_deciders(belief, now, gained=gained)


KIND = ChangeKind(
    name="duty.grant",
    planning=Action.PLAN_PEOPLE,
    approving=Action.APPROVE_PEOPLE,
    needed=frozenset({"person", "duty"}),
    possible=frozenset({"desk", "from", "until"}),
    resolve=_resolve,
    facts=_facts,
    effects=_effects,
)
