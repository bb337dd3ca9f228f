"""The protection of a message: by a password (PasswordBasedMac or PBMAC1, RFC 9481 clause 6.1) or by a signature."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from hashlib import pbkdf2_hmac
from hmac import compare_digest, digest

from pki import der, keys
from pki.cmp.message import Message
from pki.errors import ParseError, SignatureInvalid, Unsupported

PASSWORD_BASED = "1.2.840.113533.7.66.13"  # noqa: S105 - the identifier of an algorithm
PBMAC1, _PBKDF2 = "1.2.840.113549.1.5.14", "1.2.840.113549.1.5.12"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_ONE_WAY = {_SHA256: "sha256", "2.16.840.1.101.3.4.2.2": "sha384", "2.16.840.1.101.3.4.2.3": "sha512"}
_OF_HMAC = {"1.2.840.113549.2.9": "sha256", "1.2.840.113549.2.10": "sha384", "1.2.840.113549.2.11": "sha512"}
_MACS = _OF_HMAC | {"1.3.6.1.5.5.8.1.2": "sha1", "1.2.840.113549.2.7": "sha1"}
"""HMAC-SHA1 is still a good MAC, and what OpenSSL 3.0 sends unless told otherwise; ours has SHA-256."""
_OF_PBMAC1 = _OF_HMAC
"""Also of its key derivation (RFC 8018 appendix A.5), whose default is SHA-1: what leaves it out is not served."""
_OURS = "1.2.840.113549.2.9"
_ITERATIONS = range(100, 100_001)
"""RFC 9481 clause 6.1.1 asks for 100 at least; more than this is a stranger's way to cost us seconds."""
_MOST_SALT = 128


@dataclass(frozen=True)
class PasswordBased:
    """A PBMParameter or the parameters of PBMAC1, checked. Hashes are called as `hashlib` does."""

    salt: bytes
    iterations: int
    mac: str
    one_way: str = "sha256"
    """Of PasswordBasedMac."""
    derivation: str | None = None
    """The hash of PBKDF2; None for PasswordBasedMac."""
    key_octets: int = 32

    def mac_of(self, secret: bytes, protected: bytes) -> bytes:
        """The MAC over what is protected."""
        if self.derivation is None:
            key = _key(secret, self.salt, self.iterations, self.one_way)
        else:
            key = pbkdf2_hmac(self.derivation, secret, self.salt, self.iterations, self.key_octets)
        return digest(key, protected, self.mac)


def is_password_based(message: Message) -> bool:
    """Whether the message says that a password protects it. Raises ParseError."""
    algorithm = message.header.algorithm
    return algorithm is not None and der.read_oid(der.first(der.parts(algorithm))) in (PASSWORD_BASED, PBMAC1)


def verify_password(message: Message, secret: bytes) -> None:
    """The message is protected by this secret. Raises ParseError, Unsupported or SignatureInvalid."""
    if message.header.algorithm is None or message.protection is None:
        raise SignatureInvalid("The message is not protected.")
    mac = _parameters(message.header.algorithm).mac_of(secret, message.protected)
    if not compare_digest(mac, message.protection):
        raise SignatureInvalid("The message's MAC is not of this secret.")


def verify_signature(message: Message, spki: bytes) -> None:
    """The message is signed by this key. Raises PkiError."""
    if message.header.algorithm is None or message.protection is None:
        raise SignatureInvalid("The message is not protected.")
    keys.verify_by(spki, message.header.algorithm, message.protected, message.protection)


def password_algorithm(salt: bytes, iterations: int = 500, like: bytes | None = None) -> bytes:
    """The DER AlgorithmIdentifier by which we protect: SHA-256 throughout, of the kind of `like`."""
    null = der.tlv(der.NULL)
    if like is not None and der.read_oid(der.first(der.parts(like))) == PBMAC1:
        hmac = der.sequence(der.oid(_OURS), null)
        derivation = der.sequence(der.octet_string(salt), der.integer(iterations), der.integer(32), hmac)
        return der.sequence(
            der.oid(PBMAC1), der.sequence(der.sequence(der.oid(_PBKDF2), derivation), hmac)
        )
    parameter = der.sequence(
        der.octet_string(salt),
        der.sequence(der.oid(_SHA256), null),
        der.integer(iterations),
        der.sequence(der.oid(_OURS), null),
    )
    return der.sequence(der.oid(PASSWORD_BASED), parameter)


def password_mac(algorithm: bytes, secret: bytes, protected: bytes) -> bytes:
    """The MAC over the protected part of a message by `password_algorithm`."""
    return _parameters(algorithm).mac_of(secret, protected)


def _parameters(algorithm: bytes) -> PasswordBased:
    found = der.parts(algorithm)
    kind = der.read_oid(found[0]) if len(found) == 2 else ""
    if kind == PBMAC1:
        return _derived(found[1])
    if kind != PASSWORD_BASED:
        raise Unsupported("The message is not protected by a password.")
    fields = der.parts(found[1].whole)
    if len(fields) != 4:
        raise ParseError("A PBMParameter has four fields.")
    salt, iterations = der.content_of(fields[0], der.OCTET_STRING), der.read_integer(fields[2])
    one_way, mac = (der.read_oid(der.first(der.parts(field.whole))) for field in (fields[1], fields[3]))
    known = one_way in _ONE_WAY and mac in _MACS and iterations in _ITERATIONS
    if not known or len(salt) > _MOST_SALT:
        raise Unsupported("This way of protection is not served here: SHA-256 and up, 100 to 100000 rounds.")
    return PasswordBased(salt, iterations, _MACS[mac], _ONE_WAY[one_way])


def _derived(parameters: der.Element) -> PasswordBased:
    """The parameters of PBMAC1 (RFC 8018 appendix A.5)."""
    found = der.parts(parameters.whole)
    if len(found) != 2:
        raise ParseError("PBMAC1 has a key derivation and a MAC.")
    derivation, mac = der.parts(found[0].whole), der.read_oid(der.first(der.parts(found[1].whole)))
    fields = der.parts(derivation[1].whole) if len(derivation) == 2 else []
    if len(fields) != 4 or der.read_oid(derivation[0]) != _PBKDF2:
        raise Unsupported("PBMAC1 is served with PBKDF2, the length of its key and its hash.")
    salt, iterations = der.content_of(fields[0], der.OCTET_STRING), der.read_integer(fields[1])
    octets, hashing = der.read_integer(fields[2]), der.read_oid(der.first(der.parts(fields[3].whole)))
    known = {mac, hashing} <= _OF_PBMAC1.keys() and iterations in _ITERATIONS and octets in range(20, 65)
    if not known or len(salt) > _MOST_SALT:
        raise Unsupported("This way of protection is not served here: SHA-256 and up, 100 to 100000 rounds.")
    return PasswordBased(salt, iterations, _OF_PBMAC1[mac], derivation=_OF_PBMAC1[hashing], key_octets=octets)


@lru_cache(maxsize=64)
def _key(secret: bytes, salt: bytes, iterations: int, one_way: str) -> bytes:
    """RFC 9481 clause 6.1.1: the one-way function, so many times over the secret and the salt."""
    function, key = getattr(hashlib, one_way), secret + salt
    for _ in range(iterations):
        key = function(key).digest()
    return key


