"""Of which kind a key is, algorithm and size, and which of two kinds is the weaker one."""

from dataclasses import dataclass

from pki.keys import RSA_BITS, algorithm_of, rsa_modulus
from pki.signing import SignatureAlgorithm

_RSA = SignatureAlgorithm.RSA_PKCS1_SHA256
_RSA_AS_AES_192 = 7680
_STRENGTHS = {
    SignatureAlgorithm.ECDSA_P256_SHA256: 128,
    SignatureAlgorithm.ECDSA_P384_SHA384: 192,
    SignatureAlgorithm.ED25519: 128,
    SignatureAlgorithm.ML_DSA_44: 128,
    SignatureAlgorithm.ML_DSA_65: 192,
    SignatureAlgorithm.ML_DSA_87: 256,
}


@dataclass(frozen=True)
class KeyKind:
    """An algorithm and, of RSA, the bits of the modulus. `key_kind` makes those that we ask for."""

    algorithm: SignatureAlgorithm
    rsa_bits: int = 0
    """0 for what is no RSA key."""

    def __str__(self) -> str:
        return f"{self.algorithm.value} {self.rsa_bits}" if self.rsa_bits else self.algorithm.value

    @property
    def strength(self) -> int:
        """An attacker's work in bits, without a quantum computer (SP 800-57 part 1, table 2; FIPS 204, table 1)."""
        if self.algorithm is _RSA:
            return 192 if self.rsa_bits >= _RSA_AS_AES_192 else 128
        return _STRENGTHS[self.algorithm]

    def is_weaker_than(self, other: "KeyKind") -> bool:
        """Whether it costs some attacker less than the other: by strength, by size (of two RSA keys), by being classic.

        A quantum computer breaks every classic kind, so each is weaker than any of ML-DSA, even where without one it
        costs more. P-256, Ed25519 and RSA below 7680 bits are as strong as each other.
        """
        if self.algorithm is other.algorithm is _RSA:
            return self.rsa_bits < other.rsa_bits
        if other.algorithm.post_quantum and not self.algorithm.post_quantum:
            return True
        return self.strength < other.strength


def kind_of(spki: bytes) -> KeyKind:
    """Of the key (DER SubjectPublicKeyInfo). Raises ParseError or WeakKey."""
    modulus = rsa_modulus(spki)
    return KeyKind(algorithm_of(spki), modulus.bit_length() if modulus else 0)


def key_kind(algorithm: SignatureAlgorithm, rsa_bits: int | None = None) -> KeyKind:
    """The kind to make a key of; an RSA key has 3072 bits unless it is said. Raises ValueError for what is not made."""
    if algorithm is not _RSA:
        if rsa_bits is not None:
            raise ValueError(f"rsa_bits is for RS256, and {algorithm.value} has none: leave it out")
        return KeyKind(algorithm)
    bits = RSA_BITS.start if rsa_bits is None else rsa_bits
    if bits not in RSA_BITS:
        raise ValueError(f"rsa_bits is {bits}: take 3072 or 4096")
    return KeyKind(algorithm, bits)
