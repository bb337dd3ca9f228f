"""Public keys as DER SubjectPublicKeyInfo: what kind, strong enough, and does this signature verify."""

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from pki import der, oids
from pki.errors import ParseError, SignatureInvalid, Unsupported, WeakKey
from pki.factoring import factors_are_near, has_small_factor, is_roca
from pki.signing import SignatureAlgorithm

RSA_BITS = range(3072, 8193)
"""The upper bound keeps a stranger's key from costing seconds."""
RSA_EXPONENT = range(65537, 1 << 256)
"""ETSI TS 119 312 and FIPS 186-5: odd, over 2^16 and under 2^256."""
_CURVES = {
    "secp256r1": SignatureAlgorithm.ECDSA_P256_SHA256,
    "secp384r1": SignatureAlgorithm.ECDSA_P384_SHA384,
}
_ALGORITHM_IDENTIFIERS = {
    SignatureAlgorithm.ECDSA_P256_SHA256: der.sequence(der.oid(oids.ECDSA_WITH_SHA256)),
    SignatureAlgorithm.ECDSA_P384_SHA384: der.sequence(der.oid(oids.ECDSA_WITH_SHA384)),
    SignatureAlgorithm.RSA_PKCS1_SHA256: der.sequence(der.oid(oids.SHA256_WITH_RSA), der.tlv(der.NULL)),
    SignatureAlgorithm.ED25519: der.sequence(der.oid(oids.ED25519)),
    SignatureAlgorithm.ML_DSA_44: der.sequence(der.oid(oids.ML_DSA_44)),
    SignatureAlgorithm.ML_DSA_65: der.sequence(der.oid(oids.ML_DSA_65)),
    SignatureAlgorithm.ML_DSA_87: der.sequence(der.oid(oids.ML_DSA_87)),
}
_UNCOMPRESSED = {
    _CURVES["secp256r1"]: (bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"), 91),
    _CURVES["secp384r1"]: (bytes.fromhex("3076301006072a8648ce3d020106052b8104002203620004"), 120),
}
"""By curve what comes before the two coordinates (RFC 5480 clause 2), and how many octets there are in all."""
_ECDSA = {
    SignatureAlgorithm.ECDSA_P256_SHA256: ec.ECDSA(hashes.SHA256()),
    SignatureAlgorithm.ECDSA_P384_SHA384: ec.ECDSA(hashes.SHA384()),
}
_SHA2 = (hashes.SHA256(), hashes.SHA384(), hashes.SHA512())
_OF_ECDSA = {der.sequence(der.oid(f"1.2.840.10045.4.3.{place}")): one for place, one in enumerate(_SHA2, 2)}
_OF_RSA = {
    der.sequence(der.oid(f"1.2.840.113549.1.1.{place}"), der.tlv(der.NULL)): one for place, one in enumerate(_SHA2, 11)
}
"""By the AlgorithmIdentifier (RFC 9481 clauses 3.1 and 3.2), the hash."""
_BY_IDENTIFIER = {encoded: algorithm for algorithm, encoded in _ALGORITHM_IDENTIFIERS.items()}
_MlDsaKey = mldsa.MLDSA44PublicKey | mldsa.MLDSA65PublicKey | mldsa.MLDSA87PublicKey
_Key = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | _MlDsaKey
_OF_CLASS: tuple[tuple[type[_Key], SignatureAlgorithm], ...] = (
    (rsa.RSAPublicKey, SignatureAlgorithm.RSA_PKCS1_SHA256),
    (ed25519.Ed25519PublicKey, SignatureAlgorithm.ED25519),
    (mldsa.MLDSA44PublicKey, SignatureAlgorithm.ML_DSA_44),
    (mldsa.MLDSA65PublicKey, SignatureAlgorithm.ML_DSA_65),
    (mldsa.MLDSA87PublicKey, SignatureAlgorithm.ML_DSA_87),
)


def algorithm_identifier(algorithm: SignatureAlgorithm) -> bytes:
    """The DER AlgorithmIdentifier of a signature.

    ECDSA and ML-DSA have no parameters (RFC 5758 clause 3.2, RFC 9881 clause 2).
    """
    return _ALGORITHM_IDENTIFIERS[algorithm]


def algorithm_from_identifier(identifier: bytes) -> SignatureAlgorithm:
    """The signature algorithm that a DER AlgorithmIdentifier names. Raises Unsupported."""
    algorithm = _BY_IDENTIFIER.get(identifier)
    if algorithm is None:
        raise Unsupported("This signature algorithm is not served here.")
    return algorithm


def algorithm_of(spki: bytes) -> SignatureAlgorithm:
    """The one algorithm that signatures of this key have. Raises ParseError or WeakKey (a key not accepted)."""
    return _known(spki)[1]


@lru_cache(maxsize=2048)
def _known(spki: bytes) -> tuple[_Key, SignatureAlgorithm]:
    """The key in the library's form with its kind; kept for those that are asked for again.

    These are issuers and responders, and the keys of some batches of requests on their way to certificates.
    """
    key = _loaded(spki)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key, _CURVES[key.curve.name]
    return key, next(algorithm for kind, algorithm in _OF_CLASS if isinstance(key, kind))


def _load(spki: bytes) -> _Key:
    return _known(spki)[0]


def check_strength(spki: bytes, rsa_bits: range = RSA_BITS) -> None:
    """The key may be certified. Raises WeakKey, or ParseError for bytes that are no key.

    RSA of so many bits (3072 to 8192 for what is certified) with a good exponent and none of the cheap weaknesses
    (small factor, near factors, ROCA); P-256 or P-384 with a point on the curve (SP 800-56A clause 5.6.2.3); Ed25519
    not of small order; ML-DSA of each parameter set. Only the one canonical encoding counts: a key has one digest.
    """
    key, kind = _known(spki)
    if not _is_canonical(key, kind, spki):
        raise ParseError("The public key is not in its canonical encoding.")
    if kind in _UNCOMPRESSED:
        return
    if isinstance(key, rsa.RSAPublicKey):
        _check_rsa(key.public_numbers(), rsa_bits)
    elif isinstance(key, ed25519.Ed25519PublicKey) and key.public_bytes_raw() in _SMALL_ORDER:
        raise WeakKey("The Ed25519 key is a point of small order.")


def rsa_modulus(spki: bytes) -> int | None:
    """The modulus of an RSA key, None for any other kind. Raises ParseError or WeakKey (a kind not accepted)."""
    key = _load(spki)
    return key.public_numbers().n if isinstance(key, rsa.RSAPublicKey) else None


def _check_rsa(numbers: rsa.RSAPublicNumbers, rsa_bits: range) -> None:
    modulus, exponent = numbers.n, numbers.e
    if modulus.bit_length() not in rsa_bits:
        raise WeakKey(f"An RSA key of {modulus.bit_length()} bits; {rsa_bits[0]} to {rsa_bits[-1]} are accepted.")
    if exponent not in RSA_EXPONENT or exponent % 2 == 0:
        raise WeakKey("The RSA exponent is not odd, or not from 65537 up to 2^256.")
    for weak, sentence in _RSA_WEAKNESSES:
        if weak(modulus):
            raise WeakKey(sentence)


_RSA_WEAKNESSES: tuple[tuple[Callable[[int], bool], str], ...] = (
    (has_small_factor, "The RSA modulus has a small factor."),
    (is_roca, "The RSA modulus has the form of CVE-2017-15361 (ROCA)."),
    (factors_are_near, "The factors of the RSA modulus are too near each other."),
)


def verify(spki: bytes, algorithm: SignatureAlgorithm, message: bytes, signature: bytes) -> None:
    """The signature over `message` is of this key. Raises SignatureInvalid, ParseError, or Unsupported.

    ECDSA signatures are DER. Unsupported means that the algorithm is not the key's own.
    """
    key, own = _known(spki)
    if own is not algorithm:
        raise Unsupported(f"The key does not sign with {algorithm.value}.")
    try:
        _verify(key, own, message, signature)
    except InvalidSignature:
        raise SignatureInvalid("The signature does not verify under the key.") from None


def _verify(key: Any, own: SignatureAlgorithm, message: bytes, signature: bytes) -> None:
    if own in _ECDSA:
        key.verify(signature, message, _ECDSA[own])
    elif isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    else:
        key.verify(signature, message)


def verify_by(spki: bytes, identifier: bytes, message: bytes, signature: bytes) -> None:
    """The signature is of this key, by the algorithm of this DER AlgorithmIdentifier. Raises as `verify` does.

    For what strangers sign: ECDSA and RSA keys with whichever of SHA-256, SHA-384 and SHA-512 their program takes.
    """
    key = _load(spki)
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and identifier in _OF_ECDSA:
            key.verify(signature, message, ec.ECDSA(_OF_ECDSA[identifier]))
        elif isinstance(key, rsa.RSAPublicKey) and identifier in _OF_RSA:
            key.verify(signature, message, padding.PKCS1v15(), _OF_RSA[identifier])
        else:
            verify(spki, algorithm_from_identifier(identifier), message, signature)
    except InvalidSignature:
        raise SignatureInvalid("The signature does not verify under the key.") from None


def verify_pss(spki: bytes, message: bytes, signature: bytes) -> None:
    """The PS256 signature over `message` is of this RSA key (RFC 7518 clause 3.5). Raises as `verify` does."""
    key = _load(spki)
    if not isinstance(key, rsa.RSAPublicKey):
        raise Unsupported("Only an RSA key signs with PS256.")
    try:
        key.verify(signature, message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    except InvalidSignature:
        raise SignatureInvalid("The signature does not verify under the key.") from None


def key_sha256(spki: bytes) -> str:
    """The SHA-256 of the SubjectPublicKeyInfo, lower-case hex: the key's name in the ledger."""
    return sha256(spki).hexdigest()


@lru_cache(maxsize=2048)
def key_identifier(spki: bytes) -> bytes:
    """The 20 octets of a subject key identifier: SHA-256 of the public key, cut (RFC 7093 clause 2, method 1).

    Raises ParseError.
    """
    return sha256(_public_bits(spki)).digest()[:20]


def _public_bits(spki: bytes) -> bytes:
    """The content of the BIT STRING. Raises ParseError."""
    for before, size in _UNCOMPRESSED.values():
        if len(spki) == size and spki.startswith(before):
            return spki[len(before) - 1 :]
    return der.read_bits(_two(der.parts(spki))[1])


def _two(found: list[der.Element]) -> list[der.Element]:
    if len(found) != 2:
        raise ParseError("A SubjectPublicKeyInfo has two parts.")
    return found


def _loaded(spki: bytes) -> _Key:
    try:
        key = serialization.load_der_public_key(spki)
    except UnsupportedAlgorithm:
        raise WeakKey("This kind of key or curve is not accepted.") from None
    except (ValueError, TypeError):
        raise ParseError("These bytes are not a public key.") from None
    return _accepted(key)


def _accepted(key: PublicKeyTypes) -> _Key:
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return key
    if isinstance(key, rsa.RSAPublicKey | ed25519.Ed25519PublicKey | _MlDsaKey):
        return key
    raise WeakKey("This kind of key is not accepted: take P-256, P-384, RSA from 3072 bits, Ed25519 or ML-DSA.")


def _is_canonical(key: _Key, kind: SignatureAlgorithm, spki: bytes) -> bool:
    """Of a curve's keys all octets but the coordinates are the same, so these are not written once more."""
    if kind in _UNCOMPRESSED:
        before, size = _UNCOMPRESSED[kind]
        return len(spki) == size and spki.startswith(before)
    return _encoded(key) == spki


def _encoded(key: _Key) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


_SMALL_ORDER = frozenset(
    bytes.fromhex(text)
    for text in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
)
