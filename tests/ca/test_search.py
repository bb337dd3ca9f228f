"""Certificates are found by what an operator has in his hand: a name in either script, a number, a serial, a desk."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from ca.search import By, CursorUnfit, Found, Query, search, search_all
from ledger.certificates import Certificate, Hold, Revocation
from ledger.event import Actor
from ledger.ledger import Deed
from ledger.people import Person, PersonDetail
from ledger.spelling import fold_name
from tests.ca.conftest import PracticeCa
from tests.ca.events import Registered

TEST = Actor.system("test")
NAMES = {
    "20000001": ("ຄຳຫຼ້າ", "ພົມມະຈັນ", "Khamla", "Phommachan"),
    "20000002": ("ຄຳຫຼ້າ", "ວົງສາ", "Khamla", "Vongsa"),
    "20000003": ("ບຸນມີ", None, "Bounmy", None),
}


@pytest.fixture
def issued(ca: PracticeCa) -> PracticeCa:
    """Three citizens have a certificate each; the first has another since."""
    for number, (given, family, given_en, family_en) in NAMES.items():
        detail = PersonDetail(
            id=f"d{number}", person_id=f"p{number}", number=1, given_lo=given, family_lo=family, given_en=given_en,
            family_en=family_en, search_key=fold_name(given, family), search_key_en=fold_name(given_en, family_en),
            source="citizens",
        )  # fmt: skip
        ca.ledger.entries([Deed(Registered(f"p{number}"), TEST, [Person(id=f"p{number}", number=number), detail])])
    for number in (*NAMES, "20000001"):
        ca.approved(number, "citizen-authentication")
        ca.room().turn()
        ca.ledger.clock.turn(days=1)  # type: ignore[attr-defined]
    return ca


def found(ca: PracticeCa, by: By, text: str, **more: object) -> list[Found]:
    with ca.ledger.read() as session:
        return list(search_all(session, Query(by, text, **more), ca.ledger.clock.now()))  # type: ignore[arg-type]


def people(rows: list[Found]) -> list[str | None]:
    return [row.person for row in rows]


def certificate(ca: PracticeCa, number: str) -> Certificate:
    with ca.ledger.read() as session:
        return session.query(Certificate).filter_by(person_id=f"p{number}").order_by(Certificate.id).first()  # type: ignore[return-value]


@pytest.mark.parametrize("text", ["ຄຳຫຼ້າ", "ຄໍາຫລ້າ", "Khamla", "khamla"])
def test_a_name_is_found_in_both_scripts_however_it_is_spelt(issued: PracticeCa, text: str) -> None:
    rows = found(issued, By.NAME, text)

    assert people(rows) == ["20000001", "20000001", "20000002"]


def test_the_beginning_of_a_name_is_enough_and_the_middle_is_not(issued: PracticeCa) -> None:
    assert people(found(issued, By.NAME, "khamla v")) == ["20000002"]
    assert people(found(issued, By.NAME, "ບຸນ")) == ["20000003"]
    assert found(issued, By.NAME, "vongsa") == []


@pytest.mark.postgresql_only("SQLite plans each statement for its values")
def test_a_name_is_looked_for_by_a_plan_of_its_own_and_nothing_after_it_is(issued: PracticeCa) -> None:
    """One plan for all beginnings would sort everybody whose name begins so, page after page."""
    shown = text("SHOW plan_cache_mode")
    with issued.ledger.read() as session:
        search(session, Query(By.NAME, "khamla"), issued.ledger.clock.now())
        within = session.scalar(shown)
    with issued.ledger.read() as session:
        after = session.scalar(shown)

    assert (within, after) == ("force_custom_plan", "force_generic_plan")


@pytest.mark.postgresql_only("SQLite has no helpers")
def test_a_page_of_a_desk_waits_for_no_helper_to_start(issued: PracticeCa) -> None:
    """Starting one takes longer than the page."""
    shown = text("SHOW max_parallel_workers_per_gather")
    with issued.ledger.read() as session:
        search(session, Query(By.DESK, "center"), issued.ledger.clock.now())
        within = session.scalar(shown)
    with issued.ledger.read() as session:
        after = session.scalar(shown)

    assert (within, after) == ("0", "2")


def test_a_person_is_found_by_his_present_name_alone(issued: PracticeCa) -> None:
    renamed = PersonDetail(
        id="later", person_id="p20000003", number=2, given_lo="ສີດາ", family_lo=None, given_en="Sida", family_en=None,
        search_key="ສີດາ", search_key_en="sida", source="citizens",
    )  # fmt: skip
    issued.ledger.entries([Deed(Registered("p20000003"), TEST, [renamed])])

    assert people(found(issued, By.NAME, "bounmy")) == []
    assert people(found(issued, By.NAME, "sida")) == ["20000003"]


@pytest.mark.parametrize("text", ["20000001", "໒໐໐໐໐໐໐໑", "EG:LA-20000001"])
def test_a_number_finds_all_certificates_of_the_person(issued: PracticeCa, text: str) -> None:
    assert people(found(issued, By.NUMBER, text)) == ["20000001", "20000001"]


def test_a_certificate_is_found_by_serial_key_and_digest(issued: PracticeCa) -> None:
    one = certificate(issued, "20000002")

    assert [row.sha256 for row in found(issued, By.SERIAL, f"0x{one.serial_number.upper()}")] == [one.sha256]
    assert [row.sha256 for row in found(issued, By.KEY, one.key_sha256)] == [one.sha256]
    assert [row.sha256 for row in found(issued, By.SHA256, one.sha256.upper())] == [one.sha256]


def test_a_desk_has_what_was_asked_for_there_since_a_day(issued: PracticeCa) -> None:
    since = issued.ledger.clock.now() - timedelta(days=2, minutes=1)

    assert people(found(issued, By.DESK, "center")) == ["20000001", "20000002", "20000003", "20000001"]
    assert people(found(issued, By.DESK, "center", since=since)) == ["20000003", "20000001"]
    assert found(issued, By.DESK, "elsewhere") == []


@pytest.mark.parametrize("query", [Query(By.NAME, "khamla"), Query(By.DESK, "center"), Query(By.NUMBER, "20000001")])
def test_pages_of_one_give_the_same_as_all_at_once(issued: PracticeCa, query: Query) -> None:
    now, cursor = issued.ledger.clock.now(), None
    pages: list[Found] = []
    with issued.ledger.read() as session:
        whole = list(search_all(session, query, now))
        for _ in whole:
            page = search(session, query, now, after=cursor, limit=1)
            cursor = page.next
            pages += page.found

    assert (pages, cursor) == (whole, None)


def test_the_state_is_of_now(issued: PracticeCa) -> None:
    at, first, second = issued.ledger.clock.now(), certificate(issued, "20000001"), certificate(issued, "20000002")
    ended = Revocation(certificate_id=first.id, at=at, reason="superseded")
    issued.ledger.entries([Deed(Registered("x"), TEST, [ended, Hold(id="h", certificate_id=second.id, at=at)])])

    before = [row.status for row in found(issued, By.NAME, "khamla")]
    issued.ledger.clock.turn(days=800)  # type: ignore[attr-defined]
    after = [row.status for row in found(issued, By.NAME, "khamla")]

    assert before == ["revoked", "good", "held"]
    assert after == ["revoked", "expired", "expired"]


@pytest.mark.parametrize("query", [Query(By.NAME, "khamla"), Query(By.DESK, "center")])
def test_a_cursor_that_is_none_is_refused(issued: PracticeCa, query: Query) -> None:
    with issued.ledger.read() as session, pytest.raises(CursorUnfit):
        search(session, query, issued.ledger.clock.now(), after="a|b|c|d")


def test_our_own_services_are_found_without_a_person(issued: PracticeCa) -> None:
    with issued.ledger.read() as session:
        own = session.query(Certificate).filter_by(profile="tsa-unit").one()

    [row] = found(issued, By.SERIAL, own.serial_number)

    assert (row.person, row.issuer) == (None, "services-1")
