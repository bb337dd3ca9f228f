from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from ledger import prepared
from ledger.ledger import Ledger
from ledger.people import (
    Appointment,
    AppointmentTerm,
    Cutoff,
    Duty,
    DutyEnd,
    Mandate,
    MandateTerm,
    Organisation,
    OrganisationDetail,
    Person,
    Post,
    Succession,
)
from ledger.standing import Held, cut_off, duties, first_post, period_at, standing
from tests.doubles import START, TurnedClock
from tests.recorded import TESTER, Noted

DAY = timedelta(days=1)


@dataclass
class Office:
    """A person in a post, told to the ledger term by term."""

    ledger: Ledger
    person: str
    post: str
    appointment: str
    told: int = 0

    def tell(self, first: int, last: int | None) -> None:
        """From now on the ledger knows: appointed from day `first` until before day `last`."""
        self.told += 1
        term = AppointmentTerm(
            id=self.ledger.new_id(),
            appointment_id=self.appointment,
            number=self.told,
            valid_from=START + first * DAY,
            valid_to=None if last is None else START + last * DAY,
            acting=False,
            decree=f"{self.told}/MTC",
        )
        self.write(term)

    def write(self, *facts: object) -> None:
        with self.ledger.entry(Noted(self.person), TESTER) as tx:
            tx.add(*facts)  # type: ignore[arg-type]


@pytest.fixture
def office(ledger: Ledger) -> Office:
    person, organisation, post, appointment = (ledger.new_id() for _ in range(4))
    office = Office(ledger, person, post, appointment)
    office.write(
        Person(id=person, number="10000001"),
        Organisation(id=organisation, code="MTC"),
        OrganisationDetail(
            id=ledger.new_id(),
            organisation_id=organisation,
            number=1,
            kind="ministry",
            name_lo="ກະຊວງ",
            name_en="Ministry",
            domains="mtc.gov.la",
            valid_from=START - 1000 * DAY,
            valid_to=None,
        ),
    )
    office.write(Post(id=post, code="MTC/cabinet/chief", organisation_id=organisation, name_lo="ຫົວໜ້າ", name_en="Chief"))
    office.write(Appointment(id=appointment, person_id=person, post_id=post))
    return office


def held(office: Office, day: int, known_day: int | None = None) -> bool:
    known_at = None if known_day is None else START + known_day * DAY
    with office.ledger.read() as session:
        return bool(standing(session, office.person, START + day * DAY, known_at))


def test_a_post_is_held_from_its_first_instant_until_before_its_last(office: Office) -> None:
    office.tell(1, 3)

    assert [held(office, day) for day in (0, 1, 2, 3)] == [False, True, True, False]


def test_what_was_told_later_was_not_known_before(office: Office, clock: TurnedClock) -> None:
    office.tell(0, None)
    clock.turn(days=10)
    office.tell(0, 5)

    assert (held(office, 7), held(office, 7, known_day=9), held(office, 7, known_day=10)) == (False, True, False)


def test_nothing_was_known_before_anything_was_told(office: Office, clock: TurnedClock) -> None:
    clock.turn(days=1)
    office.tell(-10, None)

    assert (held(office, 1), held(office, 1, known_day=0)) == (True, False)


def test_a_mandate_of_the_person_in_the_post_dies_with_the_appointment(office: Office, ledger: Ledger) -> None:
    office.tell(0, 5)
    mandate = Mandate(id=ledger.new_id(), act="sign-decree", post_id=office.post, person_id=office.person)
    term = MandateTerm(
        id=ledger.new_id(),
        mandate_id=mandate.id,
        number=1,
        valid_from=START,
        valid_to=None,
        limit_lak=5,
        delegated_by=None,
        decree="1/MTC",
    )
    office.write(mandate, term)

    with ledger.read() as session:
        (stands,) = standing(session, office.person, START + DAY)
        after = standing(session, office.person, START + 6 * DAY)

    assert ([(power.act, power.limit_lak) for power in stands.mandates], after) == ([("sign-decree", 5)], [])


def further_post(office: Office, number: int, *, acting: bool, first: int, last: int | None = None) -> str:
    """The id of a ministry of its own, in which the person holds a post from one day until before another."""
    body, post, appointment = (f"{kind}{number}" for kind in "bpa")
    office.write(Organisation(id=body, code=f"M{number}"))
    for told, (name, since) in enumerate((("Before", -900), ("Now", 0)), 1):
        office.write(
            OrganisationDetail(
                id=f"d{number}-{told}", organisation_id=body, number=told, kind="ministry", name_lo="ກະຊວງ",
                name_en=f"{name} {number}", domains="", valid_from=START + since * DAY, valid_to=None,
            )
        )  # fmt: skip
    office.write(Post(id=post, code=f"M{number}/dg", organisation_id=body, name_lo="ຫົວໜ້າ", name_en="Head"))
    office.write(Appointment(id=appointment, person_id=office.person, post_id=post))
    office.write(
        AppointmentTerm(
            id=f"t{number}", appointment_id=appointment, number=1, valid_from=START + first * DAY,
            valid_to=None if last is None else START + last * DAY, acting=acting, decree=f"{number}/X",
        )
    )  # fmt: skip
    return body


