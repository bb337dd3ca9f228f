"""PKIMessage (RFC 9810 clause 5.1) read: header, body and protection, each as it came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from hashlib import sha256, sha384, sha512

from pki import crmf, der
from pki.errors import ParseError

MOST_OCTETS = 64 * 1024
_MOST_CERTIFICATES = 10
_DIRECTORY_NAME = 0xA4
_CERTIFICATE_HASHES = {32: sha256, 48: sha384, 64: sha512}
"""By the octets of a certHash: what ES256, RS256 and ML-DSA, ES384, and Ed25519 sign."""
IMPLICIT_CONFIRM = "1.3.6.1.5.5.7.4.13"


class Body(IntEnum):
    """The kinds of body that are known here, by their tags (clause 5.1.2)."""

    IR = 0
    IP = 1
    CR = 2
    CP = 3
    P10CR = 4
    KUR = 7
    KUP = 8
    RR = 11
    RP = 12
    PKICONF = 19
    GENM = 21
    GENP = 22
    ERROR = 23
    CERTCONF = 24
    POLLREQ = 25
    POLLREP = 26


@dataclass(frozen=True)
class Header:
    """A PKIHeader. Names are DER Name values, or None where another kind of name stands."""

    version: int
    sender: bytes | None
    recipient: bytes | None
    time: datetime | None
    algorithm: bytes | None
    """DER AlgorithmIdentifier of the protection."""
    sender_key: bytes
    transaction: bytes
    sender_nonce: bytes
    recipient_nonce: bytes
    implicit_confirm: bool
    whole: bytes


@dataclass(frozen=True)
class Message:
    """A PKIMessage. Nothing of it is verified yet."""

    header: Header
    body: Body
    content: bytes
    """The DER value inside the body's tag."""
    protected: bytes
    """What the protection is over (clause 5.1.3)."""
    protection: bytes | None
    certificates: tuple[bytes, ...]


def parse_message(encoded: bytes) -> Message:
    """The message in these octets. Raises ParseError."""
    if len(encoded) > MOST_OCTETS:
        raise ParseError(f"A message has at most {MOST_OCTETS} octets.", "request.too-large")
    found = der.parts(encoded)
    if not 2 <= len(found) <= 4:
        raise ParseError("A message has header, body, and perhaps protection and certificates.")
    header, body = _header(found[0]), found[1]
    tagged = {element.tag: element for element in found[2:]}
    if not 0xA0 <= body.tag <= 0xBE or body.tag - 0xA0 not in set(Body) or tagged.keys() - {0xA0, 0xA1}:
        raise ParseError("This kind of body is not known here.")
    protection = der.read_bits(_inside(tagged[0xA0])) if 0xA0 in tagged else None
    certificates = der.parts(tagged[0xA1].content) if 0xA1 in tagged else []
    if len(certificates) > _MOST_CERTIFICATES:
        raise ParseError("So many certificates are nobody's.")
    return Message(
        header,
        Body(body.tag - 0xA0),
        _inside(body).whole,
        der.sequence(header.whole, body.whole),
        protection,
        tuple(one.whole for one in certificates),
    )


def request_of(message: Message) -> bytes:
    """The one certification request of an ir, cr, kur or p10cr: a DER CertReqMsg or PKCS#10. Raises ParseError.

    RFC 9483 clause 4.1.1: exactly one.
    """
    if message.body is Body.P10CR:
        return message.content
    if message.body not in (Body.IR, Body.CR, Body.KUR):
        raise ParseError("This message asks for no certificate.")
    found = der.parts(message.content)
    if len(found) != 1:
        raise ParseError("A message asks for exactly one certificate.")
    return found[0].whole


def revocation_of(message: Message) -> tuple[crmf.Template, int | None]:
    """What an rr names, and its reason code if it gives one (clause 5.3.9). Raises ParseError."""
    details = der.parts(message.content)
    if len(details) != 1:
        raise ParseError("A message revokes exactly one certificate.")
    found = der.parts(details[0].whole)
    return crmf.template_of(der.first(found)), _reason(found[1]) if len(found) > 1 else None


