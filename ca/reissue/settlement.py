"""What the signing room ends for a campaign: the old certificate, when its successor is in use, or the deadline passed.

A successor is in use when its holder has confirmed it: until then it signs nobody in. Or when the machine that updated
the old one by it said that it took it, and did not reject it afterwards. Nobody is left without, unless two persons
agreed on a day from which the old ones count no more.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import itemgetter

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.closing.finality import changeable
from ca.endings import letters
from ca.endings.concerned import concerned_by
from ca.endings.each import STOPS, EndingsBroken, each
from ca.endings.grounds import REPLACED, Ground, ground_of
from ca.events.reissue import ReissueReplaced
from ca.governance.provenance import Issuers
from ca.machines.endings import unwanted
from ca.registration.applicants import sliced
from ca.reissue.lanes import Way
from ca.reissue.progress import Standing, State, standings
from ca.reissue.running import Campaign, running
from ca.reissue.use import word_of
from ca.tables.endings import Replacement
from ca.tables.machines import MachineAcceptance
from ca.tables.reissue import ReissueMember
from ledger.base import Fact
from ledger.certificates import Certificate, Intent, Revocation
from ledger.confirmations import HolderConfirmation
from ledger.entry import Entry
from ledger.event import Actor
from ledger.follow import Follower, Start, keys_named
from ledger.ledger import Deed, Ledger, Taken

AT_ONCE = 100
"""Endings in one transaction."""
IN_A_TURN = 1000
"""Endings before the room looks at everything else again."""
_Due = tuple[str, str]
"""A campaign's id and a member's certificate."""


@dataclass
class Settling:
    """Ends what is due in campaigns that two persons agreed on. A look costs what was confirmed since the one before.

    It forgets what it knows when a look fails, and then looks at all members.
    """

    ledger: Ledger
    actor: Actor
    issuers: Issuers = None
    _state: "_Known | None" = None

    def settle(self) -> int:
        """Returns how many certificates ended now.

        Raises EndingsBroken when all others have ended, for the campaigns and members on which the room breaks: they
        are tried again.
        """
        now, (state, self._state) = self.ledger.clock.now(), (self._state, None)
        with self.ledger.read() as session:
            found = list(running(session, self.issuers))
        if not found:
            return 0
        words = None if state is None else _Words.of(state.follower.look())
        state = _Known(Follower(self.ledger, Start.NOW)) if state is None else state
        due, outcome = list(state.left), _Outcome()
        for campaign in found:
            known = words if _stage(campaign, now) in state.all else None
            with outcome.of(campaign.row.id):
                due += self._due(campaign, known, now)
        due = list(dict.fromkeys(due))
        self._end(due[:IN_A_TURN], outcome)
        on = [one for one in found if one.members is not None and one.row.id not in outcome.stopped]
        self._state = _Known(state.follower, {_stage(one, now) for one in on}, [*due[IN_A_TURN:], *outcome.left])
        if outcome.broken:
            raise EndingsBroken(outcome.broken)
        return outcome.ended

    def _due(self, campaign: Campaign, words: "_Words | None", now: datetime) -> list[_Due]:
        with self.ledger.read() as session:
            looked_at = _looked_at(session, campaign, now, words)
            return [(campaign.row.id, one.member.certificate_id) for one in looked_at if _is_due(campaign, one, now)]

    def _end(self, due: Sequence[_Due], outcome: "_Outcome") -> None:
        """They have ended, but what breaks, and what is of campaigns that were halted meanwhile or break."""
        for campaign_id, members in groupby(due, itemgetter(0)):
            ids = [certificate_id for _, certificate_id in members]
            for start in range(0, len(ids), AT_ONCE):
                if campaign_id in outcome.stopped:
                    break
                some = ids[start : start + AT_ONCE]
                with outcome.of(campaign_id, some):
                    count = self._end_some(campaign_id, some)
                    if count is None:
                        outcome.stopped.add(campaign_id)
                    outcome.ended += count or 0

    def _end_some(self, campaign_id: str, ids: Sequence[str]) -> int | None:
        """How many of these are still due and ended; None when the campaign does not go on."""
        now = self.ledger.clock.now()
        with self.ledger.read() as session:
            campaign = next((one for one in running(session, self.issuers) if one.row.id == campaign_id), None)
            if campaign is None:
                return None
            found = [one for one in standings(session, campaign, now, ids) if _is_due(campaign, one, now)]
            due = [(campaign, one) for one in found if _is_past(campaign, now) or _is_in_use(session, one)]
        return _ended(self.ledger, due, self.actor)


@dataclass(frozen=True)
class _Words:
    """The certificates of which somebody said since the look before that they are in use."""

    confirmed: Sequence[str]
    """By their holders."""
    accepted: Sequence[str]
    """By machines."""

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> "_Words":
        return cls(keys_named(entries, HolderConfirmation), keys_named(entries, MachineAcceptance))


@dataclass
class _Outcome:
    """What came of a turn."""

    ended: int = 0
    stopped: set[str] = field(default_factory=set)
    """Campaigns of which nothing more ends in this turn, and that are looked at anew in the next."""
    broken: dict[str, Exception] = field(default_factory=dict)
    left: list[_Due] = field(default_factory=list)
    """Members of the pieces in which something broke."""

    @contextmanager
    def of(self, campaign_id: str, some: Sequence[str] = ()) -> Iterator[None]:
        """What breaks in the block is this campaign's alone; members that break stop no others of theirs."""
        try:
            yield
        except STOPS:
            raise
        except EndingsBroken as members:
            self.broken |= members.faults
            self.left += [(campaign_id, one) for one in some]
        except Exception as fault:  # noqa: BLE001 - whatever it is, the other campaigns go on
            self.broken[f"campaign {campaign_id}"] = fault
            self.stopped.add(campaign_id)


