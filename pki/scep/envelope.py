"""The pkcsPKIEnvelope (RFC 8894 clause 3.2.2): content under a key of AES, which is under an RSA key."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import load_der_public_key

from pki import der
from pki.errors import ParseError, SignatureInvalid, Unsupported
from pki.scep.message import DATA, Identity, content_info

ENVELOPED_DATA = "1.2.840.113549.1.7.3"
_RSA_PKCS1 = "1.2.840.113549.1.1.1"
_KEY_OCTETS = {"2.16.840.1.101.3.4.1.2": 16, "2.16.840.1.101.3.4.1.22": 24, "2.16.840.1.101.3.4.1.42": 32}
"""AES in CBC mode; Triple-DES and DES are not taken."""
_OURS = {16: "2.16.840.1.101.3.4.1.2", 32: "2.16.840.1.101.3.4.1.42"}
_BLOCK = 16


@dataclass(frozen=True)
class Envelope:
    """An EnvelopedData as it came."""

    recipients: Sequence[tuple[bytes, bytes]]
    """Of each the DER IssuerAndSerialNumber, and the key of the content enciphered to him."""
    key_octets: int
    iv: bytes
    ciphertext: bytes

    def for_recipient(self, own: Identity) -> bytes:
        """The enciphered key of the content for this certificate. Raises ParseError if there is none."""
        found = [enciphered for called, enciphered in self.recipients if called == own.name]
        if len(found) != 1:
            raise ParseError("The envelope is to somebody else.")
        return found[0]

    def opened(self, key: bytes) -> bytes:
        """The content. Raises SignatureInvalid for a key that does not open it: never say why to who sent it."""
        if len(key) != self.key_octets or not self.ciphertext or len(self.ciphertext) % _BLOCK:
            raise SignatureInvalid("The envelope does not open.")
        decryptor = Cipher(algorithms.AES(key), modes.CBC(self.iv)).decryptor()
        padded = decryptor.update(self.ciphertext) + decryptor.finalize()
        unpadder = padding.PKCS7(_BLOCK * 8).unpadder()
        try:
            return unpadder.update(padded) + unpadder.finalize()
        except ValueError:
            raise SignatureInvalid("The envelope does not open.") from None


def parse_envelope(encoded: bytes) -> Envelope:
    """The envelope in a ContentInfo. Raises ParseError or Unsupported."""
    fields = der.parts(content_info(encoded, ENVELOPED_DATA))
    if len(fields) < 3 or fields[1].tag != der.SET:
        raise ParseError("An envelope has recipients and a content.")
    kind, algorithm, *content = der.children(der.content_of(fields[2], der.SEQUENCE)) or (fields[0], fields[0])
    named = der.parts(algorithm.whole)
    if der.read_oid(kind) != DATA or len(named) != 2 or der.read_oid(named[0]) not in _KEY_OCTETS:
        raise Unsupported("An envelope holds data under AES in CBC mode.")
    iv = der.content_of(named[1], der.OCTET_STRING)
    if len(iv) != _BLOCK or len(content) != 1:
        raise ParseError("An envelope has an initial block and a content.")
    recipients = [_recipient(one) for one in der.children(fields[1].content)]
    ciphertext = der.content_of(content[0], 0x80)
    return Envelope(recipients, _KEY_OCTETS[der.read_oid(named[0])], iv, ciphertext)


def enveloped(content: bytes, to: Identity, key: bytes, iv: bytes, filling: bytes) -> bytes:
    """The DER ContentInfo of `content` for this certificate's RSA key. Raises Unsupported for another kind of key.

    `key` (16 or 32 octets), `iv` (16) and `filling` (twice the key's modulus) are fresh random octets.
    """
    padder = padding.PKCS7(_BLOCK * 8).padder()
    padded = padder.update(content) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    ciphertext = encryptor.update(padded) + encryptor.finalize()
    recipient = der.sequence(
        der.integer(0),
        to.name,
        der.sequence(der.oid(_RSA_PKCS1), der.tlv(der.NULL)),
        der.octet_string(_enciphered(key, to.spki, filling)),
    )
    algorithm = der.sequence(der.oid(_OURS[len(key)]), der.octet_string(iv))
    held = der.sequence(der.oid(DATA), algorithm, der.implicit(0, ciphertext))
    whole = der.sequence(der.integer(0), der.tlv(der.SET, recipient), held)
    return der.sequence(der.oid(ENVELOPED_DATA), der.explicit(0, whole))


def _enciphered(key: bytes, spki: bytes, filling: bytes) -> bytes:
    """RSAES-PKCS1-v1_5 (RFC 8017 clause 7.2.1) with the given filling, whose zeros are left out."""
    public = load_der_public_key(spki)
    if not isinstance(public, RSAPublicKey):
        raise Unsupported("Answers are enciphered to an RSA key.")
    numbers, octets = public.public_numbers(), (public.key_size + 7) // 8
    wanted = octets - 3 - len(key)
    filled = bytes(octet for octet in filling if octet)[:wanted]
    if len(filled) != wanted:
        raise ValueError("too few random octets")
    block = int.from_bytes(b"\x00\x02" + filled + b"\x00" + key)
    return pow(block, numbers.e, numbers.n).to_bytes(octets)


def _recipient(element: der.Element) -> tuple[bytes, bytes]:
    fields = der.children(der.content_of(element, der.SEQUENCE))
    if len(fields) != 4 or der.read_oid(der.first(der.parts(fields[2].whole))) != _RSA_PKCS1:
        raise Unsupported("An envelope is to RSA keys, by PKCS #1 v1.5.")
    return fields[1].whole, der.content_of(fields[3], der.OCTET_STRING)
