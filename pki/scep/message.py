"""A pkiMessage (RFC 8894 clause 3.2): what is signed, by whom, and the attributes that say what it is about."""

from dataclasses import dataclass
from enum import IntEnum
from hashlib import new as new_hash

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from pki import der, keys
from pki.errors import ParseError, SignatureInvalid, Unsupported

MOST_OCTETS = 64 * 1024
DATA, SIGNED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_ARC = "2.16.840.1.113733.1.9"
MESSAGE_TYPE, STATUS, FAILURE = f"{_ARC}.2", f"{_ARC}.3", f"{_ARC}.4"
SENDER_NONCE, RECIPIENT_NONCE, TRANSACTION = f"{_ARC}.5", f"{_ARC}.6", f"{_ARC}.7"
DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
"""SHA-1 and MD5, which old devices may still ask for, are not taken."""
_RSA = {
    "1.2.840.113549.1.1.1": None,
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
}
"""How a signature by RSA may be called, and the digest that the name holds."""


class Kind(IntEnum):
    """messageType (clause 3.2.1.2)."""

    CERT_REP = 3
    RENEWAL_REQ = 17
    PKCS_REQ = 19
    CERT_POLL = 20
    GET_CERT = 21


@dataclass(frozen=True)
class Identity:
    """What a certificate is called by in CMS, and its key. Nothing of the certificate is verified."""

    issuer: bytes
    """DER Name."""
    serial: bytes
    """DER INTEGER."""
    spki: bytes
    certificate: bytes

    @property
    def name(self) -> bytes:
        """The DER IssuerAndSerialNumber."""
        return der.sequence(self.issuer, self.serial)


@dataclass(frozen=True)
class Message:
    """A pkiMessage. Its signature is not verified yet."""

    kind: Kind
    transaction: bytes
    sender_nonce: bytes
    signer: Identity
    content: bytes
    """The DER ContentInfo that is enveloped."""
    attributes: bytes
    """The DER SET OF that the signature is over."""
    digest: str
    """Dotted."""
    message_digest: bytes
    signature: bytes


def parse_message(encoded: bytes) -> Message:
    """The pkiMessage in these octets. Raises ParseError or Unsupported."""
    if len(encoded) > MOST_OCTETS:
        raise ParseError(f"A message has at most {MOST_OCTETS} octets.", "request.too-large")
    _, _, encapsulated, *rest = _at_least(der.parts(content_info(encoded, SIGNED_DATA)), 4)
    tagged = {element.tag: element for element in rest[:-1]}
    signers = der.children(der.content_of(rest[-1], der.SET))
    if len(signers) != 1 or 0xA0 not in tagged:
        raise ParseError("A message has one signer, and his certificate.")
    certificates = [identity_of(one.whole) for one in der.children(tagged[0xA0].content)]
    return _signed(signers[0], certificates, _encapsulated(encapsulated))


def verify_message(message: Message, spki: bytes) -> None:
    """The message is signed by this RSA key, over this content. Raises SignatureInvalid, WeakKey or ParseError."""
    digest = DIGESTS[message.digest]
    if new_hash(digest.name, message.content).digest() != message.message_digest:
        raise SignatureInvalid("The message's digest is of other octets.")
    verify_rsa(spki, digest, message.attributes, message.signature)


def verify_rsa(spki: bytes, digest: hashes.HashAlgorithm, signed: bytes, signature: bytes) -> None:
    """The signature is of this RSA key. Raises SignatureInvalid, WeakKey or ParseError."""
    keys.check_strength(spki)
    key = load_der_public_key(spki)
    if not isinstance(key, rsa.RSAPublicKey):
        raise Unsupported("Answers are enciphered to the key that signs, so it is an RSA key.")
    try:
        key.verify(signature, signed, padding.PKCS1v15(), digest)
    except InvalidSignature:
        raise SignatureInvalid("The signature does not verify under the key.") from None