@dataclass(frozen=True)
class Confirmation:
    """What a certConf says of one certificate (RFC 9810 clause 5.3.18)."""

    digest: bytes
    """Its certHash."""
    number: int
    """The certReqId of what asked for it."""
    accepted: bool
    contradicts: bool
    """Whether it is accepted and yet failed: a failInfo goes with a rejection alone."""


def confirmations(message: Message) -> Sequence[Confirmation]:
    """What a certConf says, of each certificate that it is about. Raises ParseError."""
    found = []
    for status in der.parts(message.content):
        fields = der.children(der.content_of(status, der.SEQUENCE))
        if len(fields) < 2:
            raise ParseError("A CertStatus has a hash and a number.")
        info = next((der.parts(one.whole) for one in fields[2:] if one.tag == der.SEQUENCE), None)
        accepted = info is None or der.read_integer(der.first(info)) in (0, 1)
        failed = any(one.tag == der.BIT_STRING for one in info or ())
        digest, number = der.content_of(fields[0], der.OCTET_STRING), der.read_integer(fields[1])
        found.append(Confirmation(digest, number, accepted, contradicts=accepted and failed))
    return found


def verdict_on(certificate: bytes, message: Message) -> bool | None:
    """Whether a certConf accepts this one certificate (DER); None if it is about another, or about several.

    None, too, if it contradicts itself. An empty one rejects whatever its transaction supplied, and names none (RFC
    9810 clause 5.3.18): who relies on it looks at the transaction. A hash is that of the certificate's own signature,
    or another that it names (RFC 9810 clause 5.3.18, RFC 9481 clause 2): which one, its length says. Raises ParseError.
    """
    said = confirmations(message)
    if len(said) != 1:
        return None if said else False
    [one] = said
    algorithm = _CERTIFICATE_HASHES.get(len(one.digest))
    about = algorithm is not None and algorithm(certificate).digest() == one.digest
    return one.accepted if about and not one.contradicts else None


def wanted_information(message: Message) -> Sequence[str]:
    """The identifiers of what a genm asks for. Raises ParseError."""
    return [der.read_oid(der.first(der.parts(one.whole))) for one in der.parts(message.content)]


def _header(element: der.Element) -> Header:
    fields = der.children(der.content_of(element, der.SEQUENCE))
    if len(fields) < 3:
        raise ParseError("A header has a version, a sender and a recipient.")
    tagged = {one.tag - 0xA0: _inside(one) for one in fields[3:]}
    if len(tagged) != len(fields) - 3 or tagged.keys() - set(range(9)):
        raise ParseError("A header has each field once.")
    return Header(
        version=der.read_integer(fields[0]),
        sender=_directory(fields[1]),
        recipient=_directory(fields[2]),
        time=der.read_time(tagged[0]) if 0 in tagged else None,
        algorithm=tagged[1].whole if 1 in tagged else None,
        sender_key=_octets(tagged, 2),
        transaction=_octets(tagged, 4),
        sender_nonce=_octets(tagged, 5),
        recipient_nonce=_octets(tagged, 6),
        implicit_confirm=_has(tagged.get(8), IMPLICIT_CONFIRM),
        whole=element.whole,
    )


def _octets(tagged: dict[int, der.Element], number: int) -> bytes:
    content = der.content_of(tagged[number], der.OCTET_STRING) if number in tagged else b""
    if len(content) > 64:
        raise ParseError("A number of a message has 64 octets at most.")
    return content


def _inside(element: der.Element) -> der.Element:
    """The one element in an explicit tag."""
    found = der.children(element.content)
    if len(found) != 1:
        raise ParseError("An explicit tag holds one element.")
    return found[0]


def _directory(element: der.Element) -> bytes | None:
    return _inside(element).whole if element.tag == _DIRECTORY_NAME else None


def _has(information: der.Element | None, oid: str) -> bool:
    if information is None:
        return False
    return any(der.read_oid(der.first(der.parts(one.whole))) == oid for one in der.parts(information.whole))


def _reason(extensions: der.Element) -> int | None:
    """The CRL reason among these extensions."""
    for extension in der.parts(extensions.whole):
        fields = der.parts(extension.whole)
        if der.read_oid(der.first(fields)) == "2.5.29.21":
            value = der.children(der.content_of(fields[-1], der.OCTET_STRING))
            return der.read_integer(der.first(value), der.ENUMERATED)
    return None