@dataclass(frozen=True)
class _Known:
    """What one look leaves to the next."""

    follower: Follower
    """Tells what is new."""
    all: set[str] = field(default_factory=set)
    """The stages of campaigns whose members were all looked at."""
    left: Sequence[_Due] = ()
    """What was due and is yet to end; whether it still is, is asked again before it does."""


def _stage(campaign: Campaign, now: datetime) -> str:
    """Names a campaign and whether its deadline is over: then more is due than what was confirmed."""
    return f"{campaign.row.id} {_is_past(campaign, now)}"


def _looked_at(session: Session, campaign: Campaign, now: datetime, words: _Words | None) -> Iterator[Standing]:
    """All members, or those that new words can be about."""
    if words is None:
        yield from standings(session, campaign, now)
        return
    for some in sliced(_olds(session, campaign, words.confirmed) | _updated(session, words.accepted)):
        yield from standings(session, campaign, now, some)


def _updated(session: Session, accepted: Sequence[str]) -> set[str]:
    """The certificates in whose place machines took these."""
    old = select(MachineAcceptance.replaces_id).where(MachineAcceptance.replaces_id.is_not(None))
    rows = (session.scalars(old.where(MachineAcceptance.certificate_id.in_(some))) for some in sliced(accepted))
    return {str(one) for some in rows for one in some}


def _olds(session: Session, campaign: Campaign, confirmed: Sequence[str]) -> set[str]:
    """The members' certificates in whose place these came; with one that follows none, all that go to a desk."""
    wishes = select(Intent.id, Replacement.certificate_id).join(
        Replacement, Replacement.enrolment_id == Intent.enrolment_id, isouter=True
    )
    found = {new: old for some in sliced(confirmed) for new, old in session.execute(wishes.where(Intent.id.in_(some)))}
    olds = {old for old in found.values() if old is not None}
    if len(olds) < len(found):
        by_desk = select(ReissueMember.certificate_id).where(
            ReissueMember.reissue_id == campaign.row.id, ReissueMember.way != Way.KEY.value
        )
        olds |= set(session.scalars(by_desk))
    return olds


def _is_due(campaign: Campaign, one: Standing, now: datetime) -> bool:
    return one.state is State.IN_USE or (_is_past(campaign, now) and one.ended_at is None)


def _is_past(campaign: Campaign, now: datetime) -> bool:
    return campaign.row.deadline is not None and campaign.row.deadline <= now


def _is_in_use(session: Session, one: Standing) -> bool:
    """Whether it holds for the room: a machine's word is proven, and it has not rejected the successor since."""
    if one.member.way != Way.MACHINE.value or one.successor is None:
        return True
    old, new = one.member.certificate_id, one.successor.certificate_id
    return word_of(session, old, new) is not None and not unwanted(session, new)


def _ended(ledger: Ledger, due: Sequence[tuple[Campaign, Standing]], actor: Actor) -> int:
    """How many ended. Raises EndingsBroken when all others have, for the members on which it breaks."""
    try:
        return _all_ended(ledger, due, actor)
    except Exception:
        if len(due) == 1:
            raise
    return each({f"member {one.member.certificate_id}": partial(_ended, ledger, [(of, one)], actor) for of, one in due})


def _all_ended(ledger: Ledger, due: Sequence[tuple[Campaign, Standing]], actor: Actor) -> int:
    if not due:
        return 0
    now = ledger.clock.now()
    with ledger.read() as session:
        ids = [one.member.certificate_id for _, one in due]
        found = session.scalars(select(Certificate).where(Certificate.id.in_(ids)))
        may_change = {one.id for one in changeable(session, found, now)}
        deeds = [
            _deed(ledger, session, campaign, one, now, actor)
            for campaign, one in due
            if one.member.certificate_id in may_change
        ]
    if not deeds:
        return 0
    try:
        ledger.entries(deeds)
    except Taken:
        if len(due) == 1:
            return 0  # somebody ended it meanwhile, which is as good
        raise
    return len(deeds)


def _deed(ledger: Ledger, session: Session, campaign: Campaign, one: Standing, now: datetime, actor: Actor) -> Deed:
    old = session.get_one(Certificate, one.member.certificate_id)
    ground = _ground(campaign.row.reason)
    told = letters.told(
        ledger, session, letters.REVOKED, concerned_by(session, old, now), [old.serial_number], now, ground=ground
    )
    successor = one.successor.certificate_id if one.state is State.IN_USE and one.successor else None
    event = ReissueReplaced(campaign.row.id, old.id, successor)
    facts: list[Fact] = [Revocation(certificate_id=old.id, at=now, reason=campaign.row.reason), *told]
    return Deed(event, actor, facts)


def _ground(reason: str) -> Ground:
    return REPLACED if reason == REPLACED.reason else ground_of(reason) or REPLACED
