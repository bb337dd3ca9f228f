"""Who may have which certificate: the decision alone, without a database."""

from datetime import date, timedelta

import pytest

from ca.policy import Applicant, may_be_certified
from ledger.decision import Allow, Refuse
from tests.doubles import START

TODAY = date(2026, 11, 24)


def applicant(born: date | None = date(1980, 1, 31), *, officer: bool = True) -> Applicant:
    return Applicant(known=True, number="10000017", officer_now=officer, born=born, cut_off=None)


@pytest.mark.parametrize("profile", ["officer-authentication", "officer-signing"])
def test_an_officer_certificate_is_for_who_is_eighteen_on_that_day(profile: str) -> None:
    on_the_birthday = may_be_certified(profile, applicant(date(2008, 11, 24)), START, TODAY, 18)
    a_day_before = may_be_certified(profile, applicant(date(2008, 11, 25)), START, TODAY, 18)

    assert (on_the_birthday, a_day_before) == (Allow(), Refuse("enrolment.too-young"))


def test_a_citizen_may_be_younger() -> None:
    child = applicant(date(2012, 1, 1), officer=False)

    assert may_be_certified("citizen-authentication", child, START, TODAY, 18) == Allow()


def test_an_officer_certificate_is_for_who_is_in_a_post_now() -> None:
    gone = applicant(officer=False)

    assert may_be_certified("officer-signing", gone, START, TODAY, 18) == Refuse("enrolment.no-appointment")


def test_what_was_asked_for_before_a_cutoff_is_dead() -> None:
    cut = Applicant(known=True, number="10000017", officer_now=True, born=None, cut_off=START)

    at_once = may_be_certified("officer-signing", cut, START, TODAY, 18)
    later = may_be_certified("officer-signing", cut, START + timedelta(seconds=1), TODAY, 18)

    assert (at_once, later) == (Refuse("enrolment.person-cut-off"), Allow())
