"""Changes under four eyes: one person plans, another approves, and what was agreed on is applied once.

Each act is under the person's own signature over the plan's digest, and each refusal of an act is recorded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ca.events.governance import ChangeApplied, ChangeApproved, ChangeDenied, ChangePlanned, ChangeRefused
from ca.governance.plan import APPLY, APPROVE, PLAN, REFUSE, Plan, act_for, parse_plan, resolve
from ca.governance.policy import Case, may_apply, may_approve, may_plan, may_refuse
from ca.governance.provenance import Provenance
from ca.tables.governance import Change, ChangeApproval, ChangeEnd
from ledger.acts import ActInvalid, SignedAct, proof_columns, verify_act
from ledger.decision import Decision, Refuse
from ledger.event import Actor, Event
from ledger.ledger import Ledger, Taken
from ledger.roles import DutySpan

_ATTEMPTS = 5
"""How often an ending is tried while other changes end one by one."""


@dataclass(frozen=True)
class _Scene:
    """A change and the person who acts on it, in one snapshot."""

    now: datetime
    change: Change
    plan: Plan
    case: Case
    person_id: str
    duties: Sequence[DutySpan]
    endings: int
    """Of all changes so far."""


def plan(ledger: Ledger, wanted: Plan, signed: SignedAct) -> str | Refuse:
    """The id of the planned change, or why it is not taken up; one entry either way. Nothing is changed yet."""
    now = ledger.clock.now()
    if act_for(PLAN, wanted.digest, wanted.planned_at).message() != signed.act.message():
        return deny(ledger, PLAN, "change.not-about-this", wanted.digest)
    with ledger.read() as session:
        person_id = _person(session, signed, now)
        spans = _spans(session, person_id)
        found = resolve(Provenance(session), wanted.what, wanted.given, now)
    if isinstance(person_id, Refuse):
        return deny(ledger, PLAN, person_id.code, wanted.digest)
    allowed = may_plan(wanted.kind, person_id, wanted.person_id, spans, now, wanted.desk)
    if isinstance(allowed, Refuse):
        return deny(ledger, PLAN, allowed.code, wanted.digest, person_id)
    if not wanted.still_so(found):
        return deny(ledger, PLAN, "change.outdated", wanted.digest, person_id)
    change = Change(
        id=ledger.new_id(), digest=wanted.digest, kind=wanted.what, body=wanted.body, planner_id=person_id,
        **proof_columns(signed),
    )  # fmt: skip
    try:
        with ledger.entry(
            ChangePlanned(change.id, change.kind, change.digest, person_id), Actor.person(person_id)
        ) as tx:
            tx.add(change)
    except Taken:
        return deny(ledger, PLAN, "change.planned-already", wanted.digest, person_id)
    return change.id


def approve(ledger: Ledger, digest: str, signed: SignedAct) -> Decision:
    """Another person's yes is recorded, or the refusal is. Returned: Allow, or why not.

    He says yes to what the file comes to now: a plan whose difference or values say something else is outdated.
    """
    scene = _scene(ledger, APPROVE, digest, signed)
    if isinstance(scene, Refuse):
        return scene
    allowed = may_approve(scene.case, scene.person_id, scene.duties, scene.now)
    if isinstance(allowed, Refuse):
        return deny(ledger, APPROVE, allowed.code, digest, scene.person_id)
    with ledger.read() as session:
        found = resolve(Provenance(session), scene.plan.what, scene.plan.given, scene.now)
    if not scene.plan.still_so(found):
        return deny(ledger, APPROVE, "change.outdated", digest, scene.person_id)
    approval = ChangeApproval(
        id=ledger.new_id(), change_id=scene.change.id, person_id=scene.person_id, **proof_columns(signed)
    )
    try:
        with ledger.entry(ChangeApproved(scene.change.id, scene.person_id), Actor.person(scene.person_id)) as tx:
            tx.add(approval)
    except Taken:
        return deny(ledger, APPROVE, "change.twice", digest, scene.person_id)
    return allowed


def refuse(ledger: Ledger, digest: str, signed: SignedAct) -> Decision:
    """The change is over and can be neither approved nor applied. Returned: Allow, or why it is not."""
    return _end(ledger, REFUSE, digest, signed)


def apply(ledger: Ledger, digest: str, signed: SignedAct) -> Decision:
    """What the change brings is in force, in one entry, once; `change.outdated` when it would be another change now."""
    return _end(ledger, APPLY, digest, signed)


def deny(ledger: Ledger, act: str, code: str, digest: str | None = None, by: str | None = None) -> Refuse:
    """The refusal, recorded."""
    ledger.record(ChangeDenied(act, code, digest, by), Actor.person(by) if by else Actor.system(ledger.process))
    return Refuse(code)


def _end(ledger: Ledger, act: str, digest: str, signed: SignedAct) -> Decision:
    """By a number that the next ending of any change gets too: who judged by an older state than that tries again."""
    for _ in range(_ATTEMPTS):
        scene = _scene(ledger, act, digest, signed)
        if isinstance(scene, Refuse):
            return scene
        allowed = _may_end(ledger, act, scene)
        if isinstance(allowed, Refuse):
            return deny(ledger, act, allowed.code, digest, scene.person_id)
        try:
            _write_end(ledger, act == APPLY, scene, signed)
        except Taken:
            continue
        return allowed
    return deny(ledger, act, "change.busy", digest)


def _may_end(ledger: Ledger, act: str, scene: _Scene) -> Decision:
    if act == REFUSE:
        return may_refuse(scene.case, scene.person_id, scene.duties, scene.now)
    allowed = may_apply(scene.case, scene.duties, scene.now)
    if isinstance(allowed, Refuse):
        return allowed
    with ledger.read() as session:
        provenance = Provenance(session)
        found = resolve(provenance, scene.plan.what, scene.plan.given, scene.now)
        agreed = provenance.agreed(scene.change, scene.now)
    if not scene.plan.still_so(found):
        return Refuse("change.outdated")
    return allowed if agreed else Refuse("change.acts-void")


def _write_end(ledger: Ledger, applied: bool, scene: _Scene, signed: SignedAct) -> None:  # noqa: FBT001
    change, by = scene.change, scene.person_id
    event: Event = ChangeRefused(change.id, by)
    if applied:
        event = ChangeApplied(change.id, change.kind, change.digest, by)
    with ledger.entry(event, Actor.person(by)) as tx:
        end = ChangeEnd(
            change_id=change.id, number=scene.endings + 1, applied=applied, person_id=by, **proof_columns(signed)
        )
        tx.add(end)
        if applied:
            tx.add(*scene.plan.kind.facts(scene.plan.values, tx.at, tx.new_id))


def _scene(ledger: Ledger, act: str, digest: str, signed: SignedAct) -> _Scene | Refuse:
    """Everything an act on a change is judged by, or the refusal, recorded."""
    now = ledger.clock.now()
    if act_for(act, digest, signed.act.at).message() != signed.act.message():
        return deny(ledger, act, "change.not-about-this", digest)
    with ledger.read() as session:
        person_id = _person(session, signed, now)
        if isinstance(person_id, Refuse):
            return deny(ledger, act, person_id.code, digest)
        change = session.scalar(select(Change).where(Change.digest == digest))
        if change is not None:
            return _Scene(
                now, change, parse_plan(change.body), case_of(session, change), person_id,
                _spans(session, person_id), session.scalar(select(func.max(ChangeEnd.number))) or 0,
            )  # fmt: skip
    return deny(ledger, act, "change.unknown", digest, person_id)


def case_of(session: Session, change: Change) -> Case:
    """The change as the rules look at it."""
    planned, end = parse_plan(change.body), session.get(ChangeEnd, change.id)
    approvers = session.scalars(select(ChangeApproval.person_id).where(ChangeApproval.change_id == change.id))
    ended = None if end is None else "applied" if end.applied else "refused"
    return Case(
        planned.kind, change.planner_id, planned.person_id, planned.planned_at, frozenset(approvers), ended,
        planned.desk,
    )  # fmt: skip


def _person(session: Session, signed: SignedAct, now: datetime) -> str | Refuse:
    try:
        return verify_act(session, signed, now)
    except ActInvalid as fault:
        return Refuse(fault.code)


def _spans(session: Session, person_id: str | Refuse) -> Sequence[DutySpan]:
    return () if isinstance(person_id, Refuse) else Provenance(session).duties([person_id]).get(person_id, ())
