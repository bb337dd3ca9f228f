from datetime import UTC, date, datetime

import pytest

from ledger.dates import DateUnfit, age, day_after_begins, day_begins, day_of, parse_date


@pytest.mark.parametrize(
    "text", ["2025-12-29", "29/12/2025", "29.12.2025", "29 ທັນວາ 2025", "໒໙ ທັນວາ ໒໐໒໕", "29ທັນວາ2025", "๒๙/๑๒/๒๐๒๕"]
)
def test_a_date_is_taken_as_people_write_it(text: str) -> None:
    assert parse_date(text) == date(2025, 12, 29)


def test_the_day_comes_first() -> None:
    assert parse_date("5/1/2026") == date(2026, 1, 5)


@pytest.mark.parametrize("text", ["", "2025-13-01", "29 ທັນ 2025", "31/02/2025", "25-12-29", "2025-12-29T00:00"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(DateUnfit) as refused:
        parse_date(text)

    assert refused.value.code == "register.date"


@pytest.mark.parametrize("text", ["2568-12-29", "29/12/2568", "29 ທັນວາ 2400", "2700-01-01"])
def test_a_buddhist_year_is_refused_with_advice(text: str) -> None:
    with pytest.raises(DateUnfit) as refused:
        parse_date(text)

    assert refused.value.code == "register.buddhist-year"


def test_a_day_begins_seven_hours_before_it_does_in_utc() -> None:
    assert day_begins(date(2026, 1, 1)) == datetime(2025, 12, 31, 17, tzinfo=UTC)


def test_the_end_of_a_last_day_is_the_beginning_of_the_next() -> None:
    assert day_after_begins(date(2025, 12, 31)) == day_begins(date(2026, 1, 1))


def test_half_past_midnight_in_vientiane_is_the_next_day() -> None:
    assert day_of(datetime(2026, 1, 1, 17, 30, tzinfo=UTC)) == date(2026, 1, 2)


def test_one_is_a_year_older_on_the_birthday_and_not_before() -> None:
    born = date(2008, 11, 24)

    assert (age(born, date(2026, 11, 23)), age(born, date(2026, 11, 24))) == (17, 18)
