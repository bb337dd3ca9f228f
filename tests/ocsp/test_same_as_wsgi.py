"""The fast worker and the plain WSGI application say the same, octet for octet, whatever is asked and however.

Each is a house of its own over one ledger, and shares nothing else: no book, no open key, nothing that was learned.
Where chance is in a signature, all but these is compared, and each signature is verified.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus, load_der_ocsp_response
from flask import Flask

from ledger.ledger import Ledger
from ocsp.app import create_app
from pki.keys import verify
from pki.signing import SignatureAlgorithm
from tests.doubles import TurnedClock
from tests.issuing import UNTIL, KeySigner, PracticeIssuer, new_key
from tests.ocsp.conftest import Digest, asked, together
from tests.ocsp.serving import Fast, fast, got, heard, posted
from tests.recorded import RecordedIssuer
from tests.serving import home_with_keys, settings_for

pytestmark = pytest.mark.sqlite_only("what is asked and answered here has its statements tested on both engines")
DIGESTS: tuple[Digest, ...] = (SHA1(), SHA256(), SHA384(), SHA512())
NONCES = None, b"", b"n", b"n" * 16, b"n" * 32, b"n" * 33, b"n" * 128, b"n" * 129
METHODS = "GET", "HEAD", "POST"
NOT_ITS_OWN = {"date", "connection", "server", "x-request-id"}
OF_A_SIGNATURE = {"etag", "content-length"}
"""Header lines that differ when it does."""
STEADY = SignatureAlgorithm.ED25519
KINDS = STEADY, SignatureAlgorithm.RSA_PKCS1_SHA256, SignatureAlgorithm.ECDSA_P256_SHA256, SignatureAlgorithm.ML_DSA_65


class Told(NamedTuple):
    """An HTTP response, as far as it must be the same."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Houses:
    """The two, and whose signature they give."""

    wsgi: Flask
    worker: Fast
    signer: KeySigner
    stops: list[Callable[[], None]]
    """End their following of the ledger."""

    def by_wsgi(self, method: str, path: str, body: bytes = b"", lines: str = "") -> Told:
        environ = {"RAW_URI": path, "PATH_INFO": path}
        headers = dict(line.split(": ") for line in lines.split("\r\n") if line)
        how = {"method": method, "data": body, "headers": headers, "environ_overrides": environ}
        answer = self.wsgi.test_client().open("/", **how)  # type: ignore[arg-type]
        return self._told(answer.status_code, {name.lower(): one for name, one in answer.headers.items()}, answer.data)

    def by_worker(self, octets: bytes, times: int = 3) -> list[Told]:
        """Over one connection, three times: as it is read, recognised, and kept or prepared."""
        answers = []
        with self.worker.connect() as connection:
            for _ in range(times):
                connection.sendall(octets)
                answers.append(heard(connection, bodiless=octets.startswith(b"HEAD")))
        return [self._told(*answer) for answer in answers]

    def _told(self, status: int, headers: dict[str, str], body: bytes) -> Told:
        chance = self.signer.algorithm not in {STEADY, SignatureAlgorithm.RSA_PKCS1_SHA256}
        left_out = NOT_ITS_OWN | OF_A_SIGNATURE if chance else NOT_ITS_OWN
        rest = {name: value for name, value in headers.items() if name not in left_out}
        if not body.startswith(b"\x30") or load_der_ocsp_response(body).response_status.value:
            return Told(status, rest, body)
        answer = load_der_ocsp_response(body)
        verify(self.signer.public_key, self.signer.algorithm, answer.tbs_response_bytes, answer.signature)
        return Told(status, rest, answer.tbs_response_bytes if chance else body)

    def differing(self, questions: Sequence[bytes]) -> list[str]:
        """How each was asked that is answered in two ways."""
        found = []
        for question, method in product(questions, METHODS):
            path, body = ("/", question) if method == "POST" else (f"/{in_a_path(question)}", b"")
            octets = posted(question) if method == "POST" else got(question, method=method)
            if self.by_worker(octets) != [self.by_wsgi(method, path, body)] * 3:
                found.append(f"{method} {question.hex()}")
        return found


def in_a_path(question: bytes) -> str:
    return quote(b64encode(question).decode(), safe="")


def in_every_way(ask: Callable[[bytes | None, Digest], bytes]) -> list[bytes]:
    return [ask(nonce, digest) for nonce, digest in product(NONCES, DIGESTS)]


@pytest.fixture
def kind() -> SignatureAlgorithm:
    return STEADY


