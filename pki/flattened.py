"""Flattened JSON Web Signatures (RFC 7515 clause 7.2.2) as RFC 8555 clause 6.2 narrows them: read, then verified.

Everything that counts is in the protected header. The key is known or comes in `jwk`; it decides the algorithm, and
the header may only repeat what it says. A MAC is taken for the external account binding alone, by `verify_mac`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest, digest
from typing import Any

from pki.base64url import decode
from pki.errors import ParseError, SignatureInvalid, Unsupported
from pki.fixed_width import as_der
from pki.jwk import spki_of
from pki.jws import LONGEST, object_of
from pki.keys import algorithm_of, check_strength
from pki.keys import verify as verify_signature
from pki.signing import SignatureAlgorithm

ALGORITHMS = (
    SignatureAlgorithm.ECDSA_P256_SHA256,
    SignatureAlgorithm.ECDSA_P384_SHA384,
    SignatureAlgorithm.RSA_PKCS1_SHA256,
    SignatureAlgorithm.ED25519,
)
"""By which a request may be signed."""
NAMES = tuple(algorithm.value for algorithm in ALGORITHMS)
MAC = "HS256"
_MEMBERS = {"protected", "payload", "signature"}
_NOT_UNDERSTOOD = {"crit", "b64", "jku", "x5u", "x5c", "zip", "enc"}
_ACCOUNT_RSA_BITS = range(2048, 8193)
"""Clients make account keys of 2048 bits by themselves; such a key signs requests and is never certified."""


@dataclass(frozen=True)
class UnverifiedJws:
    """A message whose signature nobody has verified: fit for finding the key, for nothing else."""

    header: Mapping[str, Any]
    payload: bytes
    signed: bytes
    signature: bytes

    def text(self, name: str) -> str | None:
        """A member of the header, if it is there and text."""
        value = self.header.get(name)
        return value if isinstance(value, str) else None

    def members(self) -> dict[str, Any]:
        """The payload as a JSON object. Raises ParseError when it is none or names a member twice."""
        return object_of(self.payload)


def parse_flattened(octets: bytes) -> UnverifiedJws:
    """The message, well formed and with nothing outside its protected header. Raises ParseError or Unsupported."""
    if len(octets) > LONGEST:
        raise ParseError(f"a message of {len(octets)} octets; {LONGEST} at most", "jws.malformed")
    return of_object(object_of(octets))


def of_object(message: Mapping[str, Any]) -> UnverifiedJws:
    """As `parse_flattened`, of JSON that was read before. Raises ParseError or Unsupported."""
    if message.keys() != _MEMBERS or not all(isinstance(value, str) for value in message.values()):
        raise ParseError("a flattened JWS has protected, payload and signature, and nothing else", "jws.malformed")
    protected, payload = message["protected"], message["payload"]
    header = object_of(decode(protected))
    if _NOT_UNDERSTOOD & header.keys():
        raise Unsupported("header members that are not taken here", "jws.header")
    try:
        signed = f"{protected}.{payload}".encode("ascii")
    except UnicodeEncodeError as fault:
        raise ParseError("not base64url", "jws.malformed") from fault
    return UnverifiedJws(header, decode(payload), signed, decode(message["signature"]))


def verify(message: UnverifiedJws, spki: bytes) -> None:
    """The message is signed by this key (DER). Raises Unsupported (`jws.algorithm`) or SignatureInvalid."""
    check_algorithm(message)
    algorithm = algorithm_of(spki)
    if message.header["alg"] != algorithm.value:
        raise SignatureInvalid("the header's alg is not the key's", "jws.algorithm-other")
    verify_signature(spki, algorithm, message.signed, as_der(message.signature, algorithm))


def check_algorithm(message: UnverifiedJws) -> None:
    """The header's algorithm is one of `ALGORITHMS`. Raises Unsupported (`jws.algorithm`)."""
    if message.text("alg") not in NAMES:
        raise Unsupported("an algorithm that is not taken here", "jws.algorithm")


def verify_mac(message: UnverifiedJws, key: bytes) -> None:
    """The message is authenticated by this shared key (RFC 8555 clause 7.3.4). Raises Unsupported, SignatureInvalid."""
    if message.text("alg") != MAC:
        raise Unsupported("a MAC that is not taken here", "jws.algorithm")
    if not compare_digest(digest(key, message.signed, "sha256"), message.signature):
        raise SignatureInvalid("the MAC is of another key", "jws.mac")


def account_key(jwk: object) -> bytes:
    """The DER key of a public JWK, strong enough to sign requests by. Raises ParseError, Unsupported or WeakKey."""
    if not isinstance(jwk, dict):
        raise ParseError("a JWK is a JSON object", "jws.malformed")
    spki = spki_of(jwk)
    check_strength(spki, _ACCOUNT_RSA_BITS)
    return spki
