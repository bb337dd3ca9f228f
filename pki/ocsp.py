"""OCSP requests read and answers written (RFC 6960, RFC 9654 nonces, RFC 9919 lightweight profile).

Answers are spliced, not built by an ASN.1 library: the same few octets around a CertID that is given back
byte for byte as it was asked. The octets to be signed are made here; a Signer signs them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache

from pki.der import (
    BOOLEAN,
    NULL,
    OCTET_STRING,
    OID,
    SEQUENCE,
    bit_string,
    enumerated,
    explicit,
    generalized_time,
    implicit,
    octet_string,
    oid,
    parts,
    read_bits,
    sequence,
    single,
    tlv,
)
from pki.digests import SIZES, digest, digest_identifier, parse_digest_identifier, read_digest
from pki.errors import ParseError
from pki.keys import algorithm_identifier
from pki.reader import Reader
from pki.signing import Signer
from pki.status import REASON_CODES, Good, Held, NeverIssued, Revoked

LONGEST_REQUEST = 4096
"""Octets of a request at most: about forty CertIDs."""
NONCE = oid("1.3.6.1.5.5.7.48.1.2")
ARCHIVE_CUTOFF = oid("1.3.6.1.5.5.7.48.1.6")
EXTENDED_REVOKE = oid("1.3.6.1.5.5.7.48.1.9")
CERT_HASH = oid("1.3.36.8.3.13")
_BASIC = oid("1.3.6.1.5.5.7.48.1.1")
_GOOD = implicit(0, b"")
_EPOCH = generalized_time(datetime(1970, 1, 1, tzinfo=UTC))
_CONTEXT_0, _CONTEXT_1, _CONTEXT_2 = 0xA0, 0xA1, 0xA2
_SHA256 = digest_identifier("sha256")

Answerable = Good | Revoked | Held | NeverIssued
"""The statuses that a signed answer can tell. `Pending` is none: whoever asks is told to try later."""


class Refusal(Enum):
    """The unsigned answers (OCSPResponseStatus, RFC 6960 clause 4.2.1)."""

    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    TRY_LATER = 3
    UNAUTHORIZED = 6

    @property
    def der(self) -> bytes:
        """The whole OCSPResponse."""
        return sequence(enumerated(self.value))


@dataclass(frozen=True)
class CertId:
    """Which certificate is asked about. `digest` is a `hashlib` name, or None for one that is not known here."""

    der: bytes
    digest: str | None
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial_number: int


@dataclass(frozen=True)
class StatusRequest:
    """What is asked: at least one certificate, and the nonce if the answer has to echo it."""

    certificates: tuple[CertId, ...]
    nonce: bytes | None


@dataclass(frozen=True)
class SingleAnswer:
    """One certificate's status. `archive_cutoff` is the instant from which status is kept (clause 4.4.4)."""

    certificate: CertId
    status: Answerable
    archive_cutoff: datetime | None = None


class Responder:
    """The key and certificate that sign answers, with the octets that are the same in each."""

    def __init__(self, signer: Signer, certificate: bytes | None) -> None:
        """Keeps what does not change. `certificate` (DER) goes into each answer; None if the issuer itself signs."""
        self.signer = signer
        self.certificate = certificate
        self.algorithm = algorithm_identifier(signer.algorithm)
        key_hash = digest("sha1", key_octets(signer.public_key))
        self.by_key = explicit(2, octet_string(key_hash))
        self.certificates = explicit(0, sequence(certificate)) if certificate else b""


