"""Time stamps (RFC 3161, with ESSCertIDv2 by RFC 5816): queries read, tokens and answers written.

A token is CMS SignedData over a TSTInfo. The octets that the key signs are made here; a Signer signs them.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from pki.der import (
    BOOLEAN,
    INTEGER,
    OID,
    SEQUENCE,
    SET,
    explicit,
    generalized_time,
    integer,
    named_bits,
    octet_string,
    oid,
    sequence,
    set_of,
    single,
    utf8,
)
from pki.digests import OF_SIGNATURE, digest, digest_identifier, parse_digest_identifier, read_digest
from pki.errors import ParseError, Unsupported
from pki.keys import algorithm_identifier
from pki.reader import Reader
from pki.signing import Signer

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
        failure = Failure.BAD_DATA if fault.code == "pki.digest-length" else Failure.BAD_REQUEST
        raise ParseError(str(fault), failure.code) from fault


def token_content(
    query: TimeStampQuery, policy: str, serial_number: int, at: datetime, accuracy_seconds: int = 1
) -> bytes:
    """The TSTInfo (RFC 3161 clause 2.4.2): `query`'s imprint and nonce, stamped at `at`, cut to the second.

    The accuracy covers the cut: the true time is within `accuracy_seconds` of what the token says.
    """
    return sequence(
        integer(1),
        oid(policy),
        query.imprint,
        integer(serial_number),
        generalized_time(at),
        sequence(integer(accuracy_seconds)),
        b"" if query.nonce is None else integer(query.nonce),
    )


def token(content: bytes, unit: TimeStampUnit, *, certificates: bool) -> bytes:
    """The TimeStampToken: SignedData over a TSTInfo by `unit`, with its certificates if they are wanted."""
    name = OF_SIGNATURE[unit.signer.algorithm]
    identifier = digest_identifier(name)
    attributes = _signed_attributes(content, name, unit.certificate)
    signer_info = sequence(
        integer(1),
        sequence(*_issuer_and_serial(unit.certificate)),
        identifier,
        explicit(0, single(attributes, SET)),
        algorithm_identifier(unit.signer.algorithm),
        # RFC 5652 clause 5.4: what is signed has the tag SET, what is sent has [0].
        octet_string(unit.signer.sign(attributes)),
    )
    listed = explicit(0, *sorted((unit.certificate, *unit.chain))) if certificates else b""
    encapsulated = sequence(_TST_INFO, explicit(0, octet_string(content)))
    signed = sequence(integer(3), set_of(identifier), encapsulated, listed, set_of(signer_info))
    return sequence(_SIGNED_DATA, explicit(0, signed))


def response(token: bytes) -> bytes:
    """A TimeStampResp that grants `token`."""
    return sequence(sequence(integer(0)), token)


def rejection(failure: Failure) -> bytes:
    """A TimeStampResp without a token: PKIStatus rejection, the failure's bit, its sentence as PKIFreeText."""
    words = sequence(utf8(failure.sentence))
    return sequence(sequence(integer(2), words, named_bits(frozenset((failure.bit,)))))


def _parse(der: bytes) -> TimeStampQuery:
    if len(der) > LONGEST_QUERY:
        raise ParseError(f"a query of {len(der)} octets; {LONGEST_QUERY} at most")
    query = Reader(single(der, SEQUENCE))
    if query.number() != 1:
        raise ParseError("a query of another version than 1")
    imprint = query.whole(SEQUENCE)
    name, hashed = _parse_imprint(imprint)
    policy = query.whole(OID) if query.next_is(OID) else None
    nonce = query.number() if query.next_is(INTEGER) else None
    wanted = query.next_is(BOOLEAN) and query.truth()
    if query.next_is(0xA0):
        raise Unsupported("no extension of a query is known here", Failure.UNACCEPTED_EXTENSION.code)
    query.finish()
    return TimeStampQuery(imprint, name, hashed, policy, nonce, wanted)


def _parse_imprint(imprint: bytes) -> tuple[str, bytes]:
    inside = Reader(single(imprint, SEQUENCE))
    name = parse_digest_identifier(inside.value(SEQUENCE))
    if name not in ACCEPTED_DIGESTS:
        raise Unsupported("a hash algorithm that is not stamped here", Failure.BAD_ALGORITHM.code)
    hashed = read_digest(inside, name)
    inside.finish()
    return name, hashed


def _signed_attributes(content: bytes, name: str, certificate: bytes) -> bytes:
    """SET OF content type, message digest and ESSCertIDv2 (RFC 5816 clause 2.2.1)."""
    issuer, serial = _issuer_and_serial(certificate)
    issuer_serial = sequence(sequence(explicit(4, issuer)), serial)
    # SHA-256 is the default of hashAlgorithm, so DER leaves it out.
    certificate_id = sequence(octet_string(digest("sha256", certificate)), issuer_serial)
    return set_of(
        sequence(_CONTENT_TYPE, set_of(_TST_INFO)),
        sequence(_MESSAGE_DIGEST, set_of(octet_string(digest(name, content)))),
        sequence(_SIGNING_CERTIFICATE_V2, set_of(sequence(sequence(certificate_id)))),
    )


def _issuer_and_serial(certificate: bytes) -> tuple[bytes, bytes]:
    """The DER Name of the issuer and the DER serial number of a certificate."""
    tbs = Reader(single(certificate, SEQUENCE)).enter(SEQUENCE)
    tbs.element()
    serial = tbs.whole(INTEGER)
    tbs.element()
    return tbs.whole(SEQUENCE), serial
