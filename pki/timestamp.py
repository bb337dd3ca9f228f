"""Time stamps (RFC 3161, with ESSCertIDv2 by RFC 5816): queries read, tokens and answers written.

A token is CMS SignedData over a TSTInfo. The octets that the key signs are made here; a Signer signs them.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from hashlib import new, sha256

from pki.algorithm_identifier import DIGEST_SIZES, DIGESTS, SIGNATURE, SIGNATURE_DIGEST, digest_identifier
from pki.errors import ParseError, Unsupported
from pki.signing import Signer
from pki.tlv import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    NULL,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    UTF8_STRING,
    Reader,
    context,
    generalized_time,
    integer,
    oid,
    tlv,
)

LONGEST_QUERY = 4096
"""Octets of a query at most."""
ACCEPTED_DIGESTS = frozenset({"sha256", "sha384", "sha512"})
"""What may be stamped; SHA-1 no longer proves anything."""
_TST_INFO = oid("1.2.840.113549.1.9.16.1.4")
_SIGNED_DATA = oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE = oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE_V2 = oid("1.2.840.113549.1.9.16.2.47")


class Failure(Enum):
    """Why there is no token: the bit of PKIFailureInfo (RFC 3161 clause 2.4.2), the code of ours, words for logs."""

    BAD_ALGORITHM = (0, "timestamp.bad-algorithm", "The hash algorithm is not taken: use SHA-256, SHA-384 or SHA-512.")
    BAD_REQUEST = (2, "timestamp.bad-request", "This is not a time-stamp query.")
    BAD_DATA = (5, "timestamp.bad-data", "The hash has not the length of its algorithm.")
    TIME_NOT_AVAILABLE = (14, "timestamp.clock", "Our clock cannot be trusted at the moment: try again later.")
    UNACCEPTED_POLICY = (15, "timestamp.policy", "This policy is not served here: leave the policy out.")
    UNACCEPTED_EXTENSION = (16, "timestamp.extension", "An extension of the query is not served here.")
    SYSTEM_FAILURE = (25, "timestamp.unavailable", "The token could not be recorded: try again later.")

    def __init__(self, bit: int, code: str, sentence: str) -> None:
        self.bit, self.code, self.sentence = bit, code, sentence


@dataclass(frozen=True)
class TimeStampQuery:
    """What is to be stamped. `imprint` is the whole MessageImprint as it came; `policy` is DER or None."""

    imprint: bytes
    digest: str
    hashed: bytes
    policy: bytes | None
    nonce: int | None
    certificates_wanted: bool


@dataclass(frozen=True)
class TimeStampUnit:
    """The key and certificate (DER) that sign tokens. `chain` goes with it when certificates are wanted."""

    signer: Signer
    certificate: bytes
    chain: tuple[bytes, ...] = ()


def parse_query(der: bytes) -> TimeStampQuery:
    """The query in `der`. Raises ParseError or Unsupported, whose `code` is one of `Failure`'s."""
    try:
        return _parse(der)
    except ParseError as fault:
        known = fault.code == Failure.BAD_DATA.code
        raise fault if known else ParseError(str(fault), Failure.BAD_REQUEST.code) from fault


def token_content(
    query: TimeStampQuery, policy: str, serial_number: int, at: datetime, accuracy_seconds: int = 1
) -> bytes:
    """The TSTInfo (RFC 3161 clause 2.4.2): `query`'s imprint and nonce, stamped at `at`, cut to the second.

    The accuracy covers the cut: the true time is within `accuracy_seconds` of what the token says.
    """
    return tlv(
        SEQUENCE,
        integer(1),
        oid(policy),
        query.imprint,
        integer(serial_number),
        generalized_time(at),
        tlv(SEQUENCE, integer(accuracy_seconds)),
        b"" if query.nonce is None else integer(query.nonce),
    )


def token(content: bytes, unit: TimeStampUnit, *, certificates: bool) -> bytes:
    """The TimeStampToken: SignedData over a TSTInfo by `unit`, with its certificates if they are wanted."""
    digest = SIGNATURE_DIGEST[unit.signer.algorithm]
    identifier = digest_identifier(digest)
    attributes = _signed_attributes(content, digest, unit.certificate)
    signer_info = tlv(
        SEQUENCE,
        integer(1),
        tlv(SEQUENCE, *_issuer_and_serial(unit.certificate)),
        identifier,
        tlv(context(0), attributes),
        SIGNATURE[unit.signer.algorithm],
        # RFC 5652 clause 5.4: what is signed has the tag SET, what is sent has [0].
        tlv(OCTET_STRING, unit.signer.sign(tlv(SET, attributes))),
    )
    listed = tlv(context(0), *_set_of(unit.certificate, *unit.chain)) if certificates else b""
    encapsulated = tlv(SEQUENCE, _TST_INFO, tlv(context(0), tlv(OCTET_STRING, content)))
    signed = tlv(SEQUENCE, integer(3), tlv(SET, identifier), encapsulated, listed, tlv(SET, signer_info))
    return tlv(SEQUENCE, _SIGNED_DATA, tlv(context(0), signed))


