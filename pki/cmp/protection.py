"""The protection of a message: by a password (PasswordBasedMac, RFC 9481 clause 6.1.1) or by a signature."""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from hmac import compare_digest, digest

from pki import der, keys
from pki.cmp.message import Message
from pki.errors import ParseError, SignatureInvalid, Unsupported

PASSWORD_BASED = "1.2.840.113533.7.66.13"  # noqa: S105 - the identifier of an algorithm
_SHA256 = "2.16.840.1.101.3.4.2.1"
_MACS = {"1.3.6.1.5.5.8.1.2": "sha1", "1.2.840.113549.2.9": "sha256", "1.2.840.113549.2.7": "sha1"}
"""HMAC-SHA1 is still a good MAC, and what OpenSSL 3.0 sends unless told otherwise; ours has SHA-256."""
_OURS = "1.2.840.113549.2.9"
_ITERATIONS = range(100, 100_001)
"""RFC 9481 clause 6.1.1 asks for 100 at least; more than this is a stranger's way to cost us seconds."""
_MOST_SALT = 128


@dataclass(frozen=True)
class PasswordBased:
    """A PBMParameter, checked."""

    salt: bytes
    iterations: int
    mac: str


def is_password_based(message: Message) -> bool:
    """Whether the message says that a password protects it. Raises ParseError."""
    algorithm = message.header.algorithm
    return algorithm is not None and der.read_oid(der.first(der.parts(algorithm))) == PASSWORD_BASED


def verify_password(message: Message, secret: bytes) -> None:
    """The message is protected by this secret. Raises ParseError, Unsupported or SignatureInvalid."""
    if message.header.algorithm is None or message.protection is None:
        raise SignatureInvalid("The message is not protected.")
    parameters = _parameters(message.header.algorithm)
    mac = digest(_key(secret, parameters.salt, parameters.iterations), message.protected, _MACS[parameters.mac])
    if not compare_digest(mac, message.protection):
        raise SignatureInvalid("The message's MAC is not of this secret.")


def verify_signature(message: Message, spki: bytes) -> None:
    """The message is signed by this key. Raises PkiError."""
    if message.header.algorithm is None or message.protection is None:
        raise SignatureInvalid("The message is not protected.")
    algorithm = keys.algorithm_from_identifier(message.header.algorithm)
    if algorithm is not keys.algorithm_of(spki):
        raise SignatureInvalid("The message names another algorithm than its key has.")
    keys.verify(spki, algorithm, message.protected, message.protection)


def password_algorithm(salt: bytes, iterations: int = 500) -> bytes:
    """The DER AlgorithmIdentifier by which we protect: SHA-256 throughout."""
    null = der.tlv(der.NULL)
    parameter = der.sequence(
        der.octet_string(salt),
        der.sequence(der.oid(_SHA256), null),
        der.integer(iterations),
        der.sequence(der.oid(_OURS), null),
    )
    return der.sequence(der.oid(PASSWORD_BASED), parameter)


def password_mac(algorithm: bytes, secret: bytes, protected: bytes) -> bytes:
    """The MAC over the protected part of a message by `password_algorithm`."""
    parameters = _parameters(algorithm)
    return digest(_key(secret, parameters.salt, parameters.iterations), protected, _MACS[parameters.mac])


def _parameters(algorithm: bytes) -> PasswordBased:
    found = der.parts(algorithm)
    if len(found) != 2 or der.read_oid(found[0]) != PASSWORD_BASED:
        raise Unsupported("The message is not protected by a password.")
    fields = der.parts(found[1].whole)
    if len(fields) != 4:
        raise ParseError("A PBMParameter has four fields.")
    salt, iterations = der.content_of(fields[0], der.OCTET_STRING), der.read_integer(fields[2])
    one_way, mac = (der.read_oid(der.first(der.parts(field.whole))) for field in (fields[1], fields[3]))
    if one_way != _SHA256 or mac not in _MACS or iterations not in _ITERATIONS or len(salt) > _MOST_SALT:
        raise Unsupported("This way of protection is not served here: SHA-256, 100 to 100000 rounds.")
    return PasswordBased(salt, iterations, mac)


@lru_cache(maxsize=64)
def _key(secret: bytes, salt: bytes, iterations: int) -> bytes:
    """RFC 9481 clause 6.1.1: the one-way function, so many times over the secret and the salt."""
    key = secret + salt
    for _ in range(iterations):
        key = sha256(key).digest()
    return key


