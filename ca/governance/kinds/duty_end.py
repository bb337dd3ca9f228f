"""`duty.end`: a person's duty is over from the moment of application, at one desk or all of that kind."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from ca.governance.effects import on_deciders
from ca.governance.held import Held, unfinished
from ca.governance.kind import Belief, ChangeKind, Effect, Given, NewId, Resolved, Values
from ledger.base import Fact
from ledger.decision import Refuse
from ledger.people import DutyEnd
from ledger.roles import Action, may_act
from ledger.standing import person_by_number

_LEFT = 2
"""Persons who can still plan and approve afterwards: with fewer nothing could ever be changed again."""
AHEAD = "duty.end-ahead"
"""Somebody wrote an end for a later day: nobody can have agreed on it, and there is place for one."""


def _resolve(belief: Belief, given: Given, now: datetime) -> Resolved | Refuse:
    person = person_by_number(belief.session, str(given["person"]))
    if person is None:
        return Refuse("duty.person-unknown")
    everybody = unfinished(belief, now)
    held = [one for one in everybody if one.duty.person_id == person.id]
    ending = [one for one in held if one.span.kind.value == given["duty"] and _there(one, given.get("desk"))]
    if not ending:
        return Refuse("duty.not-held")
    gone = {one.duty.id for one in ending}
    if belief.session.scalar(select(DutyEnd.duty_id).where(DutyEnd.duty_id.in_(gone)).limit(1)) is not None:
        return Refuse(AHEAD)
    approving = {
        one.duty.person_id
        for one in everybody
        if one.believed and one.duty.id not in gone and may_act(Action.APPROVE_PEOPLE, [one.span], now)
    }
    if len(approving) < _LEFT:
        return Refuse("duty.last")
    before, after = [str(one) for one in held], [str(one) for one in held if one.duty.id not in gone]
    return Resolved({"duties": sorted(gone)}, {f"duties of {person.number}": (before, after)}, person.id)


def _there(one: Held, desk: object) -> bool:
    return desk is None or one.span.desk == desk


def _facts(values: Values, at: datetime, _new_id: NewId) -> Sequence[Fact]:
    return [DutyEnd(duty_id=duty_id, at=at) for duty_id in values["duties"]]


def _effects(belief: Belief, values: Values, now: datetime) -> Sequence[Effect]:
    return on_deciders(belief, now, ended=set(values["duties"]))


KIND = ChangeKind(
    name="duty.end",
    planning=Action.PLAN_PEOPLE,
    approving=Action.APPROVE_PEOPLE,
    needed=frozenset({"person", "duty"}),
    possible=frozenset({"desk"}),
    resolve=_resolve,
    facts=_facts,
    effects=_effects,
)