def response(token: bytes) -> bytes:
    """A TimeStampResp that grants `token`."""
    return tlv(SEQUENCE, tlv(SEQUENCE, integer(0)), token)


def rejection(failure: Failure) -> bytes:
    """A TimeStampResp without a token: PKIStatus rejection, the failure's bit, its sentence as PKIFreeText."""
    words = tlv(SEQUENCE, tlv(UTF8_STRING, failure.sentence.encode()))
    return tlv(SEQUENCE, tlv(SEQUENCE, integer(2), words, _named_bit(failure.bit)))


def _parse(der: bytes) -> TimeStampQuery:
    if len(der) > LONGEST_QUERY:
        raise ParseError(f"a query of {len(der)} octets; {LONGEST_QUERY} at most")
    outer = Reader(der)
    query = outer.enter(SEQUENCE)
    outer.finish()
    if query.number() != 1:
        raise ParseError("a query of another version than 1")
    imprint = query.whole(SEQUENCE)
    digest, hashed = _parse_imprint(imprint)
    policy = query.whole(OID) if query.next_tag() == OID else None
    nonce = query.number() if query.next_tag() == INTEGER else None
    wanted = query.next_tag() == BOOLEAN and query.value(BOOLEAN) != b"\0"
    if query.next_tag() == context(0):
        raise Unsupported("no extension of a query is known here", Failure.UNACCEPTED_EXTENSION.code)
    query.finish()
    return TimeStampQuery(imprint, digest, hashed, policy, nonce, wanted)


def _parse_imprint(imprint: bytes) -> tuple[str, bytes]:
    inside = Reader(imprint).enter(SEQUENCE)
    algorithm = inside.enter(SEQUENCE)
    digest = DIGESTS.get(algorithm.whole(OID))
    if digest not in ACCEPTED_DIGESTS:
        raise Unsupported("a hash algorithm that is not stamped here", Failure.BAD_ALGORITHM.code)
    if algorithm.next_tag() is not None and algorithm.value(NULL):
        raise ParseError("a NULL that holds something")
    algorithm.finish()
    hashed = inside.value(OCTET_STRING)
    inside.finish()
    if len(hashed) != DIGEST_SIZES[digest]:
        raise ParseError("a hash that is not of its algorithm's length", Failure.BAD_DATA.code)
    return digest, hashed


def _signed_attributes(content: bytes, digest: str, certificate: bytes) -> bytes:
    """Content type, message digest and ESSCertIDv2 (RFC 5816 clause 2.2.1), in the order of DER's SET OF."""
    issuer, serial = _issuer_and_serial(certificate)
    names = tlv(SEQUENCE, tlv(context(4), issuer))
    certificate_id = tlv(
        SEQUENCE, tlv(OCTET_STRING, sha256(certificate).digest()), tlv(SEQUENCE, names, serial)
    )  # SHA-256 is the default of hashAlgorithm, so DER leaves it out.
    signing_certificate = tlv(SEQUENCE, tlv(SEQUENCE, certificate_id))
    message_digest = tlv(OCTET_STRING, new(digest, content).digest())
    return b"".join(
        _set_of(
            tlv(SEQUENCE, _CONTENT_TYPE, tlv(SET, _TST_INFO)),
            tlv(SEQUENCE, _MESSAGE_DIGEST, tlv(SET, message_digest)),
            tlv(SEQUENCE, _SIGNING_CERTIFICATE_V2, tlv(SET, signing_certificate)),
        )
    )


def _issuer_and_serial(certificate: bytes) -> tuple[bytes, bytes]:
    """The DER Name of the issuer and the DER serial number of a certificate."""
    tbs = Reader(certificate).enter(SEQUENCE).enter(SEQUENCE)
    tbs.whole(context(0))
    serial = tbs.whole(INTEGER)
    tbs.whole(SEQUENCE)
    return tbs.whole(SEQUENCE), serial


def _set_of(*members: bytes) -> list[bytes]:
    return sorted(members)


def _named_bit(bit: int) -> bytes:
    """A BIT STRING with one bit set and no zero bits after it (X.690 clause 11.2.2)."""
    octets = bytearray(bit // 8 + 1)
    octets[-1] = 0x80 >> bit % 8
    return tlv(BIT_STRING, bytes((7 - bit % 8,)), bytes(octets))
