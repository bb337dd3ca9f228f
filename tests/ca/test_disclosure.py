"""The practice statement says what runs, in both languages, to everybody."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from ca.app import create_app
from ca.configuration import DEFAULT
from ca.policy import REASONS
from ca.profiles import PROFILES
from ca.publication.crl import EVERY, LIFE
from pki import oids
from tests.ca.conftest import PracticeCa
from web.home import Mode
from web.settings import HouseSettings

HOUR = timedelta(hours=1)


@pytest.fixture
def stranger(ca: PracticeCa) -> FlaskClient:
    """Somebody who never signed in."""
    settings = HouseSettings("ca", ca.home, Mode.PRACTICE, ca.ledger.url, "https://localhost:8443")
    return create_app(settings, ledger=ca.ledger).test_client()


def test_the_practice_statement_is_made_from_the_rules_that_run(stranger: FlaskClient) -> None:
    page = stranger.get("/cps?lang=en").text

    said = {f"{oids.PRACTICE_ARC}.{profile.policy}" for profile in PROFILES.values() if profile.policy}
    limits = {f"{profile.longest_validity.days} days" for profile in PROFILES.values()}
    assert {each for each in said | limits | set(REASONS) if each not in page} == set()
    assert f"at least every {EVERY // HOUR} hours, and hold for {LIFE // HOUR}" in page
    assert f"{DEFAULT.decisions_needed} different registration officers must agree" in page


def test_everybody_learns_who_the_ca_is_its_limits_and_where_status_is_had(
    stranger: FlaskClient, ca: PracticeCa
) -> None:
    pages = [stranger.get(f"/cps?lang={language}") for language in ("lo", "en")]

    assert [page.status_code for page in pages] == [200, 200]
    assert pages[0].text != pages[1].text
    for page in pages:
        assert f"{ca.home.url('ocsp')}/" in page.text
        assert "/crl/officers-1.crl" in page.text
        assert "<script" not in page.text
