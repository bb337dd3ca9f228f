"""A key that was not there, or not the right one, is found when it is there; meanwhile whoever else may sign does."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.ocsp import load_der_ocsp_response

from ledger.ledger import Ledger
from ocsp.keys import LOOK_AGAIN_AFTER
from ocsp.reply import Crowd, Reply, Wait
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki.signing import Signer
from signers import KeyUnusable, mark
from tests.doubles import TurnedClock
from tests.issuing import KeySigner
from tests.ocsp.conftest import Ask
from tests.recorded import RecordedIssuer
from tests.serving import home_with_keys


@dataclass
class Place:
    """Where keys are, with what it shows, and how often it was opened."""

    signer: Signer | None = None
    shown: int = 0
    opened: list[str] = field(default_factory=list)

    def open(self, name: str) -> Signer:
        self.opened.append(name)
        if self.signer is None:
            raise KeyUnusable("it is not there")
        return self.signer

    def mark(self, _name: str) -> int:
        return self.shown


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def certificate(issuer: RecordedIssuer) -> x509.Certificate:
    return issuer.issue()[1]


@pytest.fixture
def responder(
    issuer: RecordedIssuer, certificate: x509.Certificate, ledger: Ledger, clock: TurnedClock, place: Place
) -> OcspResponder:
    return OcspResponder(StatusStore(ledger), place.open, clock, mark=place.mark)


@pytest.fixture
def question(certificate: x509.Certificate, issuer: RecordedIssuer, ask: Ask) -> bytes:
    return ask(certificate, issuer.issuer)


def outcomes(responder: OcspResponder, question: bytes, number: int = 3) -> list[str]:
    """What is said to so many who ask; `unusable` if the key's place raised."""
    found = []
    for _ in range(number):
        try:
            found.append(responder.respond(question).outcome)
        except KeyUnusable:
            found.append("unusable")
    return found


@pytest.mark.parametrize("there", [None, KeySigner()], ids=["no key", "another key"])
def test_a_key_that_was_not_right_is_taken_up_when_its_place_shows_a_change(
    responder: OcspResponder, issuer: RecordedIssuer, question: bytes, place: Place, there: Signer | None
) -> None:
    place.signer = there
    first = outcomes(responder, question)
    unchanged = len(place.opened)

    place.signer, place.shown = issuer.responder_signer, 1
    changed = outcomes(responder, question)

    assert first == ["unusable" if there is None else "no-responder", "no-responder", "no-responder"]
    assert changed == ["good"] * 3
    assert (unchanged, len(place.opened)) == (1, 2)


def test_where_a_place_shows_nothing_it_is_looked_at_again_after_a_while(
    responder: OcspResponder, issuer: RecordedIssuer, question: bytes, place: Place, clock: TurnedClock
) -> None:
    before = outcomes(responder, question)
    place.signer = issuer.responder_signer

    clock.turn(seconds=LOOK_AGAIN_AFTER.total_seconds() - 1)
    responder.store.look()
    early = outcomes(responder, question)
    clock.turn(seconds=1)
    responder.store.look()

    assert (before[0], early) == ("unusable", ["no-responder"] * 3)
    assert outcomes(responder, question) == ["good"] * 3


def test_who_must_not_wait_is_told_that_a_key_may_be_there_now(
    responder: OcspResponder, question: bytes, place: Place
) -> None:
    outcomes(responder, question)
    before = responder.at_once(question)

    place.shown = 1

    assert isinstance(before, Reply)
    assert before.outcome == "no-responder"
    assert responder.at_once(question) == Wait("officers", Crowd.ALL)


def test_while_a_new_key_is_not_open_one_a_second_waits_for_it_and_the_old_one_signs(
    responder: OcspResponder, issuer: RecordedIssuer, certificate: x509.Certificate, question: bytes, place: Place,
    clock: TurnedClock, ask: Ask,
) -> None:  # fmt: skip
    place.signer = issuer.responder_signer
    responder.respond(question)
    new = KeySigner()
    _, newer = issuer.delegate(new, valid_from=clock.now() - timedelta(hours=1))
    responder.store.look()

    place.signer = new
    one, others = responder.at_once(question), [responder.at_once(question) for _ in range(3)]
    clock.turn(seconds=1)
    responder.store.look()
    another = responder.at_once(question)
    waited = responder.respond(question)
    after = responder.at_once(question)

    assert one == another == Wait("officers", Crowd.ALL)
    assert {other.outcome for other in others if isinstance(other, Reply)} == {"good"}
    assert load_der_ocsp_response(waited.body).certificates == [newer]
    assert isinstance(after, Reply)
    assert after.body == waited.body
    assert place.opened == ["officers"] * 2


def test_a_new_key_that_does_not_open_takes_no_answer_from_the_old_one(
    responder: OcspResponder, issuer: RecordedIssuer, question: bytes, place: Place, clock: TurnedClock
) -> None:
    place.signer = issuer.responder_signer
    before = outcomes(responder, question)
    issuer.delegate(KeySigner(), valid_from=clock.now() - timedelta(hours=1))
    responder.store.look()
    place.signer, place.shown = None, 1

    after = outcomes(responder, question)

    assert before == after == ["good"] * 3
    assert responder.fault() is None


def test_a_renewed_certificate_for_an_open_key_lets_nobody_wait(
    responder: OcspResponder, issuer: RecordedIssuer, question: bytes, place: Place, clock: TurnedClock
) -> None:
    place.signer = issuer.responder_signer
    responder.respond(question)
    _, renewed = issuer.delegate(valid_from=clock.now() - timedelta(hours=1))
    responder.store.look()

    reply = responder.at_once(question)

    assert isinstance(reply, Reply)
    assert load_der_ocsp_response(reply.body).certificates == [renewed]
    assert place.opened == ["officers"]


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return home_with_keys(tmp_path / "home", {"ocsp-officers": KeySigner()}).key_uri("ocsp-officers")


@pytest.mark.parametrize("what", ["another key", "no key", "another passphrase", "others may read it"])
def test_a_file_shows_whatever_makes_its_key_another(uri: str, tmp_path: Path, what: str) -> None:
    key, passphrase = (tmp_path / "home" / "keys" / f"ocsp-officers.{ending}" for ending in ("key.pem", "pass"))
    before, again = mark(uri), mark(uri)
    if what == "another key":
        other = home_with_keys(tmp_path / "other", {"ocsp-officers": KeySigner()})
        other.key("ocsp-officers").replace(key)
    elif what == "no key":
        key.unlink()
    elif what == "another passphrase":
        passphrase.write_bytes(b"another")
    else:
        key.chmod(0o644)

    assert before == again
    assert mark(uri) != before
