"""A key in a token that is slow, or hangs: who needs no signature of it is answered meanwhile, and few wait."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Event
from time import monotonic, sleep

import pytest
from cryptography import x509
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus, load_der_ocsp_response
from prometheus_client import CollectorRegistry

from ledger.ledger import Ledger
from ocsp.reply import Crowd, Reply, Wait
from ocsp.responder import OcspResponder
from ocsp.routes.status import StatusDoor
from ocsp.serving import MOST_WAITING
from ocsp.store import StatusStore
from pki.signing import SignatureAlgorithm
from tests.doubles import TurnedClock
from tests.issuing import KeySigner, new_key
from tests.ocsp.conftest import Ask
from tests.ocsp.serving import Fast, fast, heard
from tests.recorded import RecordedIssuer

pytestmark = pytest.mark.sqlite_only("what is asked and answered here has its statements tested on both engines")
NONCE = b"n" * 16


@dataclass
class Token(KeySigner):
    """A signer that waits until it is `released`, as one in a device may."""

    in_device: bool = True
    begun: Event = field(default_factory=Event)
    released: Event = field(default_factory=Event)
    signed: int = 0

    def sign(self, message: bytes) -> bytes:
        self.begun.set()
        self.released.wait(20)
        self.signed += 1
        return super().sign(message)


@pytest.fixture
def token() -> Iterator[Token]:
    token = Token()
    yield token
    token.released.set()


@pytest.fixture
def issuer(ledger: Ledger, token: Token) -> RecordedIssuer:
    issuer = RecordedIssuer(ledger, responder_signer=token)
    issuer.delegate()
    return issuer


@pytest.fixture
def issued(issuer: RecordedIssuer) -> tuple[str, x509.Certificate]:
    return issuer.issue()


@pytest.fixture
def responder(
    issuer: RecordedIssuer, issued: tuple[str, x509.Certificate], ledger: Ledger, clock: TurnedClock, token: Token
) -> OcspResponder:
    return OcspResponder(StatusStore(ledger), lambda _name: token, clock)


@pytest.fixture
def server(responder: OcspResponder, clock: TurnedClock) -> Iterator[Fast]:
    with fast(StatusDoor(responder, lambda _environ, _start: [], {"/readyz"}, CollectorRegistry()), clock) as server:
        yield server


def posted(body: bytes, lines: str = "") -> bytes:
    return f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body


def test_who_must_not_wait_is_told_to_when_a_key_is_not_open_yet(
    responder: OcspResponder, issued: tuple[str, x509.Certificate], issuer: RecordedIssuer, ask: Ask, token: Token
) -> None:
    token.in_device = False
    token.released.set()
    question = ask(issued[1], issuer.issuer, NONCE)

    before = responder.at_once(question)
    replied = responder.respond(question)
    after = responder.at_once(question)

    assert before == Wait("officers", Crowd.ONE)
    assert isinstance(after, Reply)
    assert (replied.outcome, after.outcome) == ("good", "good")


def test_an_answer_that_was_signed_needs_no_token_any_more(
    responder: OcspResponder, issued: tuple[str, x509.Certificate], issuer: RecordedIssuer, ask: Ask, token: Token
) -> None:
    token.released.set()
    plain, nonce = ask(issued[1], issuer.issuer), ask(issued[1], issuer.issuer, NONCE)
    signed = responder.respond(plain)

    kept = responder.at_once(plain)

    assert isinstance(kept, Reply)
    assert kept.body == signed.body
    assert responder.at_once(nonce) == Wait("officers", Crowd.ONE)
    assert token.signed == 1


def test_nothing_is_prepared_that_a_token_has_to_sign(
    responder: OcspResponder, issued: tuple[str, x509.Certificate], issuer: RecordedIssuer, ask: Ask, token: Token,
    clock: TurnedClock,
) -> None:  # fmt: skip
    token.released.set()
    question = ask(issued[1], issuer.issuer, NONCE)
    replied = responder.respond(question)

    assert replied.outcome == "good"
    assert responder.prepared(question, clock.now().timestamp()) is None


def test_others_are_answered_while_a_token_signs(
    server: Fast, issued: tuple[str, x509.Certificate], issuer: RecordedIssuer, ask: Ask, token: Token
) -> None:
    with server.connect() as waiting:
        waiting.sendall(posted(ask(issued[1], issuer.issuer, NONCE)))
        sleep(0.1)
        began = monotonic()
        other = server.ask(posted(b"garbage"))
        took = monotonic() - began
        token.released.set()
        answer = load_der_ocsp_response(heard(waiting).body)

    assert load_der_ocsp_response(other.body).response_status is OCSPResponseStatus.MALFORMED_REQUEST
    assert took < 1
    assert answer.certificate_status is OCSPCertStatus.GOOD
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == NONCE


def test_status_is_the_one_of_when_the_token_signs(
    server: Fast,
    responder: OcspResponder,
    issued: tuple[str, x509.Certificate],
    issuer: RecordedIssuer,
    ask: Ask,
    token: Token,
    clock: TurnedClock,
) -> None:
    with server.connect() as first, server.connect() as second:
        first.sendall(posted(ask(issued[1], issuer.issuer, NONCE)))
        sleep(0.1)
        second.sendall(posted(ask(issued[1], issuer.issuer)))
        sleep(0.1)
        issuer.revoke(issued[0], clock.now())
        responder.store.look()
        token.released.set()
        answer = load_der_ocsp_response(heard(second).body)

    assert answer.certificate_status is OCSPCertStatus.REVOKED


def test_more_than_may_wait_are_told_to_try_later(
    server: Fast, issued: tuple[str, x509.Certificate], issuer: RecordedIssuer, ask: Ask, token: Token
) -> None:
    question = posted(ask(issued[1], issuer.issuer, NONCE))
    with ExitStack() as stack:
        waiting = [stack.enter_context(_asking(server, question)) for _ in range(MOST_WAITING[Crowd.ONE])]
        sleep(0.3)
        refused = server.ask(question)
        token.released.set()
        answers = [load_der_ocsp_response(heard(one).body) for one in waiting]

    assert load_der_ocsp_response(refused.body).response_status is OCSPResponseStatus.TRY_LATER
    assert {one.certificate_status for one in answers} == {OCSPCertStatus.GOOD}
    assert server.server.door.tally.cell("busy", "none") == [1]


@pytest.mark.parametrize("crowd", [Crowd.ONE, Crowd.STRANGERS])
def test_no_crowd_takes_the_places_of_who_asks_for_all(
    server: Fast, issued: tuple[str, x509.Certificate], issuer: RecordedIssuer, ask: Ask, token: Token, crowd: Crowd
) -> None:
    stranger = issuer.issuer.leaf("signed past the ledger", 1 << 80)
    crowding = {Crowd.ONE: ask(issued[1], issuer.issuer, NONCE), Crowd.STRANGERS: ask(stranger, issuer.issuer)}[crowd]
    with ExitStack() as stack:
        waiting = [stack.enter_context(_asking(server, posted(crowding))) for _ in range(MOST_WAITING[crowd])]
        sleep(0.3)
        refused = server.ask(posted(crowding))
        honest = stack.enter_context(_asking(server, posted(ask(issued[1], issuer.issuer))))
        sleep(0.1)
        token.released.set()
        answer = load_der_ocsp_response(heard(honest).body)
        answers = [load_der_ocsp_response(heard(one).body).response_status for one in waiting]

    assert load_der_ocsp_response(refused.body).response_status is OCSPResponseStatus.TRY_LATER
    assert answer.certificate_status is OCSPCertStatus.GOOD
    assert set(answers) == {OCSPResponseStatus.SUCCESSFUL}


def test_what_a_token_signed_for_all_is_known_by_the_octets_of_its_request(
    server: Fast, issued: tuple[str, x509.Certificate], issuer: RecordedIssuer, ask: Ask, token: Token
) -> None:
    token.released.set()
    asked = ask(issued[1], issuer.issuer)
    question = posted(asked)

    body = server.ask(question).body

    assert server.server.bodies.newer[asked][0].endswith(body)
    assert server.ask(question).body == body
    assert token.signed == 1


def test_what_a_token_signed_before_something_changed_is_not_kept_behind_the_change(
    server: Fast, responder: OcspResponder, issued: tuple[str, x509.Certificate], issuer: RecordedIssuer, ask: Ask,
    token: Token, clock: TurnedClock,
) -> None:  # fmt: skip
    question = posted(ask(issued[1], issuer.issuer))
    with server.connect() as connection:
        connection.sendall(question)
        token.begun.wait(20)
        issuer.revoke(issued[0], clock.now())
        responder.store.look()
        server.tick()
        token.released.set()
        before = load_der_ocsp_response(heard(connection).body)

    after = load_der_ocsp_response(server.ask(question).body)
    assert (before.certificate_status, after.certificate_status) == (OCSPCertStatus.GOOD, OCSPCertStatus.REVOKED)


@pytest.mark.parametrize(
    ("algorithm", "waits"),
    [
        (SignatureAlgorithm.ECDSA_P256_SHA256, False),
        (SignatureAlgorithm.ED25519, False),
        (SignatureAlgorithm.ECDSA_P384_SHA384, True),
        (SignatureAlgorithm.RSA_PKCS1_SHA256, True),
        (SignatureAlgorithm.ML_DSA_65, True),
    ],
)
def test_slow_keys_sign_aside_and_quick_ones_at_once(
    ledger: Ledger, clock: TurnedClock, ask: Ask, algorithm: SignatureAlgorithm, waits: bool
) -> None:
    issuer = RecordedIssuer(ledger, "services", responder_signer=KeySigner(new_key(algorithm)))
    issuer.delegate()
    _, certificate = issuer.issue()
    responder = OcspResponder(StatusStore(ledger), lambda _name: issuer.responder_signer, clock)
    opened, nonce = ask(certificate, issuer.issuer), ask(certificate, issuer.issuer, NONCE)
    responder.respond(opened)

    responder.respond(nonce)

    assert (responder.at_once(nonce) == Wait("services", Crowd.ONE)) == waits
    assert (responder.prepared(nonce, clock.now().timestamp()) is None) == waits


def test_a_body_in_chunks_waits_for_the_token_too(
    server: Fast, issued: tuple[str, x509.Certificate], issuer: RecordedIssuer, ask: Ask, token: Token
) -> None:
    body = ask(issued[1], issuer.issuer, NONCE)
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(head + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")
        sleep(0.1)
        token.released.set()
        answer = heard(connection)

    assert load_der_ocsp_response(answer.body).certificate_status is OCSPCertStatus.GOOD
    assert answer.headers["connection"] == "close"


def _asking(server: Fast, question: bytes) -> socket.socket:
    connection = server.connect()
    connection.sendall(question)
    return connection
