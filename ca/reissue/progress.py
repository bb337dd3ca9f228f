"""Where each member of a campaign is, read off the ledger: requests, certificates, confirmations and endings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from operator import itemgetter

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from ca.reissue.lanes import Way
from ca.reissue.running import Campaign
from ca.reissue.successors import LAPSED, Ours, Successor, enrolled_anew, following, lapses, under_way
from ca.tables.endings import Replacement
from ca.tables.reissue import ReissueAttempt, ReissueMember, ReissueNotice
from ledger.certificates import Certificate, Revocation


class State(Enum):
    """Where a member is; a later one is nearer to the end."""

    WAITS = "waits"
    """Nobody told its holder yet."""
    TOLD = "told"
    FAILED = "failed"
    """What was handed in last was refused, or what came of it ended; its holder is told again in a later wave."""
    ASKED = "asked"
    """A request for its successor is there."""
    ISSUED = "issued"
    """The successor is there and its holder has not confirmed it."""
    IN_USE = "in-use"
    """The successor is confirmed; the signing room ends the old one next."""
    REPLACED = "replaced"
    ENDED = "ended"
    """It ended or expired by something else; nothing is to be done."""
    GONE = "gone"
    """Its holder is cut off or left."""


OVER = (State.REPLACED, State.ENDED, State.GONE)
"""Of these nobody waits for anything."""


@dataclass(frozen=True)
class Standing:
    """One member and where it is."""

    member: ReissueMember
    state: State
    notices: int
    """For which attempt he was asked last: 1 is the first; 0 if never."""
    failures: Sequence[str]
    """The codes of what was refused, or ended before it was in use, in order."""
    successor: Successor | None
    ended_at: datetime | None
    """When the old certificate ended."""


@dataclass
class Progress:
    """A whole campaign in one snapshot."""

    campaign: Campaign
    standings: list[Standing] = field(default_factory=list)

    def counts(self) -> Counter[State]:
        """How many members are where."""
        return Counter(one.state for one in self.standings)

    def by_lane(self) -> Mapping[str, Counter[State]]:
        """The same, lane by lane."""
        lanes: dict[str, Counter[State]] = {}
        for one in self.standings:
            lanes.setdefault(one.member.lane, Counter())[one.state] += 1
        return lanes


def progress(session: Session, campaign: Campaign, now: datetime) -> Progress:
    """Where all members are."""
    return Progress(campaign, standings(session, campaign, now))


def standings(
    session: Session, campaign: Campaign, now: datetime, among: Sequence[str] | None = None
) -> list[Standing]:
    """Where the members are, in their order: all, or those of these certificates (500 at most)."""
    ours = _ours(campaign, among)
    members = session.execute(_MEMBERS.where(*ours)).all()
    notices, failures = _notices(session, ours), _failures(session, ours)
    asked = _asked(session, ours)
    successors = following(session, campaign, ours, now)
    by_desk = [one for one, *_ in members if one.way != Way.KEY.value and one.certificate_id not in successors]
    successors |= enrolled_anew(session, campaign, by_desk, now)
    found = []
    for member, not_after, revoked_at in members:
        successor = successors.get(member.certificate_id)
        told, failed = notices.get(member.id, 0), failures.get(member.id, [])
        over = revoked_at if revoked_at is not None else not_after if not_after <= now else None
        state = _state(member, successor, over, told, failed, asked=member.certificate_id in asked)
        found.append(Standing(member, state, told, failed, successor, over))
    return found


def _state(
    member: ReissueMember,
    successor: Successor | None,
    ended_at: datetime | None,
    told: int,
    failed: Sequence[str],
    *,
    asked: bool,
) -> State:
    lives = successor is not None and successor.serves
    confirmed = successor is not None and successor.confirmed_at is not None
    rules = (
        (ended_at is not None and confirmed, State.REPLACED),
        (ended_at is not None, State.ENDED),
        (lives and confirmed, State.IN_USE),
        (lives, State.ISSUED),
        (member.way == Way.GONE.value, State.GONE),
        (asked, State.ASKED),
        (bool(failed) and told <= len(failed), State.FAILED),
        (told > 0, State.TOLD),
    )
    return next((state for holds, state in rules if holds), State.WAITS)


_MEMBERS = (
    select(ReissueMember, Certificate.not_after, Revocation.at)
    .join(Certificate, Certificate.id == ReissueMember.certificate_id)
    .join(Revocation, Revocation.certificate_id == Certificate.id, isouter=True)
    .order_by(ReissueMember.number)
)


def _ours(campaign: Campaign, among: Sequence[str] | None) -> list[ColumnElement[bool]]:
    of_campaign = ReissueMember.reissue_id == campaign.row.id
    return [of_campaign] if among is None else [of_campaign, ReissueMember.certificate_id.in_(among)]


def _notices(session: Session, ours: Ours) -> dict[str, int]:
    told = (
        select(ReissueNotice.member_id, func.max(ReissueNotice.number))
        .join(ReissueMember, ReissueMember.id == ReissueNotice.member_id)
        .where(*ours)
        .group_by(ReissueNotice.member_id)
    )
    return {member: number for member, number in session.execute(told)}  # noqa: C416 - rows are no pairs to mypy


def _failures(session: Session, ours: Ours) -> dict[str, list[str]]:
    failed = (
        select(ReissueAttempt.member_id, ReissueAttempt.at, ReissueAttempt.code)
        .join(ReissueMember, ReissueMember.id == ReissueAttempt.member_id)
        .where(*ours)
        .order_by(ReissueAttempt.member_id, ReissueAttempt.number)
    )
    came = [(member, at, code) for member, at, code in session.execute(failed)]
    came += [(member, at, LAPSED) for member, at in session.execute(lapses().where(*ours))]
    found: dict[str, list[str]] = {}
    for member, _, code in sorted(came, key=itemgetter(1)):
        found.setdefault(member, []).append(code)
    return found


def _asked(session: Session, ours: Ours) -> set[str]:
    """The certificates for whose place a request is under way."""
    wishes = (
        select(Replacement.certificate_id)
        .join(ReissueMember, ReissueMember.certificate_id == Replacement.certificate_id)
        .where(*ours)
    )
    return set(session.scalars(under_way(wishes)))
