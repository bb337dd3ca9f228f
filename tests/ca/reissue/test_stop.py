"""The stop button: from its commit on nothing is signed, a second later at the latest; only a proven act lets go."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from ca.governance.provenance import Provenance
from ca.issuance.line import Line
from ca.reissue.running import campaign_of, running
from ca.reissue.switches import campaign_act, issuance_act, issuance_halted, next_number, switch_issuance
from ca.reissue.unproven import HALTED, NOT_RESUMED, unturned
from ca.tables.reissue import IssuanceSwitch, Reissue, ReissueSwitch
from ledger.acts import proof_columns
from ledger.certificates import Certificate, Intent
from ledger.decision import Allow, Refuse
from pki.signing import Signer
from tests.ca.agreeing import OPERATOR, certified
from tests.ca.conftest import FIRST, SECOND, PracticeCa, register_person
from tests.ca.following import Holder, cut_off, write
from tests.ca.reissue.day import Day
from tests.doubles import TurnedClock

OTHER = "10000018"
NUMBERS = [str(10000030 + place) for place in range(6)]


@pytest.fixture
def day(ca: PracticeCa) -> Day:
    return Day(ca)


@pytest.fixture
def enrolments(day: Day) -> list[str]:
    for number in NUMBERS:
        register_person(day.ca.ledger, number)
    return [day.ca.approved(number) for number in NUMBERS]


def turn(day: Day, number: str, *, halted: bool) -> int | Refuse:
    with day.ca.ledger.read() as session:
        next_one = next_number(session)
    act = issuance_act(next_one, day.ca.ledger.clock.now(), halted=halted)
    return switch_issuance(day.ca.ledger, day.office.hands[number].sign(act), halted=halted)


class SlowKey:
    """A key that needs 0.4 seconds for a signature; somebody presses the stop button during its second one."""

    def __init__(self, day: Day, signer: Signer) -> None:
        self.day, self.signer, self.signed, self.stopped_at = day, signer, 0, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.signer, name)

    def sign(self, message: bytes) -> bytes:
        self.signed += 1
        if self.signed == 2:
            assert turn(self.day, FIRST, halted=True) == 1
            self.stopped_at = self.signed
        self.day.later(0.4)
        return self.signer.sign(message)


def test_a_second_after_it_was_pressed_no_key_signs_whatever_was_begun(day: Day, enrolments: list[str]) -> None:
    officers = day.ca.issuing("officers")
    slow = SlowKey(day, officers.signer)
    room = day.ca.room(officers=replace(officers, signer=slow))

    issued = room.turn().issued
    later = room.turn()

    seconds = (len(issued) - slow.stopped_at + 1) * 0.4  # the signature during which it was pressed is one of them
    assert len(enrolments) == len(NUMBERS) > len(issued)
    assert (slow.stopped_at, seconds) == (2, 0.4)
    assert (later.stopped, later.issued) == (True, [])


def test_what_was_approved_is_issued_when_it_goes_on_and_nothing_twice(day: Day, enrolments: list[str]) -> None:
    turn(day, FIRST, halted=True)
    during = day.ca.room().turn().issued
    by_officer = turn(day, FIRST, halted=False)
    resumed = turn(day, OPERATOR, halted=False)

    issued = day.ca.room().turn().issued

    assert (during, by_officer, resumed) == ([], Refuse("issuance.no-duty"), 2)
    with day.ca.ledger.read() as session:
        made = session.query(Intent.enrolment_id).join(Certificate, Certificate.id == Intent.id)
        assert sorted(str(one) for (one,) in made.filter(Intent.enrolment_id.is_not(None))) == sorted(enrolments)
    assert len(issued) == len(NUMBERS)


def test_a_resumption_that_nobody_signed_lets_nothing_go_on(day: Day, enrolments: list[str]) -> None:
    turn(day, FIRST, halted=True)
    act = issuance_act(2, day.ca.ledger.clock.now(), halted=False)
    forged = day.office.hands[FIRST].sign(act)  # an officer's own signature, who may not
    write(
        day.ca,
        IssuanceSwitch(id="go", number=2, halted=False, person_id=f"p{OPERATOR}", **proof_columns(forged)),
    )

    done = day.ca.room().turn()

    assert len(enrolments) == len(NUMBERS)
    assert (done.stopped, done.issued) == (True, [])


def unproven(day: Day) -> list[tuple[str, str]]:
    with day.ca.ledger.read() as session:
        return [(one.id, one.code) for one in unturned(Provenance(session))]


def test_turns_that_a_person_signed_are_accounted_for_though_he_is_cut_off_since(day: Day) -> None:
    turn(day, FIRST, halted=True)
    turn(day, OPERATOR, halted=False)
    day.later(1)
    cut_off(day.ca, OPERATOR)

    assert unproven(day) == []


@pytest.mark.parametrize(
    ("halted", "signer", "named", "number", "code"),
    [
        (True, FIRST, OPERATOR, 1, HALTED),
        (True, FIRST, FIRST, 7, HALTED),
        (False, FIRST, FIRST, 1, NOT_RESUMED),
        (False, OPERATOR, FIRST, 1, NOT_RESUMED),
    ],
    ids=["of another", "of another turn", "of one who may not", "in another's name"],
)
def test_a_turn_that_nobody_signed_who_might_is_named(
    day: Day, halted: bool, signer: str, named: str, number: int, code: str
) -> None:
    act = day.office.hands[signer].sign(issuance_act(number, day.ca.ledger.clock.now(), halted=halted))
    planted = IssuanceSwitch(id="x", number=1, halted=halted, person_id=f"p{named}", **proof_columns(act))
    write(day.ca, planted)

    assert unproven(day) == [("x", code)]


def test_of_a_campaign_too_what_a_person_signed_is_accounted_for_and_nothing_else(day: Day) -> None:
    Holder.of(day.ca).first()
    day.roll_over()
    campaign = day.start(issuers=["officers"])
    signed = [day.halt(FIRST, campaign), day.halt(OPERATOR, campaign, halted=False)]
    act = day.office.hands[FIRST].sign(campaign_act(campaign, 3, day.ca.ledger.clock.now(), halted=False))
    planted = {"id": "x", "reissue_id": campaign, "number": 3, "halted": False, "person_id": f"p{FIRST}"}
    write(day.ca, ReissueSwitch(**planted, **proof_columns(act)))

    assert (signed, unproven(day)) == ([1, 2], [("x", NOT_RESUMED)])


def test_a_campaign_goes_on_only_when_one_who_may_provably_said_so(day: Day) -> None:
    Holder.of(day.ca).first()
    day.roll_over()
    campaign = day.start(issuers=["officers"])
    stood = [stands_still(day, campaign)]
    day.halt(FIRST, campaign)
    act = day.office.hands[FIRST].sign(campaign_act(campaign, 2, day.ca.ledger.clock.now(), halted=False))
    planted = {"id": "x", "reissue_id": campaign, "number": 2, "halted": False, "person_id": f"p{OPERATOR}"}
    write(day.ca, ReissueSwitch(**planted, **proof_columns(act)))
    stood.append(stands_still(day, campaign))

    resumed = day.halt(OPERATOR, campaign, halted=False)

    assert (stood, resumed, stands_still(day, campaign)) == ([False, True], 3, False)


def stands_still(day: Day, campaign: str) -> bool:
    with day.ca.ledger.read() as session:
        named = campaign_of(session, session.get_one(Reissue, campaign)).halted
        assert named == (campaign not in [one.row.id for one in running(session)])
    return named


def test_pressed_twice_it_is_pressed_once(day: Day) -> None:
    turns = [turn(day, FIRST, halted=True), turn(day, OPERATOR, halted=True)]

    with day.ca.ledger.read() as session:
        halted = issuance_halted(session, day.ca.ledger.clock.now())
    assert (turns, halted) == ([1, Refuse("issuance.switched-already")], True)


def test_when_who_resumed_is_cut_off_it_stands_still_and_another_resumes(day: Day) -> None:
    day.office.hands[OTHER] = certified(day.ca, OTHER)
    day.office.agreed("duty.grant", FIRST, SECOND, person=OTHER, duty="ca-operator")
    turn(day, FIRST, halted=True)
    turn(day, OPERATOR, halted=False)
    cut_off(day.ca, OPERATOR)

    with day.ca.ledger.read() as session:
        halted = issuance_halted(session, day.ca.ledger.clock.now())
    again = turn(day, OTHER, halted=False)

    with day.ca.ledger.read() as session:
        assert not issuance_halted(session, day.ca.ledger.clock.now())
    assert (halted, again) == (True, 3)


def test_a_leave_that_ends_while_a_batch_is_being_sealed_stops_it(
    day: Day, enrolments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    room = day.ca.room()
    said = iter([Allow(), Refuse("leave.over"), Refuse("leave.over")])
    monkeypatch.setattr("ca.closing.entered.may_issue_now", lambda *_, **__: next(said))

    during, later = room.turn(), room.turn()

    assert len(enrolments) == len(NUMBERS)
    assert (during.held, during.issued, later.held) == (None, [], "leave.over")


def test_a_clock_that_is_set_back_delays_no_last_look(clock: TurnedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    key = SimpleNamespace(signer=SimpleNamespace(sign=lambda _: clock.turn(seconds=-60)))
    line = Line(SimpleNamespace(clock=clock), key, None, lambda some: looks.append(len(some)) or {}, None)  # type: ignore[arg-type, func-returns-value]
    for step in ("_verify", "_certificate"):
        monkeypatch.setattr(Line, step, lambda *_: None)
    ready = [SimpleNamespace(intent=SimpleNamespace(id=one, tbs=b"")) for one in "abc"]

    line._signed(ready, {})  # type: ignore[arg-type]

    assert looks == [2, 1]
