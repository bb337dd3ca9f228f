"""Signatures of one width for each key: where octets are counted, ECDSA's R and S stand without DER around them."""

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from pki.errors import SignatureInvalid
from pki.keys import algorithm_of, rsa_modulus
from pki.signing import SignatureAlgorithm

_WIDTHS = {
    SignatureAlgorithm.ECDSA_P256_SHA256: 64,
    SignatureAlgorithm.ECDSA_P384_SHA384: 96,
    SignatureAlgorithm.ED25519: 64,
    SignatureAlgorithm.ML_DSA_44: 2420,
    SignatureAlgorithm.ML_DSA_65: 3309,
    SignatureAlgorithm.ML_DSA_87: 4627,
}
"""RFC 7518 clause 3.4, RFC 8032 clause 5.1.6, FIPS 204 table 2."""
_HALF = {SignatureAlgorithm.ECDSA_P256_SHA256: 32, SignatureAlgorithm.ECDSA_P384_SHA384: 48}


def fixed_width(signature: bytes, algorithm: SignatureAlgorithm) -> bytes:
    """ECDSA as R and S of the curve's width (RFC 7518 clause 3.4); others as they are."""
    half = _HALF.get(algorithm)
    if half is None:
        return signature
    r, s = decode_dss_signature(signature)
    return r.to_bytes(half, "big") + s.to_bytes(half, "big")


def as_der(signature: bytes, algorithm: SignatureAlgorithm) -> bytes:
    """What `fixed_width` was made of: DER (RFC 3279 clause 2.2.3) for ECDSA. Raises SignatureInvalid."""
    half = _HALF.get(algorithm)
    if half is None:
        return signature
    if len(signature) != 2 * half:
        raise SignatureInvalid("an ECDSA signature of another width (RFC 7518 clause 3.4)")
    return encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))


def width_of(spki: bytes) -> int:
    """How many octets each signature of this key has. Raises ParseError or WeakKey."""
    modulus = rsa_modulus(spki)
    return _WIDTHS[algorithm_of(spki)] if modulus is None else (modulus.bit_length() + 7) // 8