@pytest.fixture
def issuer(ledger: Ledger, kind: SignatureAlgorithm) -> RecordedIssuer:
    """An issuer and its responder have keys of one kind."""
    above = PracticeIssuer("Practice officers", signer=KeySigner(new_key(kind)))
    issuer = RecordedIssuer(ledger, issuer=above, responder_signer=KeySigner(new_key(kind)))
    issuer.delegate()
    return issuer


@pytest.fixture
def start(issuer: RecordedIssuer, ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> Iterator[Callable[[], Houses]]:
    """Both houses, over what is in the ledger when they are started."""
    with ExitStack() as stack:

        def house(name: str) -> Flask:
            keys = {"ocsp-officers": issuer.responder_signer, "ocsp-citizens": issuer.responder_signer}
            app = create_app(settings_for("ocsp", home_with_keys(tmp_path / name, keys), ledger.url), ledger)
            stack.callback(app.extensions["ocsp"].store.stop)
            return app

        def start() -> Houses:
            wsgi, worker = house("wsgi"), house("worker")
            stops = [one.extensions["ocsp"].store.stop for one in (wsgi, worker)]
            served = stack.enter_context(fast(worker.wsgi_app, clock))  # type: ignore[arg-type]
            return Houses(wsgi, served, issuer.responder_signer, stops)

        yield start


Outcome = tuple[OCSPResponseStatus, OCSPCertStatus | None]
SUCCESSFUL = OCSPResponseStatus.SUCCESSFUL
STATUSES: dict[str, Outcome] = {
    "good": (SUCCESSFUL, OCSPCertStatus.GOOD),
    "revoked": (SUCCESSFUL, OCSPCertStatus.REVOKED),
    "held": (SUCCESSFUL, OCSPCertStatus.REVOKED),
    "released": (SUCCESSFUL, OCSPCertStatus.GOOD),
    "never issued": (SUCCESSFUL, OCSPCertStatus.REVOKED),
    "pending": (OCSPResponseStatus.TRY_LATER, None),
    "of a foreign issuer": (OCSPResponseStatus.UNAUTHORIZED, None),
}


def _asked_about(issuer: RecordedIssuer, clock: TurnedClock, what: str) -> Callable[[bytes | None, Digest], bytes]:
    """Questions about a certificate of which this is so; there is another that is good."""
    (certificate_id, certificate), above = issuer.issue(), issuer.issuer
    if what == "revoked":
        issuer.revoke(certificate_id, clock.now())
    elif what in {"held", "released"}:
        hold_id = issuer.hold(certificate_id, clock.now())
        if what == "released":
            issuer.release(hold_id, clock.now())
    elif what == "pending":
        certificate = above.leaf("ສົມພອນ", issuer.intend()[1])
    elif what == "never issued":
        certificate = above.leaf("signed past the ledger", 1 << 80)
    elif what == "of a foreign issuer":
        above = PracticeIssuer("Practice officers")
        certificate = above.leaf("x", 5)
    return lambda nonce, digest: asked(certificate, above, nonce, digest)


def outcome(body: bytes) -> Outcome:
    answer = load_der_ocsp_response(body)
    return answer.response_status, None if answer.response_status.value else answer.certificate_status


@pytest.mark.parametrize("what", STATUSES)
def test_of_every_status_by_every_digest_and_nonce_and_method(
    start: Callable[[], Houses], issuer: RecordedIssuer, clock: TurnedClock, what: str
) -> None:
    ask = _asked_about(issuer, clock, what)
    houses = start()

    assert outcome(houses.worker.ask(posted(ask(None, SHA256()))).body) == STATUSES[what]
    assert houses.differing(in_every_way(ask)) == []


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("what", ["good", "revoked"])
def test_of_issuers_with_keys_of_every_kind(
    start: Callable[[], Houses], issuer: RecordedIssuer, clock: TurnedClock, what: str
) -> None:
    ask = _asked_about(issuer, clock, what)
    questions = [ask(nonce, digest) for nonce in (None, b"n" * 16) for digest in (SHA1(), SHA256())]
    houses = start()

    assert outcome(houses.worker.ask(posted(questions[0])).body) == STATUSES[what]
    assert houses.differing(questions) == []


def test_after_the_end_of_a_certificate_and_of_its_ca(
    start: Callable[[], Houses], issuer: RecordedIssuer, clock: TurnedClock
) -> None:
    asks = [_asked_about(issuer, clock, what) for what in ("good", "revoked")]
    issuer.delegate(valid_from=UNTIL + timedelta(seconds=1), days=365)
    clock.time = UNTIL + timedelta(days=40)
    houses = start()

    assert outcome(houses.worker.ask(posted(asks[0](None, SHA256()))).body) == STATUSES["good"]
    assert [houses.differing(in_every_way(ask)) for ask in asks] == [[], []]


def test_about_several_certificates_at_once(
    start: Callable[[], Houses], issuer: RecordedIssuer, ledger: Ledger, clock: TurnedClock
) -> None:
    citizens = RecordedIssuer(ledger, "citizens", PracticeIssuer("Practice citizens"))
    citizens.delegate(issuer.responder_signer)
    good, revoked, pending = (
        _asked_about(issuer, clock, what)(None, SHA256()) for what in ("good", "revoked", "pending")
    )
    good_by_sha1 = _asked_about(issuer, clock, "good")(None, SHA1())
    other = _asked_about(citizens, clock, "good")(None, SHA256())
    houses = start()

    questions = {
        "good and revoked": together(good, revoked, good_by_sha1),
        "one twice": together(good, good),
        "one pending": together(good, pending),
        "two issuers": together(good, other),
        "very many": together(*[good] * 30),
    }

    told = [load_der_ocsp_response(houses.worker.ask(posted(one)).body).response_status for one in questions.values()]
    later, unauthorized = OCSPResponseStatus.TRY_LATER, OCSPResponseStatus.UNAUTHORIZED
    assert told == [SUCCESSFUL, SUCCESSFUL, later, unauthorized, SUCCESSFUL]
    assert houses.differing(list(questions.values())) == []


def test_while_status_is_not_fresh(start: Callable[[], Houses], issuer: RecordedIssuer, clock: TurnedClock) -> None:
    ask = _asked_about(issuer, clock, "good")
    houses = start()
    houses.worker.ask(posted(ask(None, SHA256())))
    for stop in houses.stops:
        stop()

    clock.turn(seconds=3)
    houses.worker.tick()

    assert outcome(houses.worker.ask(posted(ask(None, SHA256()))).body) == STATUSES["pending"]
    assert houses.differing(in_every_way(ask)) == []


@pytest.mark.parametrize("octets", [b"", b"x", b"\x30\x00", b"\x30\x03\x02\x01\x05", b"\x30" * 4096, b"\x30" * 4097])
def test_to_garbage(start: Callable[[], Houses], octets: bytes) -> None:
    houses = start()

    assert outcome(houses.worker.ask(posted(octets)).body)[0] is OCSPResponseStatus.MALFORMED_REQUEST
    assert houses.differing([octets] if 0 < len(octets) < 4096 else []) == []
    assert houses.by_worker(posted(octets), 1) == [houses.by_wsgi("POST", "/", octets)]


FORMS: dict[str, Callable[[bytes], str]] = {
    "encoded": in_a_path,
    "bare": lambda octets: b64encode(octets).decode(),
    "unpadded": lambda octets: b64encode(octets).decode().rstrip("="),
    "all encoded": lambda octets: "".join(f"%{octet:02x}" for octet in b64encode(octets)),
    "URL-safe": lambda octets: b64encode(octets, b"-_").decode(),
    "with a query": lambda octets: in_a_path(octets) + "?x=1",
    "behind two slashes": lambda octets: "/" + in_a_path(octets),
    "broken": lambda octets: in_a_path(octets)[:-5] + "*",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(
    "line", ["", 'If-None-Match: "x"', "If-None-Match: {etag}", "If-None-Match: *", 'If-None-Match: "x,*,y"']
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_to_every_form_of_a_get_of_who_has_an_answer_and_who_has_none(
    start: Callable[[], Houses], issuer: RecordedIssuer, clock: TurnedClock, form: Callable[[bytes], str], line: str,
    method: str,
) -> None:  # fmt: skip
    question = _asked_about(issuer, clock, "revoked")(None, SHA256())
    houses = start()
    etag = houses.worker.ask(posted(question)).headers["etag"]
    path, lines = f"/{form(question)}", line.replace("{etag}", etag) + "\r\n" if line else ""

    by_worker = houses.by_worker(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())

    has = line.endswith(("{etag}", "*")) and form is not FORMS["broken"]
    assert [one.status for one in by_worker] == [304 if has else 200] * 3
    assert by_worker == [houses.by_wsgi(method, path, lines=lines)] * 3
