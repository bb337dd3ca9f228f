"""What came of a desk is found whole: what followed, and what machines have by a person who was seen there."""

from datetime import datetime, timedelta

import pytest

from ca.desk_search import found_at
from ca.reissue.selection import Selection, affected
from ca.search import By, Query, search, search_all
from ledger.certificates import Certificate
from tests.ca.conftest import FIRST, SECOND, PracticeCa
from tests.ca.following import Holder
from tests.ca.machines.ministry import Ministry
from tests.ca.registration.offices import desk as open_desk
from tests.ca.registration.offices import duty
from tests.issuing import KeySigner

HERE = "center"


def found(ca: PracticeCa, desk: str, since: datetime | None = None) -> set[str]:
    with ca.ledger.read() as session:
        rows = list(search_all(session, Query(By.DESK, desk, since), ca.ledger.clock.now()))
    assert len({row.sha256 for row in rows}) == len(rows)
    return {row.sha256 for row in rows}


def selected(ca: PracticeCa, desk: str) -> set[str]:
    """By a campaign, which leaves out what has ended."""
    with ca.ledger.read() as session:
        ids = [one.certificate_id for one in affected(session, Selection(desk=desk), ca.ledger.clock.now())]
        return {session.get_one(Certificate, key).sha256 for key in ids}


def turn(ca: PracticeCa, **by: float) -> None:
    ca.ledger.clock.turn(**by)  # type: ignore[attr-defined]


@pytest.fixture
def line(ca: PracticeCa) -> list[Certificate]:
    """A certificate, its renewal, and what followed that by a new key."""
    holder, signer = Holder.of(ca), KeySigner()
    first = holder.first()
    turn(ca, days=1)
    second = holder.renewed(first)
    turn(ca, days=1)
    asked = holder.rekey(second, signer)
    assert isinstance(asked, str)
    ca.vote(FIRST, asked)
    return [first, second, holder.issued(signer)]


def test_what_follows_a_certificate_is_of_the_desk_where_its_papers_were_seen(
    ca: PracticeCa, line: list[Certificate]
) -> None:
    begun = ca.ledger.clock.now() - timedelta(days=2, minutes=1)

    whole, since, later = found(ca, HERE), found(ca, HERE, begun), found(ca, HERE, begun + timedelta(days=1))

    assert {one.sha256 for one in line} <= since <= whole
    assert later == set()
    assert {one.sha256 for one in line[1:]} <= selected(ca, HERE)  # the first has been replaced for a day


def test_pages_of_one_give_what_follows_too(ca: PracticeCa, line: list[Certificate]) -> None:
    query, now, cursor, pages = Query(By.DESK, HERE), ca.ledger.clock.now(), None, []
    with ca.ledger.read() as session:
        whole = [one.sha256 for one in search_all(session, query, now)]
        for _ in whole:
            page = search(session, query, now, after=cursor, limit=1)
            cursor = page.next
            pages += [one.sha256 for one in page.found]

    assert (pages, cursor) == (whole, None)
    assert {one.sha256 for one in line} <= set(whole)


def test_a_machines_certificate_is_of_the_desk_that_allowed_it_and_of_the_one_that_saw_who_answers_for_it(
    ministry: Ministry,
) -> None:
    ca = ministry.ca
    here = ministry.issued(ministry.allowed(), "a.mtc.gov.la")
    there = ministry.issued(ministry.allowed(desk="pakse"), "b.mtc.gov.la")

    assert {here.sha256, there.sha256} <= found(ca, HERE) & selected(ca, HERE)
    assert found(ca, "pakse") == selected(ca, "pakse") == {there.sha256}


def test_a_page_walks_no_further_than_it_is_long(ca: PracticeCa, line: list[Certificate]) -> None:
    with ca.ledger.read() as session:
        whole = found_at(session, HERE, None, None, 500)
        first = found_at(session, HERE, None, None, 2)
        rest = found_at(session, HERE, None, first[-1], 500)

    assert [*first, *rest] == list(whole)
    assert list(whole) == sorted(whole)


@pytest.fixture
def ministry(ca: PracticeCa) -> Ministry:
    return with_two_desks(ca)


def with_two_desks(ca: PracticeCa) -> Ministry:
    """A ministry whose machines two desks may allow something, by the same officers."""
    open_desk(ca.ledger, "pakse")
    for number in (FIRST, SECOND):
        duty(ca.ledger, number, "pakse")
    return Ministry.of(ca)
