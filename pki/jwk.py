"""Public keys as JSON Web Keys (RFC 7517, RFC 7518 clause 6, RFC 8037), to and from SubjectPublicKeyInfo.

Private members are never written, and a key that brings one is refused.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    EllipticCurve,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from pki.base64url import decode, encode
from pki.errors import ParseError, Unsupported
from pki.keys import algorithm_of

_CURVES: dict[str, tuple[str, EllipticCurve, int]] = {
    "secp256r1": ("P-256", SECP256R1(), 32),
    "secp384r1": ("P-384", SECP384R1(), 48),
}
_BY_NAME = {name: (curve, size) for name, curve, size in _CURVES.values()}
_REQUIRED = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n"), "OKP": ("crv", "kty", "x")}
_CLAMPED = X25519PrivateKey.from_private_bytes(bytes(31) + b"\x40")
"""A scalar of RFC 7748 clause 5, and no secret: any of them takes a point of small order to zero."""
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def jwk(spki: bytes) -> dict[str, str]:
    """The public JWK of a DER SubjectPublicKeyInfo, with `alg`, `use` and its thumbprint as `kid`.

    Raises ParseError or Unsupported.
    """
    members = _members(spki)
    return {**members, "alg": algorithm_of(spki).value, "use": "sig", "kid": _digest(members)}


def thumbprint(spki: bytes) -> str:
    """The RFC 7638 SHA-256 thumbprint of a public key, base64url. Raises ParseError or Unsupported."""
    return _digest(_members(spki))


def spki_of(key: Mapping[str, Any]) -> bytes:
    """The DER SubjectPublicKeyInfo of a public JWK. Raises ParseError or Unsupported.

    Strength is not judged here: `pki.keys.check_strength` does.
    """
    _refuse_private(key)
    required = _REQUIRED.get(str(key.get("kty")))
    if required is None:
        raise Unsupported("a key type that is not served here")
    if not all(isinstance(key.get(name), str) for name in required):
        raise ParseError("a JWK without the members that its type requires")
    try:
        return _public_key(key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except ValueError as fault:
        raise ParseError("a JWK whose numbers make no key") from fault


def agreement_spki_of(key: Mapping[str, Any]) -> bytes:
    """The DER SubjectPublicKeyInfo of a public JWK on X25519, which agrees on keys and signs nothing (RFC 8037).

    Raises ParseError, also for a point of small order, whose secret everybody knows (clause 3.2.1).
    """
    _refuse_private(key)
    if (key.get("kty"), key.get("crv")) != ("OKP", "X25519") or not isinstance(key.get("x"), str):
        raise ParseError("not a JWK on X25519")
    try:
        point = X25519PublicKey.from_public_bytes(decode(key["x"]))
        _CLAMPED.exchange(point)
    except ValueError as fault:
        raise ParseError("no point that keys can be agreed on with") from fault
    return point.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _refuse_private(key: Mapping[str, Any]) -> None:
    if not _PRIVATE.isdisjoint(key):
        raise ParseError("a private or symmetric key where a public one belongs", "pki.jwk-private")


def _members(spki: bytes) -> dict[str, str]:
    """The members that RFC 7638 clause 3.2 requires, which are also all that tell the key."""
    try:
        key = load_der_public_key(spki)
    except ValueError as fault:
        raise ParseError("not a SubjectPublicKeyInfo") from fault
    match key:
        case EllipticCurvePublicKey() if key.curve.name in _CURVES:
            name, _, size = _CURVES[key.curve.name]
            point = key.public_numbers()
            return {"kty": "EC", "crv": name, "x": _fixed(point.x, size), "y": _fixed(point.y, size)}
        case RSAPublicKey():
            numbers = key.public_numbers()
            return {"kty": "RSA", "n": _shortest(numbers.n), "e": _shortest(numbers.e)}
        case Ed25519PublicKey():
            return {"kty": "OKP", "crv": "Ed25519", "x": encode(key.public_bytes_raw())}
        case X25519PublicKey():
            return {"kty": "OKP", "crv": "X25519", "x": encode(key.public_bytes_raw())}
    raise Unsupported("a key of a kind that is not served here")


def _public_key(key: Mapping[str, str]) -> EllipticCurvePublicKey | RSAPublicKey | Ed25519PublicKey:
    if key["kty"] == "RSA":
        return RSAPublicNumbers(_number(key["e"]), _number(key["n"])).public_key()
    if key["kty"] == "OKP":
        if key["crv"] != "Ed25519":
            raise Unsupported("a curve that is not served here")
        return Ed25519PublicKey.from_public_bytes(decode(key["x"]))
    if key["crv"] not in _BY_NAME:
        raise Unsupported("a curve that is not served here")
    curve, size = _BY_NAME[key["crv"]]
    if not len(decode(key["x"])) == len(decode(key["y"])) == size:
        raise ParseError("coordinates are not of the curve's full width (RFC 7518 clause 6.2.1.2)")
    return EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), curve).public_key()


def _digest(members: Mapping[str, str]) -> str:
    return encode(sha256(json.dumps(members, sort_keys=True, separators=(",", ":")).encode()).digest())


def _number(text: str) -> int:
    return int.from_bytes(decode(text), "big")


def _fixed(number: int, size: int) -> str:
    return encode(number.to_bytes(size, "big"))


def _shortest(number: int) -> str:
    return _fixed(number, (number.bit_length() + 7) // 8)