def first_of_standing(office: Office, day: int) -> tuple[Held | None, Held | None]:
    """The first post by the short way, and by the long one without the powers."""
    at = START + day * DAY
    with office.ledger.read() as session:
        short, long = first_post(session, office.person, at), standing(session, office.person, at)
    return short, Held(**{name: getattr(long[0], name) for name in Held.__dataclass_fields__}) if long else None


def test_the_first_post_is_that_of_the_whole_standing_whatever_is_held(office: Office, clock: TurnedClock) -> None:
    office.tell(0, None)
    office.tell(5, 20)
    further_post(office, 1, acting=True, first=-30)
    gone = further_post(office, 2, acting=False, first=-10, last=3)
    office.write(Succession(id="s1", organisation_id=gone, successor_id="b1", at=START + 2 * DAY))

    found = {day: first_of_standing(office, day) for day in (-40, -20, -5, 0, 2, 4, 5, 25)}

    assert [short for short, _ in found.values()] == [long for _, long in found.values()]
    assert [short and short.post for short, _ in found.values()] == [
        None, "M1/dg", "M2/dg", "M2/dg", "M2/dg", "M1/dg", "MTC/cabinet/chief", "M1/dg",
    ]  # fmt: skip
    [successor] = found[-5][0].successors if found[-5][0] else ()
    assert successor.name_en == "Now 1"


@pytest.mark.parametrize("posts", [0, 1, 9])
def test_the_first_post_is_one_statement_however_many_are_held(
    office: Office, posts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(posts):
        further_post(office, number, acting=number > 3, first=0)
    asked: list[str] = []
    own: list[Any] = []
    asking = prepared._asked

    def noted(driver: Any, statement: str, values: Any) -> list[list[Any]]:
        asked.extend([statement] * (driver in own))
        return asking(driver, statement, values)

    monkeypatch.setattr(prepared, "_asked", noted)

    with office.ledger.read() as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *said: asked.append(said[2]))
        own.append(session.connection().connection.driver_connection)
        first_post(session, office.person, START + DAY)

    assert len(asked) == 1


def test_a_duty_counts_until_it_ends(office: Office, ledger: Ledger) -> None:
    duty = Duty(
        id=ledger.new_id(),
        person_id=office.person,
        kind="auditor",
        desk=None,
        valid_from=START,
        valid_to=START + 9 * DAY,
    )
    office.write(duty)
    office.write(DutyEnd(duty_id=duty.id, at=START + 2 * DAY))

    with ledger.read() as session:
        counted = [len(duties(session, office.person, START + day * DAY)) for day in (-1, 0, 1, 2, 10)]

    assert counted == [0, 1, 1, 0, 0]


def test_a_cutoff_kills_what_began_at_its_instant_or_before(office: Office, ledger: Ledger) -> None:
    office.write(Cutoff(id=ledger.new_id(), person_id=office.person, at=START, reason="keyCompromise"))
    instant = timedelta(microseconds=1)

    with ledger.read() as session:
        dead = [cut_off(session, office.person, START + offset) for offset in (-DAY, 0 * DAY, instant)]

    assert dead == [True, True, False]


PERIODS = st.lists(
    st.tuples(st.integers(-20, 20), st.none() | st.integers(1, 20)).map(
        lambda pair: (pair[0], None if pair[1] is None else pair[0] + pair[1])
    ),
    min_size=1,
    max_size=6,
)


def versions(periods: list[tuple[int, int | None]]) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(number=number, valid_from=first, valid_to=last)
        for number, (first, last) in enumerate(periods, 1)
    ]


@given(PERIODS, st.integers(-30, 50))
def test_the_version_that_tells_of_a_day_is_the_newest_of_its_beginning(
    periods: list[tuple[int, int | None]], day: int
) -> None:
    chosen = period_at(versions(periods), day)  # type: ignore[arg-type]

    assert chosen.number == max(one.number for one in versions(periods) if one.valid_from == chosen.valid_from)


@given(PERIODS, PERIODS, st.integers(-30, 50))
def test_what_is_told_later_does_not_change_what_was_known(
    known: list[tuple[int, int | None]], later: list[tuple[int, int | None]], day: int
) -> None:
    everything = versions(known + later)

    chosen = period_at([one for one in everything if one.number <= len(known)], day)  # type: ignore[arg-type]

    assert chosen.number == period_at(versions(known), day).number  # type: ignore[arg-type]


@given(PERIODS, st.integers(-30, 50))
def test_the_order_in_which_versions_are_read_does_not_count(periods: list[tuple[int, int | None]], day: int) -> None:
    forwards = period_at(versions(periods), day)  # type: ignore[arg-type]
    backwards = period_at(versions(periods)[::-1], day)  # type: ignore[arg-type]

    assert forwards.number == backwards.number
