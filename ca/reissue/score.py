"""How a campaign went, counted from the ledger alone: how many, how fast, what failed and why, and what is lost."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ca.reissue.lanes import LANES, Way
from ca.reissue.progress import OVER, Progress, Standing, State, progress
from ca.reissue.running import Campaign
from ca.tables.endings import Replacement
from ca.tables.registration import EnrolmentEnd
from ca.tables.reissue import ReissueMember
from ledger.base import without
from ledger.certificates import Certificate, Intent, Revocation
from ledger.entry import Entry

QUANTILES = (50, 90, 99)


@dataclass(frozen=True)
class Score:
    """One campaign, scored in one snapshot."""

    progress: Progress
    began: datetime
    at: datetime
    replaced_after: Sequence[timedelta]
    """Of each member that was replaced, how long after the start its old certificate ended; the shortest first."""
    lost: int
    """Members whose old certificate ended for a successor that did not live, and requests that vanished."""
    doubled: int
    """Certificates in whose place more than one lives, and requests that more than one certificate was made for."""

    @property
    def due(self) -> int:
        """Members that are to be replaced at all."""
        return sum(one.state not in (State.GONE, State.ENDED) for one in self.progress.standings)

    @property
    def replaced(self) -> int:
        """Members that are."""
        return self.progress.counts()[State.REPLACED]

    @property
    def percent(self) -> float:
        """Replaced, of those that are due; all of none are 100."""
        return 100.0 * self.replaced / self.due if self.due else 100.0

    @property
    def per_second(self) -> float:
        """Replaced a second, from the start to the last one."""
        taken = self.replaced_after[-1].total_seconds() if self.replaced_after else 0.0
        return self.replaced / taken if taken else 0.0

    @property
    def estimate(self) -> timedelta | None:
        """How much longer at the pace so far; None while there is none."""
        left = self.due - self.replaced
        return timedelta(seconds=left / self.per_second) if self.per_second else None

    @property
    def failures(self) -> Mapping[str, int]:
        """What was handed in and refused, by code."""
        return dict(Counter(code for one in self.progress.standings for code in one.failures).most_common())

    @property
    def recovered(self) -> int:
        """Members that failed and were replaced after all."""
        return sum(bool(one.failures) and one.state is State.REPLACED for one in self.progress.standings)

    @property
    def machines(self) -> Sequence[Standing]:
        """Members that machines replace by themselves."""
        return [one for one in self.progress.standings if one.member.way == Way.MACHINE.value]

    @property
    def confirmed(self) -> int:
        """Of those, how many machines said that they took what updated the old one."""
        return sum(one.successor is not None and one.successor.confirmed_at is not None for one in self.machines)

    @property
    def not_come(self) -> Sequence[Standing]:
        """Members for which nothing was handed in that was taken, or that failed last."""
        open_still = (State.WAITS, State.TOLD, State.FAILED)
        return [one for one in self.progress.standings if one.state in open_still]

    @property
    def letters_due(self) -> int:
        """Members whose holders are still to be told, for the first time or again."""
        return sum(one.state in (State.WAITS, State.FAILED) for one in self.progress.standings)

    def after(self, percent: int) -> timedelta | None:
        """When so many in a hundred of those due were replaced; None if it never was so."""
        needed = -(-self.due * percent // 100)
        return self.replaced_after[needed - 1] if 0 < needed <= len(self.replaced_after) else None


def score(session: Session, campaign: Campaign, now: datetime) -> Score:
    """The campaign as it stands now."""
    found = progress(session, campaign, now)
    began = session.scalars(select(Entry.at).where(Entry.id == campaign.row.entry_id)).one()
    replaced = [one for one in found.standings if one.state is State.REPLACED and one.ended_at is not None]
    return Score(
        found,
        began,
        now,
        sorted(one.ended_at - began for one in replaced if one.ended_at is not None),
        _lost(session, found, campaign),
        _doubled(session, campaign),
    )


def values_of(found: Score) -> Mapping[str, object]:
    """The score for programs; times are seconds from the start."""
    campaign = found.progress.campaign
    states = found.progress.counts()
    lanes = found.progress.by_lane()
    return {
        "reissue": campaign.row.id,
        "selection": str(campaign.selection),
        "state": "ended" if campaign.ended else "halted" if campaign.halted else "running",
        "began": found.began.isoformat(),
        "members": len(found.progress.standings),
        "due": found.due,
        "replaced": found.replaced,
        "percent": round(found.percent, 2),
        "states": {state.value: states[state] for state in State if states[state]},
        "lanes": {
            lane.name: {state.value: count for state, count in lanes[lane.name].items()}
            for lane in LANES
            if lane.name in lanes
        },
        "seconds_to": {str(one): _seconds(found.after(one)) for one in QUANTILES},
        "per_second": round(found.per_second, 2),
        "seconds_left": _seconds(found.estimate) if found.due > found.replaced else 0.0,
        "letters_due": found.letters_due,
        "failures": found.failures,
        "recovered": found.recovered,
        "not_come": len(found.not_come),
        "machines": len(found.machines),
        "machines_confirmed": found.confirmed,
        "desk": sum(one.member.way == Way.DESK.value and one.state not in OVER for one in found.progress.standings),
        "lost": found.lost,
        "doubled": found.doubled,
    }


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else round(span.total_seconds(), 3)


def _outlived(one: Standing) -> bool:
    """Whether the successor lived when the old one ended; what becomes of it later is no matter of the campaign."""
    ended_at = one.successor.ended_at if one.successor else one.ended_at
    return ended_at is None or (one.ended_at is not None and ended_at > one.ended_at)


def _lost(session: Session, found: Progress, campaign: Campaign) -> int:
    """Whom the campaign left without, and intents for its members that are neither signed nor ended."""
    left = sum(one.state is State.REPLACED and not _outlived(one) for one in found.standings)
    signed = select(Certificate.id).where(Certificate.id == Intent.id)
    hanging = (
        select(func.count())
        .select_from(ReissueMember)
        .join(Replacement, Replacement.certificate_id == ReissueMember.certificate_id)
        .join(Intent, Intent.enrolment_id == Replacement.enrolment_id)
        .where(ReissueMember.reissue_id == campaign.row.id, ~signed.exists())
    )
    unaccounted = without(without(hanging, Intent.id, Revocation), Replacement.enrolment_id, EnrolmentEnd)
    return left + (session.scalar(unaccounted) or 0)


def _doubled(session: Session, campaign: Campaign) -> int:
    made = (
        select(Replacement.certificate_id)
        .join(ReissueMember, ReissueMember.certificate_id == Replacement.certificate_id)
        .join(Intent, Intent.enrolment_id == Replacement.enrolment_id)
        .join(Certificate, Certificate.id == Intent.id)
        .where(ReissueMember.reissue_id == campaign.row.id)
    )
    living = without(made, Certificate.id, Revocation)
    again = living.group_by(Replacement.certificate_id).having(func.count() > 1).subquery()
    by_request = (
        select(Intent.enrolment_id)
        .join(Certificate, Certificate.id == Intent.id)
        .where(Intent.enrolment_id.is_not(None))
    )
    twice = without(by_request, Certificate.id, Revocation).group_by(Intent.enrolment_id)
    requests = twice.having(func.count() > 1).subquery()
    counted = (select(func.count()).select_from(one) for one in (again, requests))
    return sum(session.scalar(one) or 0 for one in counted)
