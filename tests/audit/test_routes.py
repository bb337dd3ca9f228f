"""What everybody may ask of the log, as a client that trusts only the verifier key."""

from base64 import b64decode
from hashlib import sha256

import pytest
from flask.testing import FlaskClient

from ledger.checkpoint import VerifierKey, verify_checkpoint
from ledger.ledger import Ledger
from ledger.merkle import verify_consistency, verify_inclusion
from ledger.outside import Outside
from tests.doubles import TurnedClock
from tests.ledger.doubles import SeedSigner, note_people
from web.home import Home


def test_the_newest_checkpoint_verifies_under_the_published_key(browser: FlaskClient, entries: list[str]) -> None:
    answer = browser.get("/checkpoint")
    keys = [VerifierKey.parse(line) for line in browser.get("/verifier-keys").text.splitlines()]

    assert answer.mimetype == "text/plain"
    assert verify_checkpoint(answer.text, keys).size == 12
    assert keys == [VerifierKey.of(SeedSigner())]


def test_an_inclusion_proof_leads_to_the_checkpoint_that_comes_with_it(
    browser: FlaskClient, entries: list[str]
) -> None:
    proof = browser.get(f"/proof/inclusion/{entries[7]}").get_json()

    checkpoint = verify_checkpoint(proof["checkpoint"], [VerifierKey.of(SeedSigner())])
    path = [b64decode(step) for step in proof["path"]]
    verify_inclusion(b64decode(proof["leaf"]), proof["index"], checkpoint.size, path, checkpoint.root)
    assert proof["index"] == 7
    assert b64decode(proof["leaf_hash"]) == sha256(b"\x00" + b64decode(proof["leaf"])).digest()


def test_a_consistency_proof_leads_from_an_older_checkpoint_to_the_newest(
    browser: FlaskClient, home: Home, entries: list[str]
) -> None:
    keys = [VerifierKey.of(SeedSigner())]
    old = Outside(home.checkpoints).of_size(6)
    assert old is not None
    new = verify_checkpoint(browser.get("/checkpoint").text, keys)

    proof = browser.get("/proof/consistency?from=6").get_json()

    path = [b64decode(step) for step in proof["path"]]
    verify_consistency(old.size, new.size, path, old.root, new.root)


def test_a_proof_shows_nothing_of_the_entry_s_text(browser: FlaskClient, entries: list[str]) -> None:
    answer = browser.get(f"/proof/inclusion/{entries[7]}").text

    assert "p000007" not in answer
    assert "person-noted" not in answer
    assert "system:test" not in answer


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/proof/inclusion/nobody", 404, "entry.unknown"),
        ("/proof/consistency?from=1&to=13", 404, "checkpoint.no-such-size"),
        ("/proof/consistency?from=0&to=12", 404, "checkpoint.no-such-size"),
        ("/proof/consistency?from=six&to=12", 400, "checkpoint.sizes-wanted"),
        ("/proof/consistency", 400, "checkpoint.sizes-wanted"),
        ("/proof/consistency?from=1&to=99999999999999999999", 400, "checkpoint.sizes-wanted"),
    ],
)
def test_what_cannot_be_proven_is_refused_with_a_code(
    browser: FlaskClient, entries: list[str], path: str, status: int, code: str
) -> None:
    answer = browser.get(path)

    assert answer.status_code == status
    assert answer.get_json()["code"] == code


def test_a_log_without_a_checkpoint_says_so(browser: FlaskClient) -> None:
    answer = browser.get("/checkpoint")

    assert (answer.status_code, answer.get_json()["code"]) == (404, "checkpoint.none-yet")


def test_the_house_is_ready_while_the_sealer_keeps_up(browser: FlaskClient, entries: list[str]) -> None:
    assert browser.get("/healthz").status_code == 200
    assert browser.get("/readyz").get_json() == {"house": "audit", "ready": True, "wrong": {}}


def test_a_sealer_that_stands_still_is_named(
    browser: FlaskClient, ledger: Ledger, clock: TurnedClock, entries: list[str]
) -> None:
    note_people(ledger, 50)
    clock.turn(seconds=11)

    answer = browser.get("/readyz")

    assert answer.status_code == 503
    assert "ledger-seal" in answer.get_json()["wrong"]["sealer"]