def content_info(encoded: bytes, kind: str) -> bytes:
    """The DER value in a ContentInfo of this kind (RFC 5652 clause 3). Raises ParseError."""
    found = der.parts(encoded)
    if len(found) != 2 or der.read_oid(found[0]) != kind:
        raise ParseError("This content is of another kind.")
    [inside] = _exactly(der.children(der.content_of(found[1], 0xA0)), 1)
    return inside.whole


def identity_of(certificate: bytes) -> Identity:
    """How the certificate is called, and its key; it may be one that a client signed itself. Raises ParseError."""
    fields = der.parts(der.first(der.parts(certificate)).whole)
    if fields and fields[0].tag == 0xA0:
        fields = fields[1:]
    serial, _, issuer, _, _, spki, *_ = _at_least(fields, 6)
    der.content_of(serial, der.INTEGER), der.content_of(issuer, der.SEQUENCE)
    return Identity(issuer.whole, serial.whole, spki.whole, certificate)


def _encapsulated(element: der.Element) -> bytes:
    fields = der.children(der.content_of(element, der.SEQUENCE))
    if not fields or der.read_oid(fields[0]) != DATA or len(fields) > 2:
        raise ParseError("What is signed is no data.")
    return b"" if len(fields) == 1 else der.single(der.content_of(fields[1], 0xA0), der.OCTET_STRING)


def _signed(info: der.Element, certificates: list[Identity], content: bytes) -> Message:
    fields = der.children(der.content_of(info, der.SEQUENCE))
    _, sid, digest_algorithm, signed, algorithm, signature, *_ = _at_least(fields, 6)
    digest = der.read_oid(der.first(der.parts(digest_algorithm.whole)))
    called = der.read_oid(der.first(der.parts(algorithm.whole)))
    if digest not in DIGESTS or called not in _RSA or _RSA[called] not in (None, DIGESTS[digest].name):
        raise Unsupported("Messages are signed by RSA with SHA-256, SHA-384 or SHA-512.")
    named = [one for one in certificates if one.name == sid.whole]
    held = _attributes(der.content_of(signed, 0xA0))
    if len(named) != 1 or der.read_oid(_value(held, CONTENT_TYPE)) != DATA:
        raise ParseError("The signer's certificate is not there, or what is signed is no data.")
    return Message(
        _kind(_value(held, MESSAGE_TYPE)),
        der.content_of(_value(held, TRANSACTION), der.PRINTABLE),
        der.content_of(_value(held, SENDER_NONCE), der.OCTET_STRING),
        named[0],
        content,
        der.tlv(der.SET, signed.content),
        digest,
        der.content_of(_value(held, MESSAGE_DIGEST), der.OCTET_STRING),
        der.content_of(signature, der.OCTET_STRING),
    )


def _attributes(content: bytes) -> dict[str, der.Element]:
    """Each attribute's one value. Raises ParseError for one that is there twice, or has several."""
    held: dict[str, der.Element] = {}
    for one in der.children(content):
        kind, values = _exactly(der.children(der.content_of(one, der.SEQUENCE)), 2)
        [value] = _exactly(der.children(der.content_of(values, der.SET)), 1)
        if held.setdefault(der.read_oid(kind), value) is not value:
            raise ParseError("An attribute is there twice.")
    return held


def _value(held: dict[str, der.Element], kind: str) -> der.Element:
    if kind not in held:
        raise ParseError(f"The attribute {kind} is missing.")
    value = held[kind]
    if kind in (TRANSACTION, SENDER_NONCE) and not 1 <= len(value.content) <= 255:
        raise ParseError("A transaction or nonce is empty or too long.")
    return value


def _kind(element: der.Element) -> Kind:
    digits = der.content_of(element, der.PRINTABLE)
    known = {str(kind.value).encode(): kind for kind in Kind if kind is not Kind.CERT_REP}
    if digits not in known:
        raise Unsupported("This kind of message is not served.")
    return known[digits]


def _exactly(found: list[der.Element], number: int) -> list[der.Element]:
    if len(found) != number:
        raise ParseError(f"Not exactly {number} elements.")
    return found


def _at_least(found: list[der.Element], number: int) -> list[der.Element]:
    if len(found) < number:
        raise ParseError(f"Fewer than {number} elements.")
    return found
