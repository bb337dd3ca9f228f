"""Which kind of key is weaker than which: a table, and the kinds of real keys."""

import pytest

from pki.key_kind import KeyKind, key_kind, kind_of
from pki.signing import SignatureAlgorithm
from signers.file import throw_away

P256 = KeyKind(SignatureAlgorithm.ECDSA_P256_SHA256)
P384 = KeyKind(SignatureAlgorithm.ECDSA_P384_SHA384)
ED25519 = KeyKind(SignatureAlgorithm.ED25519)
DSA_44 = KeyKind(SignatureAlgorithm.ML_DSA_44)
DSA_65 = KeyKind(SignatureAlgorithm.ML_DSA_65)
DSA_87 = KeyKind(SignatureAlgorithm.ML_DSA_87)
RSA = SignatureAlgorithm.RSA_PKCS1_SHA256
RSA_3072, RSA_4096, RSA_7680 = (KeyKind(RSA, bits) for bits in (3072, 4096, 7680))
WEAKER = [
    (P256, P384), (ED25519, P384), (RSA_3072, P384), (RSA_4096, P384), (RSA_4096, RSA_7680), (RSA_3072, RSA_4096),
    (P256, RSA_7680), (P256, DSA_44), (RSA_4096, DSA_65), (DSA_44, DSA_65), (DSA_65, DSA_87),
]  # fmt: skip
AS_STRONG = [
    (P256, ED25519), (P256, RSA_3072), (P256, RSA_4096), (ED25519, RSA_4096), (P384, RSA_7680), (P256, P256),
    (RSA_4096, RSA_4096), (DSA_44, DSA_44),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), WEAKER, ids=str)
def test_what_costs_an_attacker_less_is_weaker(one: KeyKind, other: KeyKind) -> None:
    assert (one.is_weaker_than(other), other.is_weaker_than(one)) == (True, False)


@pytest.mark.parametrize(("one", "other"), AS_STRONG, ids=str)
def test_what_costs_him_as_much_is_not(one: KeyKind, other: KeyKind) -> None:
    assert (one.is_weaker_than(other), other.is_weaker_than(one)) == (False, False)


@pytest.mark.parametrize("one", [P384, RSA_7680], ids=str)
def test_of_two_families_each_may_be_the_weaker_one_for_some_attacker(one: KeyKind) -> None:
    assert (one.is_weaker_than(DSA_44), DSA_44.is_weaker_than(one)) == (True, True)


@pytest.mark.parametrize("kind", [P256, P384, ED25519, DSA_44, DSA_65, DSA_87, RSA_3072, RSA_4096], ids=str)
def test_a_key_is_of_the_kind_that_it_was_made_of(kind: KeyKind) -> None:
    assert kind_of(throw_away(kind.algorithm, kind.rsa_bits).public_key) == kind


def test_what_is_asked_for_is_a_kind_that_is_made() -> None:
    assert [str(key_kind(RSA)), str(key_kind(RSA, 4096)), str(key_kind(P256.algorithm))] == [
        "RS256 3072", "RS256 4096", "ES256",
    ]  # fmt: skip
    for algorithm, bits in ((RSA, 2048), (RSA, 0), (RSA, 16384), (P256.algorithm, 3072)):
        with pytest.raises(ValueError, match="rsa_bits"):
            key_kind(algorithm, bits)
