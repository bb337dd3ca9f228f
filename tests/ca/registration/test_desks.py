"""Desks: open, with officers of their own, for their province; looked at when somebody acts and again at the key."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca.policy import DeskSpan, may_decide, may_register, may_serve
from ca.search import By, Query, search_all
from ledger.decision import Allow, Refuse
from ledger.people import DutyKind
from ledger.roles import DutySpan
from tests.ca.conftest import FIRST, SECOND, PracticeCa, card, register_person
from tests.ca.registration.offices import MONTH, appoint, approve, body, close, desk, duty, lapse
from tests.doubles import START

OFFICER = "10000017"
OPEN = DeskSpan("d1", "center", "LA-VT", True, START - MONTH, None)
ON_DUTY = DutySpan(DutyKind.REGISTRATION_OFFICER, START - MONTH, None, "center")


@pytest.mark.parametrize(
    ("place", "duties", "outcome"),
    [
        (OPEN, [ON_DUTY], Allow()),
        (OPEN, [replace(ON_DUTY, desk=None)], Allow()),
        (replace(OPEN, ends=START), [ON_DUTY], Refuse("desk.closed")),
        (replace(OPEN, begins=START + MONTH), [ON_DUTY], Refuse("desk.closed")),
        (None, [ON_DUTY], Refuse("desk.unknown")),
        (OPEN, [replace(ON_DUTY, desk="pakse")], Refuse("desk.not-the-officers")),
        (OPEN, [replace(ON_DUTY, ends=START)], Refuse("decision.no-duty")),
        (OPEN, [replace(ON_DUTY, kind=DutyKind.CA_OPERATOR)], Refuse("decision.no-duty")),
        (OPEN, [], Refuse("decision.no-duty")),
    ],
)
def test_who_registers_is_on_duty_at_an_open_desk(
    place: DeskSpan | None, duties: list[DutySpan], outcome: Allow | Refuse
) -> None:
    assert may_register(place, duties, START) == outcome


@given(
    kinds=st.lists(st.sampled_from(DutyKind), max_size=4),
    desks=st.sampled_from([None, "center", "pakse"]),
    ended=st.booleans(),
    closed=st.booleans(),
    own=st.booleans(),
)
def test_nobody_ever_decides_off_duty_elsewhere_after_closing_or_on_his_own(
    kinds: list[DutyKind], desks: str | None, ended: bool, closed: bool, own: bool
) -> None:
    spans = [DutySpan(kind, START - MONTH, START if ended else None, desks) for kind in kinds]
    place = replace(OPEN, ends=START if closed else None)

    allowed = may_decide("p1", "p1" if own else "p2", spans, START, place)

    at_hand = DutyKind.REGISTRATION_OFFICER in kinds and desks != "pakse"
    assert isinstance(allowed, Allow) == (at_hand and not ended and not closed and not own)


@pytest.mark.parametrize(
    ("of_the_ca", "provinces", "outcome"),
    [
        (False, {"LA-CH"}, Refuse("desk.other-province")),
        (False, {"LA-VT"}, Allow()),
        (False, set(), Allow()),
        (True, {"LA-CH"}, Allow()),
    ],
)
def test_a_desk_serves_its_province_and_the_centers_serves_all(
    of_the_ca: bool, provinces: set[str], outcome: Allow | Refuse
) -> None:
    assert may_serve(replace(OPEN, of_the_ca=of_the_ca), provinces) == outcome


def test_a_request_at_a_closed_or_unknown_desk_or_by_an_officer_of_another_is_refused(counter: PracticeCa) -> None:
    register_person(counter.ledger, OFFICER)
    desk(counter.ledger, "pakse")
    desk(counter.ledger, "shut")
    lapse(counter.ledger, "shut")

    outcomes = [counter.apply(OFFICER, evidence=(card(desk=place),)) for place in ("shut", "nowhere", "pakse")]

    assert outcomes == [Refuse(code) for code in ("desk.closed", "desk.unknown", "desk.not-the-officers")]


def test_a_provinces_desk_registers_nobody_of_another_province(counter: PracticeCa) -> None:
    body(counter.ledger, "MTC")
    body(counter.ledger, "LA-CH", kind="province", domains="champasak.gov.la")
    body(counter.ledger, "LA-LP", kind="province", domains="luangprabang.gov.la")
    desk(counter.ledger, "pakse", "LA-CH", organisation="o-LA-CH")
    duty(counter.ledger, FIRST, "pakse")
    register_person(counter.ledger, OFFICER)
    appoint(counter.ledger, OFFICER, "LA-LP")
    register_person(counter.ledger, "10000018")
    appoint(counter.ledger, "10000018", "LA-CH")

    there, here = (
        counter.apply(number, evidence=(card(number=number, desk="pakse"),)) for number in (OFFICER, "10000018")
    )

    assert there == Refuse("desk.other-province")
    assert isinstance(here, str)


def test_an_officer_decides_at_his_own_desk_alone(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    desk(ca.ledger, "pakse")
    enrolment = ca.apply(OFFICER)

    assert ca.vote(FIRST, enrolment, desk="pakse") == Refuse("desk.not-the-officers")


def test_a_decision_at_a_desk_that_closed_since_is_not_honoured(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    desk(ca.ledger, "pakse")
    duty(ca.ledger, SECOND, "pakse")
    enrolment = ca.apply(OFFICER)
    ca.vote(FIRST, enrolment)
    ca.vote(SECOND, enrolment, desk="pakse")
    close(ca, "pakse")

    turn = ca.room().turn()

    assert (turn.issued, turn.dishonoured) == ([], 1)


def test_a_request_of_a_desk_that_closed_between_approval_and_signing_is_not_certified(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    desk(ca.ledger, "pakse")
    duty(ca.ledger, FIRST, "pakse")
    enrolment = ca.apply(OFFICER, evidence=(card(desk="pakse"),))
    approve(ca, enrolment)
    room = ca.room()

    def await_seal(entries: object) -> None:
        close(ca, "pakse")
        room.await_seal(entries)  # type: ignore[arg-type]

    during = replace(room, await_seal=await_seal).turn()
    after = ca.room().turn()

    assert (during.issued, after.issued) == ([], [])
    assert after.refused == [(enrolment, "desk.closed")]


def test_all_certificates_of_a_desk_since_a_day_are_found_at_once(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    desk(ca.ledger, "pakse")
    duty(ca.ledger, FIRST, "pakse")
    of_pakse = ca.apply(OFFICER, evidence=(card(desk="pakse"),))
    approve(ca, of_pakse)
    approve(ca, ca.apply(OFFICER))
    ca.room().turn()

    now = ca.ledger.clock.now()
    with ca.ledger.read() as session:
        found = [len(list(search_all(session, Query(By.DESK, code, now - MONTH), now))) for code in ("pakse", "center")]

    assert found == [1, 1]


def test_papers_of_two_desks_are_no_request(counter: PracticeCa) -> None:
    register_person(counter.ledger, OFFICER)
    duty(counter.ledger, FIRST, None)
    desk(counter.ledger, "pakse")
    papers = (card(), card(date(2031, 1, 1), desk="pakse"))

    assert counter.apply(OFFICER, evidence=papers) == Refuse("desk.unknown")


def test_nobody_sees_his_own_papers(counter: PracticeCa) -> None:
    assert counter.apply(FIRST, evidence=(card(officer=FIRST),)) == Refuse("enrolment.own-papers")
