"""A responder over a ledger with one issuer, and questions made by cryptography's builder."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as builder
from flask import Flask

from ledger.ledger import Ledger
from ocsp.app import create_app
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki import der
from pki.signing import Signer
from tests.doubles import TurnedClock
from tests.issuing import PracticeIssuer
from tests.ocsp.serving import Fast, fast
from tests.recorded import RecordedIssuer
from tests.serving import home_with_keys, settings_for

Digest = SHA1 | SHA256 | SHA384 | SHA512


class Ask(Protocol):
    """Octets of a request about a certificate of an issuer."""

    def __call__(
        self,
        certificate: x509.Certificate,
        issuer: PracticeIssuer,
        nonce: bytes | None = None,
        digest: Digest = ...,
    ) -> bytes: ...


@pytest.fixture
def issuer(ledger: Ledger) -> RecordedIssuer:
    """An issuer whose responder is delegated."""
    issuer = RecordedIssuer(ledger)
    issuer.delegate()
    return issuer


@pytest.fixture
def open_signer(issuer: RecordedIssuer) -> Callable[[str], Signer]:
    return lambda _name: issuer.responder_signer


@pytest.fixture
def responder(
    issuer: RecordedIssuer, ledger: Ledger, clock: TurnedClock, open_signer: Callable[[str], Signer]
) -> OcspResponder:
    return OcspResponder(StatusStore(ledger), open_signer, clock)


@pytest.fixture
def issued(issuer: RecordedIssuer) -> tuple[str, x509.Certificate]:
    return issuer.issue()


@pytest.fixture
def question(issued: tuple[str, x509.Certificate], issuer: RecordedIssuer, ask: Ask) -> bytes:
    return ask(issued[1], issuer.issuer)


@pytest.fixture
def app(issuer: RecordedIssuer, question: bytes, ledger: Ledger, tmp_path: Path) -> Iterator[Flask]:
    home = home_with_keys(tmp_path / "home", {"ocsp-officers": issuer.responder_signer})
    app = create_app(settings_for("ocsp", home, ledger.url), ledger)
    yield app
    app.extensions["ocsp"].store.stop()


@pytest.fixture
def server(app: Flask, clock: TurnedClock) -> Iterator[Fast]:
    with fast(app.wsgi_app, clock) as server:  # type: ignore[arg-type]
        yield server


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def ask() -> Ask:
    return asked


def asked(
    certificate: x509.Certificate,
    issuer: PracticeIssuer,
    nonce: bytes | None = None,
    digest: Digest = SHA256(),  # noqa: B008 - has no state
) -> bytes:
    request = builder.OCSPRequestBuilder().add_certificate(certificate, issuer.certificate, digest)
    request = request if nonce is None else request.add_extension(x509.OCSPNonce(nonce), critical=False)
    return request.build().public_bytes(Encoding.DER)


def together(*requests: bytes) -> bytes:
    """One request with the CertIDs of several, and no nonce."""
    singles = [der.parts(der.parts(der.parts(one)[0].whole)[0].whole)[0].whole for one in requests]
    return der.sequence(der.sequence(der.sequence(*singles)))
