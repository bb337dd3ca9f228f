"""Signatures of one width for each key: where octets are counted, ECDSA's R and S stand without DER around them."""

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from pki.errors import SignatureInvalid
from pki.signing import SignatureAlgorithm

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