def parse_request(der: bytes) -> StatusRequest:
    """The request in `der`. A signature on it is not looked at (RFC 9919 clause 3.1.1). Raises ParseError.

    A nonce of 0 or more than 128 octets, an unknown critical extension and a version other than 1 are errors.
    """
    if len(der) > LONGEST_REQUEST:
        raise ParseError(f"a request of {len(der)} octets; {LONGEST_REQUEST} at most", "ocsp.oversize")
    outer = Reader(der)
    request = outer.enter(SEQUENCE)
    outer.finish()
    tbs = request.enter(SEQUENCE)
    if request.more:
        request.whole(_CONTEXT_0)
    request.finish()
    _skip_prologue(tbs)
    requests = tbs.enter(SEQUENCE)
    certificates = []
    while requests.more:
        certificates.append(_parse_single(requests.enter(SEQUENCE)))
    if not certificates:
        raise ParseError("a request for nothing")
    nonce = _parse_nonce(tbs) if tbs.more else None
    tbs.finish()
    return StatusRequest(tuple(certificates), nonce)


def response_data(
    answers: Sequence[SingleAnswer], by_key: bytes, nonce: bytes | None, produced_at: datetime, next_update: datetime
) -> bytes:
    """The octets to be signed (ResponseData, RFC 6960 clause 4.2.1), times cut to seconds."""
    this_update = generalized_time(produced_at)
    times = this_update + explicit(0, generalized_time(next_update))
    singles = b"".join([_single(answer, times) for answer in answers])
    extensions = b""
    if nonce is not None:
        extensions += sequence(NONCE, octet_string(octet_string(nonce)))
    if any(isinstance(answer.status, NeverIssued) for answer in answers):
        extensions += sequence(EXTENDED_REVOKE, octet_string(tlv(NULL)))
    closing = explicit(1, sequence(extensions)) if extensions else b""
    return sequence(by_key, this_update, sequence(singles), closing)


def response(
    answers: Sequence[SingleAnswer],
    responder: Responder,
    nonce: bytes | None,
    produced_at: datetime,
    next_update: datetime,
) -> bytes:
    """A signed, successful OCSPResponse with exactly `answers`, each good from `produced_at` to `next_update`."""
    return assembled(signed(answers, responder, nonce, produced_at, next_update), responder.certificates)


def signed(
    answers: Sequence[SingleAnswer],
    responder: Responder,
    nonce: bytes | None,
    produced_at: datetime,
    next_update: datetime,
) -> bytes:
    """What differs from answer to answer: the octets that were signed, the algorithm and the signature."""
    tbs = response_data(answers, responder.by_key, nonce, produced_at, next_update)
    signature = responder.signer.sign(tbs)
    return tbs + responder.algorithm + signature_opening(len(signature)) + signature


def assembled(signed: bytes, certificates: bytes) -> bytes:
    """The whole OCSPResponse of a `signed` part and the responder's `certificates`."""
    return opening(len(signed) + len(certificates)) + signed + certificates


@lru_cache(maxsize=64)
def signature_opening(length: int) -> bytes:
    """All that comes before a signature of this length in its BIT STRING."""
    return bit_string(bytes(length))[:-length]


@lru_cache(maxsize=4096)
def opening(length: int) -> bytes:
    """All that comes before a BasicOCSPResponse's content of this length."""
    content = bytes(length)
    whole = sequence(b"\x0a\x01\x00", explicit(0, sequence(_BASIC, octet_string(sequence(content)))))
    return whole[: len(whole) - length]


def plain_request(certificate: CertId, nonce: bytes | None) -> bytes:
    """The request that asks about one certificate in the fewest octets, with a nonce or without."""
    return sequence(sequence(sequence(sequence(certificate.der)), nonce_of_request(nonce)))


def nonce_of_request(nonce: bytes | None) -> bytes:
    """What ends a plain request: the nonce in its extension, or nothing."""
    return explicit(2, sequence(sequence(NONCE, octet_string(octet_string(nonce))))) if nonce else b""


def issuer_keys(subject: bytes, spki: bytes) -> list[tuple[str, bytes, bytes]]:
    """How a CertID may name an issuer: (digest, hash of its name, hash of its key), once for each known digest.

    `subject` is the issuer's DER Name, `spki` its DER SubjectPublicKeyInfo.
    """
    key = key_octets(spki)
    return [(name, digest(name, subject), digest(name, key)) for name in SIZES]


