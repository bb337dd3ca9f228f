"""A campaign: who is in it, in which order, what ends the old certificate, and what never does."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.endings.concerned import Concerned, concerned_by
from ca.endings.each import EndingsBroken
from ca.endings.unproven import uncaused
from ca.governance.provenance import Provenance
from ca.governance.unproven import unbelieved
from ca.reissue.campaign import advance
from ca.reissue.progress import State
from ca.reissue.running import running
from ca.reissue.settlement import Settling
from ca.tables.reissue import Reissue, ReissueEnd, ReissueMember, ReissueNotice, ReissueWave
from ledger.certificates import Certificate
from ledger.decision import Refuse
from ledger.ledger import Deed
from ledger.outbox import OutboxMessage
from ledger.people import AppointmentTerm
from tests.ca.agreeing import OPERATOR
from tests.ca.conftest import FIRST, SECOND, PracticeCa, request_for
from tests.ca.following import Holder, cut_off, reason, write
from tests.ca.reissue.day import WORK, Day
from tests.issuing import KeySigner

OTHER, THIRD = "10000018", "10000019"
SIGNING = {"issuers": ["officers"], "profile": "officer-signing"}


@pytest.fixture
def day(ca: PracticeCa) -> Day:
    return Day(ca)


@pytest.fixture
def holder(day: Day) -> Holder:
    return Holder.of(day.ca)


@pytest.fixture
def old(day: Day, holder: Holder) -> Certificate:
    """Of the issuer that is followed by its next generation afterwards."""
    made = holder.first()
    day.roll_over()
    return made


def letters(ca: PracticeCa, number: str) -> list[str]:
    with ca.ledger.read() as session:
        found = session.scalars(select(OutboxMessage.url).where(OutboxMessage.person_id == f"p{number}"))
        return list(found)


def test_the_old_one_ends_only_when_the_new_one_is_in_use(day: Day, holder: Holder, old: Certificate) -> None:
    campaign = day.start(**SIGNING)
    day.advance(steps=2)
    told = day.states(campaign)[old.id]

    new = day.replaced(holder, old, confirming=False)
    day.later(3 * 24 * 3600)
    day.ca.room().turn()
    unconfirmed = (day.states(campaign)[old.id], reason(day.ca, old))
    holder.confirm(new)
    day.ca.room().turn()

    assert (told, unconfirmed) == (State.TOLD, (State.ISSUED, None))
    assert (day.states(campaign)[old.id], reason(day.ca, old), reason(day.ca, new)) == (
        State.REPLACED, "superseded", None,
    )  # fmt: skip
    assert len(letters(day.ca, holder.number)) == 2  # one asked him, one says that the old one ended


def test_a_room_that_goes_on_learns_of_a_confirmation_and_ends_nothing_else(day: Day, holder: Holder) -> None:
    other = Holder.of(day.ca, OTHER)
    mine, his = holder.first(), other.first()
    day.roll_over()
    campaign = day.start(**SIGNING)
    new, room = day.replaced(holder, mine, confirming=False), day.ca.room()
    room.turn()

    holder.confirm(new)
    room.turn()

    assert day.states(campaign) == {mine.id: State.REPLACED, his.id: State.WAITS}


def test_every_ending_by_a_campaign_is_accounted_for(day: Day, holder: Holder, old: Certificate) -> None:
    day.start(**SIGNING)
    day.replaced(holder, old)
    day.ca.room().turn()

    with day.ca.ledger.read() as session:
        provenance = Provenance(session)
        found = [*uncaused(provenance), *unbelieved(provenance)]

    assert reason(day.ca, old) == "superseded"
    assert found == []


def test_a_campaign_that_nobody_agreed_on_does_nothing_and_is_named(day: Day, holder: Holder, old: Certificate) -> None:
    now = day.ca.ledger.clock.now()
    forged = Reissue(
        id="forged", selection='{"profile":"officer-signing"}', before=now, wave=1, pause_seconds=0,
        reason="keyCompromise", deadline=now - timedelta(days=1),
    )  # fmt: skip
    member = ReissueMember(
        id="m", reissue_id="forged", certificate_id=old.id, turn=1, number=1, lane="officers", way="key",
        holder_id=holder.hand.person_id,
    )  # fmt: skip
    write(day.ca, forged, member)

    made = day.advance(steps=3)
    day.ca.room().turn()
    with day.ca.ledger.read() as session:
        named = [one.id for one in unbelieved(Provenance(session))]

    assert (made, reason(day.ca, old), named) == (0, None, ["forged"])


def test_it_is_refused_while_no_unaffected_issuer_signs(day: Day, holder: Holder) -> None:
    holder.first()
    day.later(1)

    refused = day.office.plan(FIRST, "reissue.start", **day.given(issuers=["officers"]))

    assert refused == Refuse("reissue.no-issuer")


def test_one_person_alone_starts_nothing(day: Day, old: Certificate) -> None:
    planned = day.office.plan(FIRST, "reissue.start", **day.given(**SIGNING))
    by_officer = day.office.approve(SECOND, planned)
    early = day.office.apply(FIRST, planned)

    day.advance(steps=3)

    assert (by_officer, early) == (Refuse("change.no-duty"), Refuse("change.not-approved"))
    with day.ca.ledger.read() as session:
        assert list(running(session)) == []


def test_lanes_and_waves_open_in_their_order_with_a_pause_between(day: Day, holder: Holder) -> None:
    first = Holder.of(day.ca, OTHER)
    officers = [first.first(), holder.first()]
    day.office.agreed("duty.grant", FIRST, SECOND, person=OTHER, duty="registration-officer")
    deciders = [officers[0].id]
    day.roll_over()

    campaign = day.start(**SIGNING, wave=1, pause_seconds=60)
    day.advance()
    one = told(day, campaign)
    day.advance(seconds=30)
    still = told(day, campaign)
    day.advance(seconds=31)
    both = told(day, campaign)

    assert list(day.states(campaign)) == [*deciders, officers[1].id]
    assert (one, still, both) == (deciders, deciders, [officers[0].id, officers[1].id])


def told(day: Day, campaign: str) -> list[str]:
    """The certificates whose holders were told, in order."""
    with day.ca.ledger.read() as session:
        members = select(ReissueMember.certificate_id).join(ReissueNotice, ReissueNotice.member_id == ReissueMember.id)
        return list(session.scalars(members.where(ReissueMember.reissue_id == campaign).order_by(ReissueNotice.id)))


def test_who_fails_is_counted_and_told_again_and_comes_through(day: Day, holder: Holder, old: Certificate) -> None:
    campaign = day.start(**SIGNING)
    day.advance(steps=2)
    broken = request_for(KeySigner().key)

    bad = day.hand_in(holder, old, broken[:-1] + bytes([broken[-1] ^ 1]))
    same = day.hand_in(holder, old, request_for(holder.signers[old.sha256].key))
    failed = day.states(campaign)[old.id]
    day.advance(steps=2)
    again = (day.states(campaign)[old.id], len(letters(day.ca, holder.number)))
    day.replaced(holder, old)
    day.ca.room().turn()

    assert (bad, same) == (Refuse("enrolment.proof-of-possession"), Refuse("enrolment.key-used"))
    assert (failed, again) == (State.FAILED, (State.TOLD, 2))
    assert day.score(campaign).failures == {"enrolment.proof-of-possession": 1, "enrolment.key-used": 1}
    assert (day.score(campaign).recovered, day.states(campaign)[old.id]) == (1, State.REPLACED)


def test_a_key_of_the_broken_kind_leads_nowhere(day: Day, holder: Holder) -> None:
    old = holder.first()
    day.later(1)
    campaign = day.start(profile="officer-signing", key_type="ES256")

    refused = day.hand_in(holder, old, request_for(KeySigner().key))

    assert refused == Refuse("reissue.key-broken")
    assert day.score(campaign).progress.standings[0].member.way == "desk"


@pytest.mark.parametrize("left", [False, True], ids=["cut-off", "left"])
def test_who_is_cut_off_or_has_left_is_listed_and_not_told(
    day: Day, holder: Holder, old: Certificate, left: bool
) -> None:
    now = day.ca.ledger.clock.now()
    if left:
        over = AppointmentTerm(
            id="over", appointment_id=f"a{holder.number}", number=2, valid_from=now - timedelta(days=9), valid_to=now,
            acting=False, decree="13/MOHA",
        )  # fmt: skip
        write(day.ca, over)
    else:
        cut_off(day.ca, holder.number)
    day.later(1)

    campaign = day.start(**SIGNING)
    day.advance(steps=3)

    assert (day.states(campaign), letters(day.ca, holder.number)) == ({old.id: State.GONE}, [])


def test_a_deadline_that_comes_when_the_issuer_has_said_its_last_ends_nothing(
    day: Day, holder: Holder, old: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    day.start(**SIGNING, deadline=(day.ca.ledger.clock.now() + timedelta(days=2)).isoformat(), reason="keyCompromise")
    day.advance(steps=2)
    day.later(3 * 24 * 3600)
    with monkeypatch.context() as over:
        over.setattr("ca.closing.finality.is_last", lambda _session, _issuer: True)
        day.ca.room().turn()
        unchanged = reason(day.ca, old)
    day.ca.room().turn()

    assert unchanged is None
    assert reason(day.ca, old) == "keyCompromise"


def test_a_deadline_ends_what_was_not_replaced_and_only_if_the_plan_says_so(
    day: Day, holder: Holder, old: Certificate
) -> None:
    room = day.ca.room()
    for _ in range(2):
        room.turn()
    deadline = (day.ca.ledger.clock.now() + timedelta(days=2)).isoformat()
    campaign = day.start(**SIGNING, deadline=deadline, reason="keyCompromise")
    room.turn()
    before = reason(day.ca, old)

    day.later(2 * 24 * 3600)
    room.turn()

    assert (before, reason(day.ca, old)) == (None, "keyCompromise")
    assert day.states(campaign)[old.id] is State.ENDED
    with day.ca.ledger.read() as session:
        assert list(uncaused(Provenance(session))) == []


def test_a_certificate_is_in_one_campaign_at_a_time(day: Day, holder: Holder, old: Certificate) -> None:
    first = day.start(**SIGNING)
    second = day.start(issuers=["officers"])

    both = (set(day.states(first)), old.id in day.states(second))

    assert both == ({old.id}, False)
    assert day.states(second) != {}


def test_halted_it_opens_tells_and_ends_nothing_until_it_is_resumed(
    day: Day, holder: Holder, old: Certificate
) -> None:
    campaign = day.start(**SIGNING)
    halted = day.halt(FIRST, campaign)
    made = day.advance(steps=3)
    day.replaced(holder, old)
    day.ca.room().turn()
    during = reason(day.ca, old)

    by_officer = day.halt(FIRST, campaign, halted=False)
    resumed = day.halt(OPERATOR, campaign, halted=False)
    day.ca.room().turn()

    assert (halted, made, during) == (1, 0, None)
    assert (by_officer, resumed, reason(day.ca, old)) == (Refuse("issuance.no-duty"), 2, "superseded")


def test_it_is_over_when_nobody_waits_for_anything(day: Day, holder: Holder, old: Certificate) -> None:
    campaign = day.start(**SIGNING)
    day.advance()
    day.replaced(holder, old)
    day.ca.room().turn()

    day.advance()
    again = day.advance(steps=3)

    with day.ca.ledger.read() as session:
        assert session.get(ReissueEnd, campaign) is not None
    assert again == 0
    assert (day.score(campaign).percent, day.score(campaign).lost, day.score(campaign).doubled) == (100.0, 0, 0)


def test_two_workers_at_once_double_nothing(day: Day, holder: Holder, old: Certificate) -> None:
    campaign = day.start(**SIGNING)
    for _ in range(3):
        day.later(1)
        advance(day.ca.ledger, WORK)
        advance(day.ca.ledger, WORK)

    with day.ca.ledger.read() as session:
        waves = session.query(ReissueWave).filter_by(reissue_id=campaign).count()
        members = session.query(ReissueMember).filter_by(reissue_id=campaign).count()
    assert (members, waves, len(told(day, campaign))) == (1, 1, 1)


class _HaltedMeanwhile:
    """The ledger of a room in which somebody halts the campaign between two transactions of its endings."""

    def __init__(self, day: Day, campaign: str) -> None:
        self.day, self.campaign, self.written = day, campaign, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.day.ca.ledger, name)

    def entries(self, deeds: Sequence[Deed]) -> list[str]:
        made = self.day.ca.ledger.entries(deeds)
        self.written += 1
        if self.written == 1:
            self.day.halt(OPERATOR, self.campaign)
        return made


def test_halted_while_endings_are_under_way_it_ends_no_more(
    day: Day, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ca.reissue.settlement.AT_ONCE", 1)
    olds = [holder.first(), Holder.of(day.ca, OTHER).first()]
    day.roll_over()
    campaign = day.start(**SIGNING, deadline=(day.ca.ledger.clock.now() + timedelta(days=2)).isoformat())
    day.later(2 * 24 * 3600)
    settling = Settling(_HaltedMeanwhile(day, campaign), WORK)  # type: ignore[arg-type]

    ended = [settling.settle(), settling.settle()]
    during = [reason(day.ca, old) for old in olds]
    day.halt(OPERATOR, campaign, halted=False)
    resumed = settling.settle()

    assert (ended, during, resumed) == ([1, 0], ["superseded", None], 1)
    assert [reason(day.ca, old) for old in olds] == ["superseded"] * 2


def test_a_turn_ends_so_many_and_the_next_one_goes_on(
    day: Day, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ca.reissue.settlement.IN_A_TURN", 1)
    assert holder.first() and Holder.of(day.ca, OTHER).first()
    day.roll_over()
    day.start(**SIGNING, deadline=(day.ca.ledger.clock.now() + timedelta(days=2)).isoformat())
    day.later(2 * 24 * 3600)
    settling = Settling(day.ca.ledger, WORK)

    assert [settling.settle() for _ in range(3)] == [1, 1, 0]


def test_a_member_on_which_the_room_breaks_stops_no_other_ending(
    day: Day, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = holder.first(), Holder.of(day.ca, OTHER).first()
    day.roll_over()
    day.start(**SIGNING, deadline=(day.ca.ledger.clock.now() + timedelta(days=2)).isoformat())
    day.later(2 * 24 * 3600)
    settling = Settling(day.ca.ledger, WORK)

    with monkeypatch.context() as patch:
        breaks_on(patch, "ca.reissue.settlement.concerned_by", broken)
        with pytest.raises(EndingsBroken, match=broken.id):
            settling.settle()
    ended = [reason(day.ca, one) for one in (broken, sound)]

    assert ended == [None, "superseded"]
    assert (settling.settle(), reason(day.ca, broken)) == (1, "superseded")


def test_a_campaign_that_nobody_agreed_on_and_nobody_can_read_stops_no_other(
    day: Day, holder: Holder, old: Certificate
) -> None:
    campaign = day.start(**SIGNING)
    now = day.ca.ledger.clock.now()
    made_up = Reissue(id="0", selection="{", before=now, wave=1, pause_seconds=0, reason="superseded")
    write(day.ca, made_up)

    day.advance(steps=2)

    assert told(day, campaign) == [old.id]


def test_a_member_on_which_the_worker_breaks_is_told_of_nothing_and_holds_up_no_wave(
    day: Day, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [holder.first(), Holder.of(day.ca, OTHER).first()]
    day.roll_over()
    campaign = day.start(**SIGNING, wave=1, pause_seconds=60)
    [broken, sound] = [one for key in day.states(campaign) for one in both if one.id == key]

    with monkeypatch.context() as patch:
        breaks_on(patch, "ca.reissue.campaign.concerned_by", broken)
        for _ in range(3):
            day.later(61)
            with pytest.raises(EndingsBroken, match="member"):
                advance(day.ca.ledger, WORK)
    without_it = told(day, campaign)
    day.advance()

    assert (without_it, told(day, campaign)) == ([sound.id], [sound.id, broken.id])


def breaks_on(patch: pytest.MonkeyPatch, where: str, broken: Certificate) -> None:
    """Whoever is concerned by this certificate, asking for him breaks."""

    def concerned(session: Session, certificate: Certificate, now: datetime) -> Concerned:
        if certificate.id == broken.id:
            raise OverflowError
        return concerned_by(session, certificate, now)

    patch.setattr(where, concerned)
