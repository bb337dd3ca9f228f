"""What a campaign does by itself: its members get their places, waves open, holders are told, and at last it is over.

The worker calls `advance` again and again. Each step is an entry of its own and is found again in the ledger, so that
it may be killed between any two.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from ca.endings.concerned import Concerned, concerned_by
from ca.endings.each import STOPS, EndingsBroken, each
from ca.events.reissue import (
    ReissueFinished,
    ReissueListed,
    ReissueMembersListed,
    ReissueTold,
    ReissueWaveOpened,
)
from ca.reissue.lanes import Placed, Way, placed
from ca.reissue.letters import asked
from ca.reissue.membership import free
from ca.reissue.progress import OVER, standings
from ca.reissue.running import Campaign, running
from ca.reissue.selection import affected
from ca.reissue.successors import lapses, under_way
from ca.tables.endings import Replacement
from ca.tables.reissue import (
    Reissue,
    ReissueAttempt,
    ReissueEnd,
    ReissueListing,
    ReissueMember,
    ReissueNotice,
    ReissueWave,
)
from ledger.base import Fact, without
from ledger.certificates import Certificate, Revocation
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken

_T = TypeVar("_T")
AN_ENTRY = 30
"""Members whose letters are in one entry: the person's and the body's with a notice each are 90 facts at most."""
LISTED = 90
"""Members that one entry lists."""
AT_ONCE = 8
"""Entries in one transaction."""


def advance(ledger: Ledger, actor: Actor) -> int:
    """Every running campaign did what is due now. Returns how many entries that made.

    Raises EndingsBroken when all else is done, for the campaigns and members on which it breaks: nobody waits for them.
    """
    with ledger.read() as session:
        found = list(running(session))
    return each({f"campaign {one.row.id}": partial(_advanced, ledger, one, actor) for one in found})


def _advanced(ledger: Ledger, campaign: Campaign, actor: Actor) -> int:
    broken: dict[str, Exception] = {}
    try:
        if campaign.members is None:
            return _list(ledger, campaign, actor)
        made = _tell(ledger, campaign, actor, broken)
        if _open_wave(ledger, campaign, actor, broken):
            made += 1 + _tell(ledger, campaign, actor, broken)
        made += _finish(ledger, campaign, actor)
    except Taken:
        return 0  # another worker was first
    if broken:
        raise EndingsBroken({f"member {one}": fault for one, fault in broken.items()})
    return made


def _list(ledger: Ledger, campaign: Campaign, actor: Actor) -> int:
    """The rest of the members have their places, from the next number on; last comes the end of the listing."""
    now, row = ledger.clock.now(), campaign.row
    with ledger.read() as session:
        there = session.scalar(_listed(row)) or 0
        turns = dict(session.execute(_turns()).all())
        found = affected(session, campaign.selection, now, row.before)
        due = placed(session, campaign.selection, free(session, found), now)
    facts = [
        _member(ledger, row, one, there + place, turns.get(one.affected.certificate_id, 0) + 1)
        for place, one in enumerate(due, start=1)
    ]
    deeds = [
        Deed(ReissueMembersListed(row.id, some[0].number, len(some)), actor, some) for some in _split(facts, LISTED)
    ]
    total = there + len(facts)
    listing = Deed(ReissueListed(row.id, total), actor, [ReissueListing(reissue_id=row.id, members=total)])
    return _written(ledger, [*deeds, listing])


def _member(ledger: Ledger, row: Reissue, one: Placed, number: int, turn: int) -> ReissueMember:
    return ReissueMember(
        id=ledger.new_id(), reissue_id=row.id, certificate_id=one.affected.certificate_id, turn=turn, number=number,
        lane=one.lane, way=one.way.value, holder_id=one.affected.holder_id,
    )  # fmt: skip


def _listed(row: Reissue) -> Select[int | None]:
    return select(func.max(ReissueMember.number)).where(ReissueMember.reissue_id == row.id)


def _turns() -> Select[str, int]:
    return select(ReissueMember.certificate_id, func.max(ReissueMember.turn)).group_by(ReissueMember.certificate_id)


def _open_wave(ledger: Ledger, campaign: Campaign, actor: Actor, broken: Collection[str]) -> int:
    """One more is open, if it is due: whom nobody can tell holds up nobody."""
    now, row = ledger.clock.now(), campaign.row
    with ledger.read() as session:
        newest = _newest_wave(session, row)
        untold = _untold(campaign, newest.number if newest else 0).where(ReissueMember.id.not_in(broken))
        told_all = session.scalars(untold.limit(1)).first() is None
    number = newest.number + 1 if newest else 1
    if number > campaign.waves or not told_all:
        return 0
    if newest is not None and now < newest.at + timedelta(seconds=row.pause_seconds):
        return 0
    wave = ReissueWave(id=ledger.new_id(), reissue_id=row.id, number=number, at=now)
    return _written(ledger, [Deed(ReissueWaveOpened(row.id, number), actor, [wave])])


def _newest_wave(session: Session, row: Reissue) -> ReissueWave | None:
    waves = select(ReissueWave).where(ReissueWave.reissue_id == row.id)
    return session.scalar(waves.order_by(ReissueWave.number.desc()).limit(1))


def _untold(campaign: Campaign, wave: int) -> Select[ReissueMember]:
    """Selects those of the open waves whom nobody asked for a new key yet, and who still are to be asked."""
    told = select(ReissueNotice.id).where(ReissueNotice.member_id == ReissueMember.id)
    return _waiting(campaign).where(ReissueMember.number <= wave * campaign.row.wave, ~told.exists())


def _waiting(campaign: Campaign) -> Select[ReissueMember]:
    """Selects the members whose certificates live and for whose place nobody asks."""
    wishes = select(Replacement.enrolment_id).where(Replacement.certificate_id == ReissueMember.certificate_id)
    asking = under_way(wishes)
    members = select(ReissueMember).where(
        ReissueMember.reissue_id == campaign.row.id, ReissueMember.way != Way.GONE.value, ~asking.exists()
    )
    return without(members, ReissueMember.certificate_id, Revocation).order_by(ReissueMember.number)


def _again(campaign: Campaign, newest: ReissueWave, now: datetime) -> Select[ReissueMember]:
    """Selects those whose last attempt failed, if a wave was opened since, or, after the last one, a pause is over."""
    lapsed = lapses().subquery()
    refused = select(ReissueAttempt.id).where(ReissueAttempt.member_id == ReissueMember.id)
    ended = select(lapsed.c.at).where(lapsed.c.member_id == ReissueMember.id)
    failures = [
        one.with_only_columns(func.count()).correlate(ReissueMember).scalar_subquery() for one in (refused, ended)
    ]
    told = select(func.max(ReissueNotice.number)).where(ReissueNotice.member_id == ReissueMember.id)
    pause = timedelta(seconds=campaign.row.pause_seconds)
    since = newest.at if newest.number < campaign.waves else max(newest.at, now - pause)
    return _waiting(campaign).where(
        or_(refused.exists(), ended.exists()),
        failures[0] + failures[1] >= told.correlate(ReissueMember).scalar_subquery(),
        ~refused.where(ReissueAttempt.at > since).exists(),
        ~ended.where(lapsed.c.at > since).exists(),
    )


def _tell(ledger: Ledger, campaign: Campaign, actor: Actor, broken: dict[str, Exception]) -> int:
    """Those who are due are asked for new keys, all of one person in one letter as far as an entry reaches.

    Members on which that breaks are in `broken`.
    """
    made = 0
    while True:
        now = ledger.clock.now()
        with ledger.read() as session:
            newest = _newest_wave(session, campaign.row)
            if newest is None:
                return made
            most, others = AN_ENTRY * AT_ONCE, ReissueMember.id.not_in(broken)
            due = list(session.scalars(_untold(campaign, newest.number).where(others).limit(most)))
            due += session.scalars(_again(campaign, newest, now).where(others).limit(most - len(due)))
        if not due:
            return made
        parts = (_telling(ledger, campaign, some, now, actor, broken) for some in _split(due, AN_ENTRY))
        made += _written(ledger, [deed for deeds in parts for deed in deeds])
        if _halted(ledger, campaign):
            return made


def _telling(
    ledger: Ledger, campaign: Campaign, members: Sequence[ReissueMember], now: datetime, actor: Actor,
    broken: dict[str, Exception],
) -> list[Deed]:  # fmt: skip
    """One entry; or, if one of them breaks it, one of each of the others."""
    try:
        with ledger.read() as session:
            return [_told(ledger, session, campaign, members, now, actor)]
    except STOPS:
        raise
    except Exception as fault:  # noqa: BLE001 - whatever it is, the others are told
        if len(members) == 1:
            broken[members[0].id] = fault
            return []
    return [deed for one in members for deed in _telling(ledger, campaign, [one], now, actor, broken)]


def _told(
    ledger: Ledger, session: Session, campaign: Campaign, members: Sequence[ReissueMember], now: datetime, actor: Actor
) -> Deed:
    counted = select(ReissueAttempt.member_id, func.count()).where(
        ReissueAttempt.member_id.in_([one.id for one in members])
    )
    failed: Counter[str] = Counter(dict(session.execute(counted.group_by(ReissueAttempt.member_id)).all()))
    failed.update(session.scalars(lapses().where(ReissueMember.id.in_([one.id for one in members]))))
    facts: list[Fact] = [
        ReissueNotice(id=ledger.new_id(), member_id=one.id, number=failed[one.id] + 1) for one in members
    ]
    groups: dict[tuple[Concerned, str], list[str]] = {}
    for one in members:
        certificate = session.get_one(Certificate, one.certificate_id)
        about = concerned_by(session, certificate, now)
        to = Concerned(about.person_id) if certificate.person_id else about
        groups.setdefault((to, one.way), []).append(certificate.serial_number)
    for (about, way), serials in groups.items():
        facts += asked(ledger, session, Way(way), about, serials, campaign.row.deadline, now)
    return Deed(ReissueTold(campaign.row.id, len(members)), actor, facts)


def _finish(ledger: Ledger, campaign: Campaign, actor: Actor) -> int:
    """Nothing more is to be done when no member waits for anything."""
    now = ledger.clock.now()
    with ledger.read() as session:
        living = without(
            select(ReissueMember.id)
            .join(Certificate, Certificate.id == ReissueMember.certificate_id)
            .where(ReissueMember.reissue_id == campaign.row.id, Certificate.not_after > now)
            .where(ReissueMember.way != Way.GONE.value),
            ReissueMember.certificate_id,
            Revocation,
        )
        if session.scalar(living.limit(1)) is not None:
            return 0
        if any(one.state not in OVER for one in standings(session, campaign, now)):
            return 0
    end = ReissueEnd(reissue_id=campaign.row.id, at=now)
    return _written(ledger, [Deed(ReissueFinished(campaign.row.id), actor, [end])])


def _halted(ledger: Ledger, campaign: Campaign) -> bool:
    with ledger.read() as session:
        return all(one.row.id != campaign.row.id for one in running(session))


def _written(ledger: Ledger, deeds: Sequence[Deed]) -> int:
    for start in range(0, len(deeds), AT_ONCE):
        ledger.entries(deeds[start : start + AT_ONCE])
    return len(deeds)


def _split(values: Sequence[_T], most: int) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), most):
        yield values[start : start + most]
