"""Each answer looked into by `cryptography`, which knows nothing of what wrote it."""

from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponse, load_der_ocsp_response

from benchmarks.ocsp_population import NONCE, Population
from benchmarks.open_loop import each
from ledger.clock import SystemClock


def require_right(population: Population, kind: str, certificates: int) -> None:
    """Of each of so many certificates the responder says good, over its serial number and nonce, signed and in time."""
    numbers = range(certificates)
    bodies = each(population.port, [question(kind, population.asked(kind, number)) for number in numbers])
    now = SystemClock().now()
    for number, body in zip(numbers, bodies, strict=True):
        answer = load_der_ocsp_response(body)
        nonces = [one.value.nonce for one in answer.extensions if isinstance(one.value, x509.OCSPNonce)]
        until = answer.next_update_utc or datetime.min.replace(tzinfo=UTC)
        right = (
            answer.certificate_status is OCSPCertStatus.GOOD
            and answer.serial_number == population.serials[number]
            and nonces == ([population.nonce(number)] if kind == NONCE else [])
            and answer.this_update_utc <= now < until
        )
        if not right:
            raise RuntimeError(f"the answer to {kind} about {number} is wrong: {body.hex()}")
        _verify(answer, population.issuer.issuer.certificate)


def question(kind: str, asked: bytes) -> bytes:
    """The whole HTTP request."""
    if kind == "GET":
        return b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % asked
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\nContent-Length: %d\r\n\r\n"
    return head % len(asked) + asked


def _verify(answer: OCSPResponse, issuer: x509.Certificate) -> None:
    """Raises InvalidSignature, or what `verify_directly_issued_by` raises."""
    (responder,) = answer.certificates
    key = _key(responder.public_bytes(Encoding.DER), issuer)
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), SHA256())
    else:
        key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(SHA256()))


@cache
def _key(responder: bytes, issuer: x509.Certificate) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    certificate = x509.load_der_x509_certificate(responder)
    certificate.verify_directly_issued_by(issuer)
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise TypeError(f"{type(key)} is no key of a responder here")
    return key
