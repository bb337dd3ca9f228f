"""Who may plan, approve, refuse and apply a change: pure functions of what was read and of `now`."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from ca.governance.kind import ChangeKind
from ledger.decision import Allow, Decision, Refuse
from ledger.roles import DutySpan, may_act

LIFE = timedelta(days=30)
"""A change that waits longer is dead: what it was planned against has been forgotten."""


@dataclass(frozen=True)
class Case:
    """A change as the rules look at it."""

    kind: ChangeKind
    planner_id: str
    person_id: str | None
    """Whose duties it changes."""
    planned_at: datetime
    approvers: Set[str]
    ended: str | None
    """`applied`, `refused` or None."""
    desk: str | None = None
    """At which those who act must be on duty, if at one."""


def may_plan(
    kind: ChangeKind,
    planner_id: str,
    person_id: str | None,
    duties: Sequence[DutySpan],
    now: datetime,
    desk: str | None = None,
) -> Decision:
    """Whether this person may propose it: on duty, at `desk` if it is of one, and not about himself."""
    if planner_id == person_id:
        return Refuse("change.own-duty")
    return may_act(kind.planning, duties, now, desk)


def may_approve(case: Case, person_id: str, duties: Sequence[DutySpan], now: datetime) -> Decision:
    """Whether this person's yes counts: on duty for it, another than the planner, not about himself, once."""
    if person_id == case.planner_id:
        return Refuse("change.own-plan")
    if person_id == case.person_id:
        return Refuse("change.own-duty")
    if person_id in case.approvers:
        return Refuse("change.twice")
    return open_still(case, now) and may_act(case.kind.approving, duties, now, case.desk)


def may_refuse(case: Case, person_id: str, duties: Sequence[DutySpan], now: datetime) -> Decision:
    """Whether this person may end it: its planner takes it back, others need the duty to approve."""
    still = open_still(case, now)
    return still if person_id == case.planner_id else still and may_act(case.kind.approving, duties, now, case.desk)


def may_apply(case: Case, duties: Sequence[DutySpan], now: datetime) -> Decision:
    """Whether a person with these duties may have it applied: somebody else than its planner has approved it."""
    still = open_still(case, now)
    if isinstance(still, Refuse):
        return still
    if not case.approvers - {case.planner_id, case.person_id}:
        return Refuse("change.not-approved")
    return may_act(case.kind.planning, duties, now, case.desk)


def open_still(case: Case, now: datetime) -> Decision:
    """Whether anything can still be done about it."""
    if case.ended is not None:
        return Refuse(f"change.{case.ended}-already")
    return Refuse("change.expired") if now - case.planned_at > LIFE else Allow()
