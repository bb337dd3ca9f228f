"""What everybody reads without signing in: statement, disclosure and terms, every version of them."""

from hashlib import sha256
from http import HTTPStatus

import pytest
from flask.testing import FlaskClient

from ca.app import create_app
from ca.statement.disclosure import ITEMS
from ca.statement.paper import Papers
from ca.tables.statement import StatementVersion
from ledger.canonical import canonical
from tests.ca.conftest import FIRST, SECOND, PracticeCa
from tests.ca.statement.test_publishing import agreed, configure, plan, published
from web.home import Mode
from web.settings import HouseSettings

pytestmark = pytest.mark.usefixtures("believing")

MOST_OCTETS = 15 * 1024


@pytest.fixture
def stranger(ca: PracticeCa) -> FlaskClient:
    """Somebody who never signed in."""
    settings = HouseSettings("ca", ca.home, Mode.PRACTICE, ca.ledger.url, "https://localhost:8443")
    return create_app(settings, ledger=ca.ledger).test_client()


def test_the_practice_statement_is_served_with_version_digest_and_entry(stranger: FlaskClient, ca: PracticeCa) -> None:
    with ca.ledger.read() as session:
        version = session.query(StatementVersion).filter_by(document="cps").one()

    pages = [stranger.get(f"{path}?lang={language}") for path in ("/", "/cps", "/cps/1") for language in ("lo", "en")]

    assert {page.status_code for page in pages} == {200}
    assert [page for page in pages if version.digest not in page.text or version.entry_id not in page.text] == []
    assert [page for page in pages if "<script" in page.text or "/crl/officers-1.crl" not in page.text] == []
    assert "1.4.2 ການນຳໃຊ້ທີ່ຫ້າມ" in pages[0].text
    assert "4.9.16 Limits on suspension period" in pages[1].text


def test_the_plain_texts_are_what_the_digest_is_over(stranger: FlaskClient, ca: PracticeCa) -> None:
    texts = {language: stranger.get(f"/terms/1.txt?lang={language}").text for language in ("lo", "en")}

    with ca.ledger.read() as session:
        version = session.query(StatementVersion).filter_by(document="terms").one()
    assert sha256(canonical(texts)).hexdigest() == version.digest


def test_an_old_version_stays_reachable_and_says_that_it_is_old(stranger: FlaskClient, ca: PracticeCa) -> None:
    configure(ca, hold_days=10)
    digest = plan(ca)
    agreed(ca, FIRST, digest)
    published(ca, SECOND, digest)

    old, new = (stranger.get(f"/cps{path}?lang=en").text for path in ("/1", ""))

    assert "At most 30 days" in old
    assert "This version is old; version 2 is in force." in old
    assert "At most 10 days" in new
    assert '<a href="/cps/1">' in new


@pytest.mark.parametrize("path", ["/cps/7", "/cps/0", "/other", "/terms/2.txt"])
def test_a_version_that_there_is_not_is_not_found(stranger: FlaskClient, path: str) -> None:
    assert stranger.get(path).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("language", ["lo", "en"])
def test_the_disclosure_is_short_and_needs_no_script(stranger: FlaskClient, language: str) -> None:
    page = stranger.get(f"/disclosure?lang={language}")

    assert len(page.data) < MOST_OCTETS
    assert "<script" not in page.text
    assert page.text.count("<h2") == len(ITEMS)


def test_the_disclosure_has_a_twin_for_programs_that_says_the_same(stranger: FlaskClient) -> None:
    twin = stranger.get("/disclosure.json").get_json()

    pages = {language: stranger.get(f"/disclosure?lang={language}").text for language in ("lo", "en")}
    said = [
        (language, line)
        for item in ITEMS
        for language in pages
        for line in [twin["items"][item][language]["title"], *twin["items"][item][language]["text"]]
    ]
    assert len(said) > 2 * 2 * len(ITEMS)
    assert [line for language, line in said if line.replace("'", "&#39;") not in pages[language]] == []


@pytest.mark.sqlite_only("the paper is the same on both engines")
def test_a_version_on_paper_is_the_same_octets_whoever_makes_it(stranger: FlaskClient, ca: PracticeCa) -> None:
    with ca.ledger.read() as session:
        version = session.query(StatementVersion).filter_by(document="disclosure").one()

    served = stranger.get("/disclosure/1.pdf?lang=lo")

    title = "ສິ່ງທີ່ຄວນຮູ້ກ່ອນໃຊ້ໃບຢັ້ງຢືນ"
    assert served.mimetype == "application/pdf"
    assert served.data.startswith(b"%PDF-")
    assert served.data == Papers(practice=True).of(version, "lo", title)
    assert served.data != Papers(practice=False).of(version, "lo", title)


def test_readiness_says_what_is_not_as_it_was_published(stranger: FlaskClient, ca: PracticeCa) -> None:
    before = stranger.get("/readyz").get_json()["wrong"]
    configure(ca, hold_days=10)

    wrong = stranger.get("/readyz").get_json()["wrong"]

    assert "statement" not in before
    assert wrong["statement"].startswith("hold_days is 10")
