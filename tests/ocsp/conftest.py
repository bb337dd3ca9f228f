"""A responder over a ledger with one issuer, and questions made by cryptography's builder."""

import socket
from collections.abc import Callable
from typing import Protocol

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as builder

from ledger.ledger import Ledger
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki.signing import Signer
from tests.doubles import TurnedClock
from tests.issuing import PracticeIssuer
from tests.recorded import RecordedIssuer


class Ask(Protocol):
    """Octets of a request about a certificate of an issuer."""

    def __call__(
        self,
        certificate: x509.Certificate,
        issuer: PracticeIssuer,
        nonce: bytes | None = None,
        digest: SHA1 | SHA256 = ...,
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
    digest: SHA1 | SHA256 = SHA256(),  # noqa: B008 - has no state
) -> bytes:
    request = builder.OCSPRequestBuilder().add_certificate(certificate, issuer.certificate, digest)
    request = request if nonce is None else request.add_extension(x509.OCSPNonce(nonce), critical=False)
    return request.build().public_bytes(Encoding.DER)
