"""What will happen when a change is applied, counted in the ledger as it stands: shown with each plan, never signed."""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from ca.configuration import Configuration, SecondJudge
from ca.governance.held import unfinished
from ca.governance.kind import Belief, Effect
from ca.profiles import PROFILES
from ca.tables.registration import Decision, DishonouredDecision, Enrolment, EnrolmentEnd
from ledger.base import without
from ledger.certificates import Intent
from ledger.roles import Action, may_act

_NOBODY: Set[str] = frozenset()


def on_deciders(
    belief: Belief, now: datetime, *, gained: Set[str] = _NOBODY, ended: Set[str] = _NOBODY
) -> Sequence[Effect]:
    """What new deciders (ids of persons), or the end of duties (ids), mean for who decides and for what waits."""
    deciding = [one for one in unfinished(belief, now) if one.believed and may_act(Action.DECIDE, [one.span], now)]
    before = {one.duty.person_id for one in deciding}
    after = {one.duty.person_id for one in deciding if one.duty.id not in ended} | gained
    if before == after:
        return []
    found = [Effect("change.effect-deciders", {"before": len(before), "after": len(after)})]
    if lost := before - after:
        waiting = _waiting().subquery()
        counted = select(func.count(func.distinct(Decision.enrolment_id))).where(
            Decision.enrolment_id.in_(select(waiting.c.id)), Decision.approved, Decision.officer_id.in_(lost)
        )
        enrolments = belief.session.scalar(counted) or 0
        found.append(Effect("change.effect-decisions-lost", {"officers": len(lost), "enrolments": enrolments}))
    return found


def on_configuration(belief: Belief, new: Configuration) -> Sequence[Effect]:
    """What other numbers mean for what waits, and for what will be issued."""
    old = belief.configuration
    return [*_on_decisions(belief.session, old, new), *_on_profiles(old, new)]


def _on_decisions(session: Session, old: Configuration, new: Configuration) -> Iterator[Effect]:
    if new.decisions_needed == old.decisions_needed:
        return
    votes = _votes(session)
    if (more := new.decisions_needed - old.decisions_needed) > 0:
        yield Effect("change.effect-more-decisions", {"enrolments": len(votes), "more": more})
    else:
        enough = sum(new.decisions_needed <= yes < old.decisions_needed for yes in votes.values())
        yield Effect("change.effect-enough-decisions", {"enrolments": enough})


def _on_profiles(old: Configuration, new: Configuration) -> Iterator[Effect]:
    for profile in PROFILES:
        if old.longest_days(profile) != new.longest_days(profile):
            days = {"before": old.longest_days(profile), "after": new.longest_days(profile)}
            yield Effect("change.effect-validity", {"profile": profile, **days})
        if new.judge_of(profile) is SecondJudge.OFF and old.judge_of(profile) is not SecondJudge.OFF:
            yield Effect("change.effect-no-judge", {"profile": profile})


def _votes(session: Session) -> Mapping[str, int]:
    """Yes-decisions on each enrolment that waits."""
    waiting = _waiting().subquery()
    yes = func.sum(case((Decision.approved, 1), else_=0))
    statement = (
        select(waiting.c.id, func.coalesce(yes, 0))
        .join(Decision, Decision.enrolment_id == waiting.c.id, isouter=True)
        .join(DishonouredDecision, DishonouredDecision.decision_id == Decision.id, isouter=True)
        .where(DishonouredDecision.decision_id.is_(None))
        .group_by(waiting.c.id)
    )
    return {enrolment: int(count) for enrolment, count in session.execute(statement)}


def _waiting() -> Select[str]:
    """Selects the ids of enrolments that are not over and for which nothing is signed or being signed."""
    begun = select(Intent.id).where(Intent.enrolment_id == Enrolment.id)
    return without(select(Enrolment.id).where(~begun.exists()), Enrolment.id, EnrolmentEnd)
