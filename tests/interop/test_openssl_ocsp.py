"""OpenSSL's own client asks the fast worker, and judges its answers by the issuer's certificate alone."""

import socket
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from urllib.parse import quote, urlsplit

import pytest
import requests
from cryptography import x509
from cryptography.x509.ocsp import OCSPCertStatus, load_der_ocsp_response

from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from ocsp.app import create_app
from ocsp.store import StatusStore
from tests.issuing import KeySigner, PracticeIssuer, pem
from tests.ocsp.conftest import asked
from tests.ocsp.serving import fast
from tests.recorded import RecordedIssuer
from tests.serving import home_with_keys, served, settings_for

GOOD, REVOKED = "leaf.pem: good", "leaf.pem: revoked"


@dataclass
class Desk:
    """A folder with the certificates as PEM, and the address of the responder."""

    folder: Path
    url: str
    issuer: RecordedIssuer
    store: StatusStore | None = None

    def ask(self, certificate: x509.Certificate, *options: str, issuer: PracticeIssuer | None = None) -> str:
        """What `openssl ocsp` says of `certificate`; it trusts the root alone."""
        above = issuer or self.issuer.issuer
        root = above.above or above
        (self.folder / "leaf.pem").write_bytes(pem(certificate))
        (self.folder / "issuer.pem").write_bytes(pem(above.certificate))
        (self.folder / "root.pem").write_bytes(pem(root.certificate))
        command = ["openssl", "ocsp", "-url", self.url, "-CAfile", "root.pem", "-verify_other", "issuer.pem"]
        command += ["-issuer", "issuer.pem", *options, "-cert", "leaf.pem"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=20)
        return done.stdout + done.stderr

    def look(self) -> None:
        """Waits until the responder's own thread has taken in what was just written; it alone may look."""
        assert self.store
        written = SystemClock().now()
        while self.store.looked_at is None or self.store.looked_at < written:
            sleep(0.01)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """OpenSSL judges by the machine's own clock, so the ledger does too."""
    ledger = Ledger(database_url, SystemClock(), system_randomness, "0.1.0", "test")
    yield ledger
    ledger.close()


@pytest.fixture
def desk(ledger: Ledger, tmp_path: Path) -> Iterator[Desk]:
    issuer = RecordedIssuer(ledger, issuer=PracticeIssuer("Practice officers", PracticeIssuer()))
    issuer.delegate()
    home = home_with_keys(tmp_path / "home", {"ocsp-officers": issuer.responder_signer})
    app = create_app(settings_for("ocsp", home, ledger.url), ledger)
    store = app.extensions["ocsp"].store
    with fast(app.wsgi_app, SystemClock()) as server:  # type: ignore[arg-type]
        yield Desk(tmp_path, f"http://127.0.0.1:{server.port}/", issuer, store)
    store.stop()


@pytest.mark.parametrize("nonce", ["-nonce", "-no_nonce"])
@pytest.mark.parametrize("digest", ["-sha1", "-sha256", "-sha384", "-sha512"])
def test_an_issued_certificate_is_good(desk: Desk, digest: str, nonce: str) -> None:
    _, certificate = desk.issuer.issue()
    desk.look()

    said = desk.ask(certificate, digest, nonce)

    assert "Response verify OK" in said
    assert GOOD in said
    assert "WARNING" not in said


def test_a_revoked_certificate_is_revoked_with_time_and_reason(desk: Desk, ledger: Ledger) -> None:
    certificate_id, certificate = desk.issuer.issue()
    desk.issuer.revoke(certificate_id, ledger.clock.now(), "keyCompromise")
    desk.look()

    said = desk.ask(certificate)

    assert "Response verify OK" in said
    assert REVOKED in said
    assert "Reason: keyCompromise" in said


def test_a_held_certificate_is_revoked_for_certificate_hold(desk: Desk, ledger: Ledger) -> None:
    certificate_id, certificate = desk.issuer.issue()
    desk.issuer.hold(certificate_id, ledger.clock.now())
    desk.look()

    assert "Reason: certificateHold" in desk.ask(certificate)


