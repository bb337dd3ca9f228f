"""What came of a desk is found whole: what followed, and what machines have by a person who was seen there."""

from datetime import datetime, timedelta
from hashlib import sha256

import pytest

from ca.desk_search import found_at
from ca.reissue.selection import Selection, affected
from ca.search import By, Query, search, search_all
from ca.tables.registration import Enrolment, Evidence
from ledger.base import Fact
from ledger.certificates import Certificate, Intent, KeyUse
from ledger.ledger import Deed, Ledger
from tests.ca.conftest import FIRST, SECOND, TEST, PracticeCa
from tests.ca.desk import CLERK, HOLDER, Desk
from tests.ca.events import Registered
from tests.ca.following import Holder
from tests.ca.machines.ministry import Ministry
from tests.ca.registration.offices import desk as open_desk
from tests.ca.registration.offices import duty
from tests.issuing import KeySigner
from tests.ledger.test_waiting import work_of

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


def asked_for(ledger: Ledger, desk: str, count: int, papers: int = 1) -> None:
    """So many requests at that desk, each with so many papers and a certificate."""
    place, facts = Desk(ledger), list[Fact]()
    facts.append(KeyUse(key_sha256=desk, subject=f"p{HOLDER}"))
    for number in range(count):
        key, serial, now = f"{desk}-{number:08}", 100_000 + number, ledger.clock.now()
        enrolment = Enrolment(
            id=key, person_id=f"p{HOLDER}", profile="device", request=b"", key_sha256=desk, evidence_digest="00" * 32,
            digest="11" * 32,
        )  # fmt: skip
        facts += [
            enrolment,
            *(
                Evidence(
                    id=f"{key}-{paper}", enrolment_id=key, kind="passport", issuer="MOFA", issued_on="2020-01-01",
                    scan_sha256="ab" * 32, officer_id=f"p{CLERK}", place=desk, method="in-person",
                )
                for paper in range(papers)
            ),
        ]  # fmt: skip
        facts += [
            Intent(
                id=key, issuer_id=place.issuer.id, serial_number=f"{serial:x}", dense_number=serial, profile="device",
                tbs=b"", enrolment_id=key, person_id=None,
            ),
            Certificate(
                id=key, issuer_id=place.issuer.id, serial_number=f"{serial:x}", sha256=sha256(key.encode()).hexdigest(),
                key_sha256=key, der=b"", profile="device", person_id=None, not_before=now, not_after=now,
            ),
        ]  # fmt: skip
    ledger.entries([Deed(Registered(desk), TEST, facts[start : start + 100]) for start in range(0, len(facts), 100)])


@pytest.mark.sqlite_only("it counts the steps of SQLite's machine")
def test_a_page_costs_the_same_where_fifty_more_come_and_where_two_thousand_do(ledger: Ledger) -> None:
    asked_for(ledger, "big", 2000)
    begin, cost = "big-00001950", {}

    for name, after in (("last fifty", (begin, begin)), ("all", None)):
        with work_of(ledger, every=100) as steps, ledger.read() as session:
            assert len(found_at(session, "big", None, after, 10)) == 10
            cost[name] = steps()

    assert cost["all"] <= 2 * cost["last fifty"]


@pytest.mark.sqlite_only("the statement is the same")
def test_a_request_with_many_papers_is_met_once(ledger: Ledger) -> None:
    asked_for(ledger, "small", 3, papers=7)

    with ledger.read() as session:
        pages: list[tuple[str, str]] = []
        after = None
        while page := found_at(session, "small", None, after, 1):
            pages += page
            after = page[-1]

    assert [root for root, _ in pages] == [f"small-{number:08}" for number in range(3)]


@pytest.fixture
def ministry(ca: PracticeCa) -> Ministry:
    return with_two_desks(ca)


def with_two_desks(ca: PracticeCa) -> Ministry:
    """A ministry whose machines two desks may allow something, by the same officers."""
    open_desk(ca.ledger, "pakse")
    for number in (FIRST, SECOND):
        duty(ca.ledger, number, "pakse")
    return Ministry.of(ca)
