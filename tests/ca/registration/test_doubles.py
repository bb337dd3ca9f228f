"""One person, one identity (ID-07): look-alikes are held back until an officer tells them apart; lapsed papers too."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from ca.policy import PAPERS, EvidenceKind
from ca.registration import doubles
from ca.registration.application import Application
from ca.registration.doubles import ClearanceReason, act_for, clear
from ca.registration.enrolment import submit_many
from ca.tables.registration import DoubleClearance
from ledger.acts import SignedAct, proof_columns
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.ledger import Deed, Ledger
from ledger.people import Person, PersonDetail
from ledger.spelling import fold_name
from tests.ca.conftest import FIRST, SECOND, TEST, PracticeCa, card, register_person
from tests.ca.events import Registered
from tests.ca.following import Holder
from tests.ca.registration.offices import approve
from tests.doubles import TurnedClock

FIRST_OF_TWO, SECOND_OF_TWO = "20000001", "20000002"
DOUBLE = Refuse("enrolment.possible-double")
ONE_SCAN = "cd" * 32


def citizen(ledger: Ledger, number: str, given: str, family: str = "ວົງສາ", born: str = "1980-01-31") -> None:
    """A citizen whose names are folded as the register folds them."""
    detail = PersonDetail(
        id=f"d{number}", person_id=f"p{number}", number=1, given_lo=given, family_lo=family, given_en="Somphone",
        family_en="Vongsa", born=born, search_key=fold_name(given, family), source="citizens",
    )  # fmt: skip
    ledger.entries([Deed(Registered(number), TEST, [Person(id=f"p{number}", number=number), detail])])


def citizens(ca: PracticeCa) -> None:
    """Two whom nothing in the register makes alike."""
    citizen(ca.ledger, FIRST_OF_TWO, "ຈັນທະຫຼ້າ")
    citizen(ca.ledger, SECOND_OF_TWO, "ບຸນມີ")


@pytest.fixture
def two(counter: PracticeCa) -> PracticeCa:
    citizens(counter)
    return counter


def asks(ca: PracticeCa, number: str, paper: str | None = None) -> str | Refuse:
    shown = (card(number=paper),) if paper else ()
    return ca.hand_in(ca.application(number, "citizen-authentication", shown))


def told_apart(
    ca: PracticeCa, officer: str = FIRST, reason: ClearanceReason = ClearanceReason.NAMESAKES
) -> DoubleClearance | Refuse:
    ids = (f"p{FIRST_OF_TWO}", f"p{SECOND_OF_TWO}")
    signed = ca.sign(officer, act_for(*ids, reason, ca.ledger.clock.now()))
    return clear(ca.ledger, (FIRST_OF_TWO, SECOND_OF_TWO), reason, signed)


@pytest.mark.parametrize("spelt", ["ຈັນທະຫຼ້າ", "ຈັນທະຫລ້າ", "ຈັນທະຫຼ\u0ec9າ"])
def test_each_spelling_of_one_name_born_on_one_day_is_held_back(counter: PracticeCa, spelt: str) -> None:
    citizen(counter.ledger, FIRST_OF_TWO, "ຈັນທະຫຼ້າ")
    citizen(counter.ledger, SECOND_OF_TWO, spelt)

    assert asks(counter, SECOND_OF_TWO) == DOUBLE


@pytest.mark.parametrize(
    ("given", "born"), [("ບຸນມີ", "1980-01-31"), ("ຈັນທະຫຼ້າ", "1980-02-01")], ids=["twins", "namesakes"]
)
def test_twins_of_near_names_and_namesakes_of_another_day_are_two(counter: PracticeCa, given: str, born: str) -> None:
    citizen(counter.ledger, FIRST_OF_TWO, "ຈັນທະຫຼ້າ")
    citizen(counter.ledger, SECOND_OF_TWO, given, born=born)

    assert isinstance(asks(counter, SECOND_OF_TWO), str)


def test_a_paper_that_was_anothers_is_held_back_and_a_household_book_is_a_whole_households(counter: PracticeCa) -> None:
    citizen(counter.ledger, FIRST_OF_TWO, "ຈັນທະຫຼ້າ")
    citizen(counter.ledger, SECOND_OF_TWO, "ບຸນມີ")
    books = [replace(card(None, kind), number="BOOK-1") for kind in (EvidenceKind.HOUSEHOLD_BOOK, EvidenceKind.WITNESS)]
    assert isinstance(asks(counter, FIRST_OF_TWO, "CARD-1"), str)
    assert isinstance(counter.hand_in(counter.application(FIRST_OF_TWO, "citizen-authentication", books)), str)

    same_card = asks(counter, SECOND_OF_TWO, "CARD-1")
    same_book = counter.hand_in(counter.application(SECOND_OF_TWO, "citizen-authentication", books))

    assert same_card == DOUBLE
    assert isinstance(same_book, str)


def test_two_who_come_at_once_with_one_card_are_both_held_back(counter: PracticeCa) -> None:
    citizen(counter.ledger, FIRST_OF_TWO, "ຈັນທະຫຼ້າ")
    citizen(counter.ledger, SECOND_OF_TWO, "ບຸນມີ")
    both = [
        counter.application(number, "citizen-authentication", (card(number="CARD-1"),))
        for number in (FIRST_OF_TWO, SECOND_OF_TWO)
    ]

    assert submit_many(counter.ledger, counter.fields, both, TEST) == [DOUBLE, DOUBLE]


def scanned(ca: PracticeCa, number: str, kind: EvidenceKind = EvidenceKind.PASSPORT) -> Application:
    """A person's application with a paper of his own, whose scan is everybody's."""
    last = date(2030, 1, 1) if PAPERS[kind].has_last_day else None
    shown = [replace(card(last, kind, number=f"{kind.value} of {number}"), scan_sha256=ONE_SCAN)]
    if kind is EvidenceKind.HOUSEHOLD_BOOK:
        shown.append(card(None, EvidenceKind.WITNESS, number=f"word for {number}"))
    return ca.application(number, "citizen-authentication", shown)


@pytest.mark.parametrize(
    ("first", "second", "held_back"),
    [
        (EvidenceKind.PASSPORT, EvidenceKind.PASSPORT, True),
        (EvidenceKind.PASSPORT, EvidenceKind.CHIP_IDENTITY_CARD, True),
        (EvidenceKind.HOUSEHOLD_BOOK, EvidenceKind.PASSPORT, True),
        (EvidenceKind.PASSPORT, EvidenceKind.HOUSEHOLD_BOOK, True),
        (EvidenceKind.HOUSEHOLD_BOOK, EvidenceKind.HOUSEHOLD_BOOK, False),
    ],
)
def test_a_scan_that_was_handed_in_for_another_is_held_back_unless_it_is_of_a_whole_households_book(
    two: PracticeCa, first: EvidenceKind, second: EvidenceKind, held_back: bool
) -> None:
    before = [two.hand_in(scanned(two, FIRST_OF_TWO, first)) for _ in range(2)]

    after = two.hand_in(scanned(two, SECOND_OF_TWO, second))

    assert all(isinstance(one, str) for one in before)  # one's own scan is nobody else's
    assert (after == DOUBLE) is held_back


def test_two_who_come_at_once_with_one_scan_are_both_held_back(two: PracticeCa) -> None:
    both = [scanned(two, number) for number in (FIRST_OF_TWO, SECOND_OF_TWO)]

    assert submit_many(two.ledger, two.fields, both, TEST) == [DOUBLE, DOUBLE]


def test_two_whose_papers_are_on_one_scan_enrol_when_an_officer_says_so(ca: PracticeCa) -> None:
    citizens(ca)
    approve(ca, ca.hand_in(scanned(ca, FIRST_OF_TWO)))

    held_back = ca.hand_in(scanned(ca, SECOND_OF_TWO))
    told_apart(ca, reason=ClearanceReason.ONE_SCAN)
    approve(ca, ca.hand_in(scanned(ca, SECOND_OF_TWO)))

    assert held_back == DOUBLE
    assert len(ca.room().turn().issued) == 2


def test_the_signing_room_compares_scans_of_what_waits_and_leaves_what_follows_alone(
    ca: PracticeCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = Holder.of(ca)
    citizen(ca.ledger, SECOND_OF_TWO, "ບຸນມີ")
    with monkeypatch.context() as before:
        before.setattr(doubles, "PERSONAL_PAPERS", frozenset())
        old, paper = holder.first(), card(number=f"card of {holder.number}")
        own = replace(paper, number="another", scan_sha256=paper.scan_sha256)
        waiting = ca.hand_in(ca.application(SECOND_OF_TWO, "citizen-authentication", [own]))
        approve(ca, waiting)

    first = ca.room().turn()
    follows = holder.renew(old)
    second = ca.room().turn()

    assert (first.issued, first.refused) == ([], [(waiting, DOUBLE.code)])
    assert isinstance(follows, str)
    assert (len(second.issued), second.refused) == (1, [])


def test_an_officer_learns_for_whose_papers_a_scan_was_handed_in(two: PracticeCa) -> None:
    two.hand_in(scanned(two, FIRST_OF_TWO))

    with two.ledger.read() as session:
        found = doubles.scanned(session, ONE_SCAN), doubles.scanned(session, "00" * 32)

    assert found == ([(FIRST_OF_TWO, "passport")], [])


def test_an_officer_tells_them_apart_with_a_reason_and_both_enrol(ca: PracticeCa) -> None:
    citizen(ca.ledger, FIRST_OF_TWO, "ຈັນທະຫຼ້າ")
    citizen(ca.ledger, SECOND_OF_TWO, "ຈັນທະຫຼ້າ")

    cleared = told_apart(ca)
    enrolments = [asks(ca, number) for number in (FIRST_OF_TWO, SECOND_OF_TWO)]
    for enrolment in enrolments:
        approve(ca, enrolment)

    assert isinstance(cleared, DoubleClearance)
    assert told_apart(ca, SECOND) == Refuse("double.cleared-already")
    assert len(ca.room().turn().issued) == 2


def test_a_clearance_that_the_desk_made_up_counts_for_nothing(ca: PracticeCa) -> None:
    citizen(ca.ledger, FIRST_OF_TWO, "ຈັນທະຫຼ້າ")
    citizen(ca.ledger, SECOND_OF_TWO, "ຈັນທະຫຼ້າ")
    ids = (f"p{FIRST_OF_TWO}", f"p{SECOND_OF_TWO}")
    act = act_for(*ids, ClearanceReason.TWINS, ca.ledger.clock.now())
    forged = SignedAct(act, ca.sign(FIRST, act).certificate_sha256, bytes(70))
    fact = DoubleClearance(
        id="forged", person_id=ids[0], other_id=ids[1], reason="twins", officer_id=f"p{FIRST}", **proof_columns(forged)
    )
    ca.ledger.entries([Deed(Registered("x"), TEST, [fact])])

    assert asks(ca, SECOND_OF_TWO) == DOUBLE


def test_who_is_not_on_duty_tells_nobody_apart_and_the_refusal_is_an_entry(ca: PracticeCa) -> None:
    citizen(ca.ledger, FIRST_OF_TWO, "ຈັນທະຫຼ້າ")
    signed = ca.sign(FIRST, act_for(f"p{FIRST_OF_TWO}", f"p{FIRST}", ClearanceReason.TWINS, ca.ledger.clock.now()))

    outcomes = [
        clear(ca.ledger, (FIRST_OF_TWO, FIRST), ClearanceReason.TWINS, signed),
        clear(ca.ledger, (FIRST_OF_TWO, "29999999"), ClearanceReason.TWINS, signed),
        clear(ca.ledger, (FIRST_OF_TWO, FIRST), ClearanceReason.NAMESAKES, signed),
    ]

    codes = ["double.own", "double.person-unknown", "double.not-about-this"]
    assert outcomes == [Refuse(code) for code in codes]
    with ca.ledger.read() as session:
        assert session.scalar(select(func.count()).where(Entry.kind == "double.refused")) == 3


def test_a_further_request_with_papers_that_have_lapsed_asks_for_new_ones(
    counter: PracticeCa, clock: TurnedClock
) -> None:
    register_person(counter.ledger, "10000017")
    paper = card(clock.now().date())
    assert isinstance(counter.apply("10000017", evidence=(paper,)), str)
    clock.turn(days=2)

    assert counter.apply("10000017", evidence=(paper,)) == Refuse("enrolment.evidence-expired")