def key_octets(spki: bytes) -> bytes:
    """The octets of subjectPublicKey, over which key hashes are taken. Raises ParseError."""
    return read_bits(parts(spki)[1])


def _skip_prologue(tbs: Reader) -> None:
    """Past version and requestorName."""
    if tbs.next_is(_CONTEXT_0):
        version = tbs.enter(_CONTEXT_0)
        if version.number() != 0:
            raise ParseError("a request of another version than 1")
        version.finish()
    if tbs.next_is(_CONTEXT_1):
        tbs.element()


def _parse_single(request: Reader) -> CertId:
    certificate = request.whole(SEQUENCE)
    identifier = Reader(single(certificate, SEQUENCE))
    name = parse_digest_identifier(identifier.value(SEQUENCE))
    name_hash, key_hash = read_digest(identifier, name), read_digest(identifier, name)
    serial_number = identifier.number()
    identifier.finish()
    if request.more:
        _extensions(request.enter(_CONTEXT_0), known=())
    request.finish()
    return CertId(certificate, name, name_hash, key_hash, serial_number)


def _parse_nonce(tbs: Reader) -> bytes | None:
    """The nonce to echo, if there is one of 16 to 32 octets (RFC 9654 clause 2.1)."""
    nonces = [value for kind, value in _extensions(tbs.enter(_CONTEXT_2), known=(NONCE,)) if kind == NONCE]
    if not nonces:
        return None
    inside = Reader(nonces[0])
    nonce = inside.value(OCTET_STRING)
    inside.finish()
    if len(nonces) > 1 or not 1 <= len(nonce) <= 128:
        raise ParseError("a nonce of 0 or more than 128 octets, or two of them (RFC 9654 clause 2.1)")
    return nonce if 16 <= len(nonce) <= 32 else None


def _extensions(wrapped: Reader, known: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    """(OID, value) of each extension. Raises ParseError for a critical one that is not `known`."""
    listed = wrapped.enter(SEQUENCE)
    wrapped.finish()
    found = []
    while listed.more:
        extension = listed.enter(SEQUENCE)
        kind = extension.whole(OID)
        critical = extension.next_is(BOOLEAN) and extension.truth()
        found.append((kind, extension.value(OCTET_STRING)))
        extension.finish()
        if critical and kind not in known:
            raise ParseError("a critical extension that is not known here")
    return found


def _single(answer: SingleAnswer, times: bytes) -> bytes:
    extensions = b""
    if isinstance(answer.status, Good):
        hashed = octet_string(bytes.fromhex(answer.status.certificate_sha256))
        extensions = sequence(CERT_HASH, octet_string(sequence(_SHA256, hashed)))
    if answer.archive_cutoff is not None and not isinstance(answer.status, NeverIssued):
        cutoff = octet_string(generalized_time(answer.archive_cutoff))
        extensions += sequence(ARCHIVE_CUTOFF, cutoff)
    closing = explicit(1, sequence(extensions)) if extensions else b""
    return sequence(answer.certificate.der, _status(answer.status), times, closing)


def _status(status: Answerable) -> bytes:
    match status:
        case Good():
            return _GOOD
        case Held(at):
            return _revoked(generalized_time(at), REASON_CODES["certificateHold"])
        case NeverIssued():
            # Clause 2.2: revoked at the epoch and on hold is how "never issued" is said.
            return _revoked(_EPOCH, REASON_CODES["certificateHold"])
        case Revoked(at, reason):
            return _revoked(generalized_time(at), REASON_CODES[reason])


def _revoked(at: bytes, code: int) -> bytes:
    """RevokedInfo; `unspecified` (0) is left out, as RFC 5280 clause 5.3.1 wants."""
    reason = explicit(0, enumerated(code)) if code else b""
    return explicit(1, at, reason)