def test_a_certificate_past_the_ledger_is_never_good(desk: Desk) -> None:
    said = desk.ask(desk.issuer.issuer.leaf("rogue", 666))

    assert "Response verify OK" in said
    assert REVOKED in said
    assert "Jan  1 00:00:00 1970" in said


def test_an_intent_without_certificate_is_try_later(desk: Desk) -> None:
    _, number = desk.issuer.intend()
    desk.look()

    assert "trylater" in desk.ask(desk.issuer.issuer.leaf("soon", number))


def test_a_foreign_issuer_is_unauthorized(desk: Desk) -> None:
    stranger = PracticeIssuer("Practice officers", PracticeIssuer())

    assert "unauthorized" in desk.ask(stranger.leaf("x", 5), issuer=stranger)


def test_two_certificates_are_asked_about_at_once(desk: Desk, ledger: Ledger) -> None:
    first_id, first = desk.issuer.issue()
    _, second = desk.issuer.issue()
    desk.issuer.revoke(first_id, ledger.clock.now())
    desk.look()
    (desk.folder / "second.pem").write_bytes(pem(second))

    said = desk.ask(first, "-cert", "second.pem")

    assert REVOKED in said
    assert "second.pem: good" in said


def test_a_signed_request_is_answered(desk: Desk) -> None:
    _, certificate = desk.issuer.issue()
    desk.look()
    signer = KeySigner()
    (desk.folder / "asker.key").write_bytes(signer.pem)
    (desk.folder / "asker.pem").write_bytes(pem(desk.issuer.issuer.leaf("asker", 10, signer)))

    assert GOOD in desk.ask(certificate, "-signer", "asker.pem", "-signkey", "asker.key")


def test_an_answer_by_a_certificate_without_the_right_usage_is_rejected_by_the_client(
    ledger: Ledger, tmp_path: Path
) -> None:
    issuer = RecordedIssuer(ledger, issuer=PracticeIssuer("Practice officers", PracticeIssuer()))
    intent_id, number = issuer.intend("ocsp-responder")
    unfit = issuer.issuer.leaf("no OCSP usage", number, issuer.responder_signer)
    issuer.finish(intent_id, unfit, "ocsp-responder")
    _, certificate = issuer.issue()
    home = home_with_keys(tmp_path / "home", {"ocsp-officers": issuer.responder_signer})
    app = create_app(settings_for("ocsp", home, ledger.url), ledger)

    with served(app) as url:
        said = Desk(tmp_path, f"{url}/", issuer).ask(certificate)

    app.extensions["ocsp"].store.stop()
    assert "Response Verify Failure" in said


@pytest.mark.parametrize("safe", ["", "/", "/+="], ids=["all encoded", "slashes bare", "nothing encoded"])
def test_get_over_the_wire_is_answered_whatever_was_percent_encoded(desk: Desk, safe: str) -> None:
    _, certificate = desk.issuer.issue()
    desk.look()
    encoded = quote(b64encode(asked(certificate, desk.issuer.issuer)), safe=safe)

    answer = requests.get(desk.url + encoded, timeout=10, allow_redirects=False)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/ocsp-response")
    assert load_der_ocsp_response(answer.content).certificate_status is OCSPCertStatus.GOOD


def exchange(url: str, head: str, body: bytes) -> bytes:
    """What a client of few manners gets: octets as sent, read to the end."""
    parts = urlsplit(url)
    with socket.create_connection((str(parts.hostname), parts.port or 80), timeout=10) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n" + body)
        received = b""
        while block := connection.recv(65536):
            received += block
    return received


@pytest.mark.parametrize(
    "head",
    ["POST / HTTP/1.0\n", "POST / HTTP/1.1\nHost: x\nConnection: close\n"],
    ids=["HTTP/1.0", "Connection: close"],
)
def test_old_and_hasty_clients_are_answered(desk: Desk, head: str) -> None:
    _, certificate = desk.issuer.issue()
    desk.look()
    body = asked(certificate, desk.issuer.issuer)

    received = exchange(desk.url, f"{head}Content-Length: {len(body)}\n", body)

    head_received, _, answer = received.partition(b"\r\n\r\n")
    assert b" 200 OK" in head_received
    assert load_der_ocsp_response(answer).certificate_status is OCSPCertStatus.GOOD
