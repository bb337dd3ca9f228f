"""Which keys are strong enough, and what verifies under them."""

from hashlib import sha256
from math import isqrt

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from pki import der, factoring, keys, oids
from pki.errors import ParseError, PkiError, SignatureInvalid, Unsupported, WeakKey
from pki.signing import SignatureAlgorithm
from tests.issuing import KeySigner, new_key

P256 = KeySigner()


def spki_of(key) -> bytes:  # type: ignore[no-untyped-def]
    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def rsa_spki(modulus: int, exponent: int = 65537) -> bytes:
    numbers = der.sequence(der.integer(modulus), der.integer(exponent))
    algorithm = der.sequence(der.oid(oids.RSA_ENCRYPTION), der.tlv(der.NULL))
    return der.sequence(algorithm, der.bit_string(numbers))


MODULUS = new_key(SignatureAlgorithm.RSA_PKCS1_SHA256).public_key().public_numbers().n  # type: ignore[union-attr]


STRANGERS = {"sha256": (hashes.SHA256(), 2, 11), "sha384": (hashes.SHA384(), 3, 12), "sha512": (hashes.SHA512(), 4, 13)}


@pytest.mark.parametrize("name", STRANGERS)
@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()], ids=lambda one: one.name)
def test_what_strangers_sign_by_ecdsa_has_any_hash_of_sha_2(curve: ec.EllipticCurve, name: str) -> None:
    hashing, place, _ = STRANGERS[name]
    key = ec.generate_private_key(curve)
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    identifier, signature = der.sequence(der.oid(f"1.2.840.10045.4.3.{place}")), key.sign(b"m", ec.ECDSA(hashing))

    keys.verify_by(spki, identifier, b"m", signature)
    with pytest.raises(SignatureInvalid):
        keys.verify_by(spki, identifier, b"n", signature)


@pytest.mark.parametrize("name", STRANGERS)
def test_what_strangers_sign_by_rsa_has_any_hash_of_sha_2(name: str) -> None:
    hashing, _, place = STRANGERS[name]
    key = rsa.generate_private_key(65537, 3072)
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    identifier = der.sequence(der.oid(f"1.2.840.113549.1.1.{place}"), der.tlv(der.NULL))

    keys.verify_by(spki, identifier, b"m", key.sign(b"m", padding.PKCS1v15(), hashing))
    with pytest.raises(Unsupported):
        keys.verify_by(spki, der.sequence(der.oid(oids.ECDSA_WITH_SHA256)), b"m", b"")
    with pytest.raises(Unsupported):
        keys.verify_by(spki, der.sequence(der.oid("1.2.840.113549.1.1.5"), der.tlv(der.NULL)), b"m", b"")


@pytest.mark.parametrize("algorithm", list(SignatureAlgorithm))
def test_keys_of_the_served_kinds_are_strong_and_verify_their_own(algorithm: SignatureAlgorithm) -> None:
    signer = KeySigner(new_key(algorithm))

    keys.check_strength(signer.public_key)
    keys.verify(signer.public_key, algorithm, b"message", signer.sign(b"message"))

    assert keys.algorithm_of(signer.public_key) is algorithm


@pytest.mark.parametrize("algorithm", list(SignatureAlgorithm))
def test_a_signature_over_something_else_is_invalid(algorithm: SignatureAlgorithm) -> None:
    signer = KeySigner(new_key(algorithm))
    signature = signer.sign(b"message")

    with pytest.raises(SignatureInvalid):
        keys.verify(signer.public_key, algorithm, b"another", signature)


def test_a_key_verifies_by_its_own_algorithm_alone() -> None:
    with pytest.raises(Unsupported):
        keys.verify(P256.public_key, SignatureAlgorithm.ECDSA_P384_SHA384, b"", P256.sign(b""))


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 2048),
        ec.generate_private_key(ec.SECP521R1()),
        ec.generate_private_key(ec.SECP256K1()),
        dsa.generate_private_key(2048),
        ed448.Ed448PrivateKey.generate(),
        x25519.X25519PrivateKey.generate(),
    ],
    ids=["RSA 2048", "P-521", "secp256k1", "DSA", "Ed448", "X25519"],
)
def test_kinds_and_sizes_off_the_list_are_weak(key) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(WeakKey):
        keys.check_strength(spki_of(key.public_key()))


P192 = bytes.fromhex(
    "3049301306072a8648ce3d020106082a8648ce3d03010103320004"
    "188da80eb03090f67cbf20eb43a18800f4ff0afd82ff101207192b95ffc8da78631011ed6b24cdd573f977a11e794811"
)
"""The generator of P-192 (SP 800-186)."""


@pytest.mark.parametrize(
    "spki",
    [rsa_spki(MODULUS, 3), rsa_spki(MODULUS, 65536), rsa_spki(MODULUS, 1), rsa_spki(MODULUS, (1 << 257) + 1), P192],
    ids=["e = 3", "e even", "e = 1", "e over 2^256", "P-192"],
)
def test_weak_exponents_and_curves_are_refused(spki: bytes) -> None:
    with pytest.raises((WeakKey, ParseError)):
        keys.check_strength(spki)


def test_an_exponent_of_three_and_p192_are_weak_rather_than_malformed() -> None:
    with pytest.raises(WeakKey):
        keys.check_strength(rsa_spki(MODULUS, 3))
    with pytest.raises(WeakKey):
        keys.check_strength(P192)


def test_a_modulus_with_a_small_factor_is_weak() -> None:
    assert factoring.has_small_factor(751 * MODULUS)
    assert not factoring.has_small_factor(MODULUS)
    with pytest.raises(WeakKey):
        keys.check_strength(rsa_spki(MODULUS * 751))


def test_near_factors_are_found() -> None:
    factor = isqrt(MODULUS) | 1

    assert factoring.factors_are_near(factor * (factor + 2**100 * 2))
    assert not factoring.factors_are_near(MODULUS)


def test_the_form_of_roca_is_found() -> None:
    modulus = pow(65537, 1234)

    assert factoring.is_roca(modulus)
    assert not factoring.is_roca(MODULUS)


def test_a_point_off_the_curve_is_no_key() -> None:
    off = P256.public_key[:-1] + bytes((P256.public_key[-1] ^ 1,))

    with pytest.raises(ParseError):
        keys.check_strength(off)


def test_a_compressed_point_is_refused_since_one_key_has_one_digest() -> None:
    point = P256.key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    algorithm = der.parts(P256.public_key)[0].whole

    with pytest.raises(ParseError):
        keys.check_strength(der.sequence(algorithm, der.bit_string(point)))


@pytest.mark.parametrize("point", ["01" + "00" * 31, "ec" + "ff" * 30 + "7f"])
def test_an_ed25519_key_of_small_order_is_weak(point: str) -> None:
    spki = spki_of(ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(point)))

    with pytest.raises(WeakKey):
        keys.check_strength(spki)


def test_key_identifiers_are_the_first_160_bits_of_sha256() -> None:
    """RFC 7093 clause 2, method 1."""
    point = P256.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    assert keys.key_identifier(P256.public_key) == sha256(point).digest()[:20]


@given(st.binary(max_size=120) | st.binary(max_size=8).map(lambda tail: P256.public_key[:-8] + tail))
def test_whatever_octets_come_only_our_errors_are_raised(octets: bytes) -> None:
    for use in (keys.check_strength, keys.algorithm_of, keys.key_identifier):
        assert _outcome(use, octets)


def _outcome(use, octets: bytes) -> str:  # type: ignore[no-untyped-def]
    try:
        return f"taken: {use(octets)}"
    except PkiError as fault:
        return fault.code
