"""PKCS#10 requests with whatever attributes: signed by their own key, so that possession is never what is wrong."""

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pki import der
from pki.certificate import assemble
from pki.signing import SignatureAlgorithm

CHALLENGE, EXTENSIONS = "1.2.840.113549.1.9.7", "1.2.840.113549.1.9.14"
UTF8 = 0x0C


def attribute(oid: str, *values: bytes) -> bytes:
    """One attribute of these values, each a whole DER element."""
    return der.sequence(der.oid(oid), der.tlv(der.SET, b"".join(values)))


def asking(attributes: bytes, key: ec.EllipticCurvePrivateKey | None = None) -> bytes:
    """A request whose attributes are these octets, as they are."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    information = der.sequence(der.integer(0), der.sequence(), spki, der.tlv(0xA0, attributes))
    return assemble(information, SignatureAlgorithm.ECDSA_P256_SHA256, key.sign(information, ec.ECDSA(SHA256())))


WORD = der.tlv(UTF8, b"a")
UNREADABLE = {
    "two values": attribute(CHALLENGE, WORD, WORD),
    "no value": attribute(CHALLENGE),
    "a tag of two octets": attribute(CHALLENGE, b"\x1f\x81\x01\x00"),
    "no identifier": der.sequence(der.tlv(der.SET, WORD)),
    "not in a sequence": WORD,
    "two values of an unknown one": attribute("1.2.3.4", WORD, WORD),
}
"""What the library reads no attributes of."""
FEATURE = attribute(
    EXTENSIONS,
    der.sequence(der.sequence(der.oid("1.3.6.1.5.5.7.1.24"), der.tlv(der.OCTET_STRING, der.sequence(der.integer(99))))),
)
"""Asks for a TLS feature (RFC 7633) that nobody defined: the library raises KeyError."""
