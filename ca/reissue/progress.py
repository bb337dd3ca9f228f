"""Where each member of a campaign is, read off the ledger: requests, certificates, confirmations and endings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from ca.reissue.lanes import Way
from ca.reissue.running import Campaign
from ca.reissue.selection import broken_issuers
from ca.tables.endings import Replacement
from ca.tables.registration import Enrolment, EnrolmentEnd, EnrolmentScope
from ca.tables.reissue import ReissueAttempt, ReissueMember, ReissueNotice
from ledger.base import without
from ledger.certificates import Certificate, Intent, Revocation
from ledger.confirmations import HolderConfirmation
from ledger.entry import Entry

_Ours = Sequence[ColumnElement[bool]]
"""What makes a ReissueMember one of those that are looked at."""


class State(Enum):
    """Where a member is; a later one is nearer to the end."""

    WAITS = "waits"
    """Nobody told its holder yet."""
    TOLD = "told"
    FAILED = "failed"
    """What was handed in last was refused; its holder is told again in a later wave."""
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
class Successor:
    """The certificate that came in a member's place."""

    certificate_id: str
    confirmed_at: datetime | None
    ended: bool


@dataclass(frozen=True)
class Standing:
    """One member and where it is."""

    member: ReissueMember
    state: State
    notices: int
    """For which attempt he was asked last: 1 is the first; 0 if never."""
    failures: Sequence[str]
    """The codes of what was refused, in order."""
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
    broken = broken_issuers(session, campaign.selection, now) or set()
    successors = _following(session, ours, broken)
    by_desk = [one for one, *_ in members if one.way != Way.KEY.value and one.certificate_id not in successors]
    successors |= _enrolled_anew(session, campaign, by_desk, broken)
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
    lives = successor is not None and not successor.ended
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


def _notices(session: Session, ours: _Ours) -> dict[str, int]:
    told = (
        select(ReissueNotice.member_id, func.max(ReissueNotice.number))
        .join(ReissueMember, ReissueMember.id == ReissueNotice.member_id)
        .where(*ours)
        .group_by(ReissueNotice.member_id)
    )
    return {member: number for member, number in session.execute(told)}  # noqa: C416 - rows are no pairs to mypy


def _failures(session: Session, ours: _Ours) -> dict[str, list[str]]:
    failed = (
        select(ReissueAttempt.member_id, ReissueAttempt.code)
        .join(ReissueMember, ReissueMember.id == ReissueAttempt.member_id)
        .where(*ours)
        .order_by(ReissueAttempt.member_id, ReissueAttempt.number)
    )
    found: dict[str, list[str]] = {}
    for member, code in session.execute(failed):
        found.setdefault(member, []).append(code)
    return found


def _asked(session: Session, ours: _Ours) -> set[str]:
    """The certificates for whose place a request is under way."""
    wishes = (
        select(Replacement.certificate_id)
        .join(ReissueMember, ReissueMember.certificate_id == Replacement.certificate_id)
        .where(*ours)
    )
    return set(session.scalars(without(wishes, Replacement.enrolment_id, EnrolmentEnd)))


def _following(session: Session, ours: _Ours, broken: set[str]) -> dict[str, Successor]:
    """By the old certificate, what was issued in its place on its holder's wish, the best there is."""
    ended = aliased(Revocation)
    made = (
        select(Replacement.certificate_id, Certificate.id, HolderConfirmation.at, ended.certificate_id)
        .join(ReissueMember, ReissueMember.certificate_id == Replacement.certificate_id)
        .join(Intent, Intent.enrolment_id == Replacement.enrolment_id)
        .join(Certificate, Certificate.id == Intent.id)
        .join(HolderConfirmation, HolderConfirmation.certificate_id == Certificate.id, isouter=True)
        .join(ended, ended.certificate_id == Certificate.id, isouter=True)
        .where(*ours, Certificate.issuer_id.not_in(broken))
        .order_by(Certificate.id)
    )
    found: dict[str, Successor] = {}
    for old, new, confirmed_at, ending in session.execute(made):
        one = Successor(new, confirmed_at, ended=ending is not None)
        if old not in found or _better(one, found[old]):
            found[old] = one
    return found


def _better(one: Successor, other: Successor) -> bool:
    return (not one.ended, one.confirmed_at is not None) > (not other.ended, other.confirmed_at is not None)


def _enrolled_anew(
    session: Session, campaign: Campaign, members: Sequence[ReissueMember], broken: set[str]
) -> dict[str, Successor]:
    """What persons got at a desk since the campaign began: each new certificate stands for one old one of its kind."""
    if not members:
        return {}
    old = _kinds(session, [one.certificate_id for one in members])
    began = select(Entry.position).where(Entry.id == campaign.row.entry_id).scalar_subquery()
    ended = aliased(Revocation)
    fresh = (
        select(Certificate.id, HolderConfirmation.at)
        .join(Entry, Entry.id == Certificate.entry_id)
        .join(HolderConfirmation, HolderConfirmation.certificate_id == Certificate.id, isouter=True)
        .join(ended, ended.certificate_id == Certificate.id, isouter=True)
        .join(Intent, Intent.id == Certificate.id)
        .join(Replacement, Replacement.enrolment_id == Intent.enrolment_id, isouter=True)
        .where(Entry.position > began, ended.certificate_id.is_(None), Replacement.enrolment_id.is_(None))
        .where(Certificate.issuer_id.not_in(broken))
        .order_by(HolderConfirmation.at.is_(None), Certificate.id)
    )
    rows = {key: at for key, at in session.execute(fresh)}  # noqa: C416 - rows are no pairs to mypy
    waiting: dict[tuple[str | None, ...], list[str]] = {}
    for key, kind in _kinds(session, list(rows)).items():
        waiting.setdefault(kind, []).append(key)
    found = {}
    for member in members:
        new = waiting.get(old[member.certificate_id])
        if new:
            key = new.pop(0)
            found[member.certificate_id] = Successor(key, rows[key], ended=False)
    return found


def _kinds(session: Session, ids: Sequence[str]) -> dict[str, tuple[str | None, ...]]:
    """By certificate whose it is and what it is for, in the order of the ids given."""
    found: dict[str, tuple[str | None, ...]] = {}
    statement = (
        select(
            Certificate.id, Certificate.profile, Certificate.person_id, EnrolmentScope.organisation_id,
            EnrolmentScope.names, EnrolmentScope.common_name,
        )
        .join(Intent, Intent.id == Certificate.id)
        .join(Enrolment, Enrolment.id == Intent.enrolment_id, isouter=True)
        .join(EnrolmentScope, EnrolmentScope.enrolment_id == Enrolment.id, isouter=True)
    )  # fmt: skip
    for start in range(0, len(ids), 500):
        for key, profile, person, *scope in session.execute(
            statement.where(Certificate.id.in_(ids[start : start + 500]))
        ):
            found[key] = (profile, person) if person is not None else (profile, *scope)
    return {key: found[key] for key in ids}
