"""`ending-proof`: whoever doubts that a holder wanted it verifies his sign-in again, and a made-up one shows."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from ca.tables.endings import SignInProof
from ledger.certificates import Certificate
from ledger.ledger import Ledger
from scripts.__main__ import Verbs
from tests.ca.desk import CLERK, HOLDER, Desk
from tests.ca.provided import BACK, OWN, Provided
from tests.conftest import url_of
from tests.doubles import SteadyChance, TurnedClock
from tests.ledger.doubles import without_guards


@pytest.fixture
def provided(ledger: Ledger, tmp_path: Path, clock: TurnedClock, database_url: str) -> Iterator[Provided]:
    own = Ledger(url_of("holder", database_url), clock, SteadyChance(7), "0.1.0", "holder")
    yield Provided(Desk(ledger), tmp_path, clock, own)
    own.close()


@pytest.fixture
def ended(provided: Provided) -> Certificate:
    """A certificate that its holder ended on his page."""
    certificate = provided.desk.certify(f"p{HOLDER}", "officer-signing")
    surfer = provided.surfer()
    page = provided.sign_in(surfer, f"{OWN}/{certificate.id}/end?ground=key-unusable")
    assert surfer.submit(page, page.forms[-1], {}).status == 200
    return certificate


def told(provided: Provided, certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[bool]]:
    """The exit code, and whether each proof holds."""
    monkeypatch.setenv("LAOTRUST_DATABASE_URL", url_of("audit", provided.desk.ledger.url))
    words = ["ending-proof", certificate.sha256, "--json", "--home", str(provided.home.path)]
    result = CliRunner().invoke(Verbs("laotrust"), words)
    return result.exit_code, [one["holds"] for one in json.loads(result.stdout)["proofs"]]


def test_what_a_holder_did_is_proven_again_even_after_the_token_key_was_followed(
    provided: Provided, ended: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    provided.clock.turn(hours=1)
    provided.desk.issuer.revoke(provided.token_certificate.id, provided.clock.now())

    assert told(provided, ended, monkeypatch) == (0, [True])


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE sign_in_proof SET reason = 'key-loss'",
        f"UPDATE sign_in_proof SET person_id = 'p{CLERK}'",
        "UPDATE sign_in_proof SET session_id = 'another'",
        "UPDATE sign_in_proof SET acr = 'urn:laotrust:acr:3'",
        "UPDATE sign_in_proof SET act_at = act_at + 1",
        "UPDATE sign_in_proof SET authenticated_at = authenticated_at + 1000000",
        "UPDATE sign_in_proof SET token = 'e30.e30.e30'",
    ],
)
def test_what_is_not_as_it_was_kept_proves_nothing(
    provided: Provided, ended: Certificate, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    without_guards(provided.desk.ledger)(change)

    assert told(provided, ended, monkeypatch) == (1, [False])


def test_a_token_of_another_issuer_or_for_another_page_proves_nothing(
    provided: Provided, ended: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_guards(provided.desk.ledger)("UPDATE client SET redirect_uris = 'https://other.gov.la/back'")
    other_page = told(provided, ended, monkeypatch)
    without_guards(provided.desk.ledger)(f"UPDATE client SET redirect_uris = '{BACK}'")
    right = told(provided, ended, monkeypatch)
    monkeypatch.setenv("LAOTRUST_ISSUER", "https://evil.example")

    assert (other_page, right, told(provided, ended, monkeypatch)) == ((1, [False]), (0, [True]), (1, [False]))


def test_a_certificate_that_nobody_ended_by_signing_in_has_no_such_proof(
    provided: Provided, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = provided.desk.certify(f"p{HOLDER}", "officer-signing")

    with provided.desk.ledger.read() as session:
        assert session.scalars(select(SignInProof)).all() == []
    assert told(provided, certificate, monkeypatch) == (0, [])
