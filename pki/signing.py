"""The one door to private keys: a Signer names its algorithm and public key, and signs bytes.

Certificates, CRLs, OCSP answers, time stamps and JWS are all signed through this protocol, so that the exact
bytes can be linted before any key sees them, and an HSM is one file in `signers/`.
"""

from enum import Enum
from typing import Protocol


class SignatureAlgorithm(Enum):
    """Signature algorithms that keys of the trust service use. The value is the JOSE name (RFC 7518, 8037, 9964)."""

    ECDSA_P256_SHA256 = "ES256"
    ECDSA_P384_SHA384 = "ES384"
    RSA_PKCS1_SHA256 = "RS256"
    ED25519 = "EdDSA"
    ML_DSA_44 = "ML-DSA-44"
    ML_DSA_65 = "ML-DSA-65"
    ML_DSA_87 = "ML-DSA-87"

    def __init__(self, name: str) -> None:
        self.post_quantum = name.startswith("ML-DSA")
        """Whether it is of the family that a quantum computer does not break (FIPS 204)."""


class Signer(Protocol):
    """A private key that can be used but not seen.

    `sign` is safe to call from several threads. ECDSA signatures are DER (RFC 3279 clause 2.2.3) whatever the
    token underneath returns; JOSE's fixed-width form is made in `pki.jws`.
    """

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """The algorithm that every signature of this key has."""

    @property
    def public_key(self) -> bytes:
        """The public half as DER SubjectPublicKeyInfo (RFC 5280 clause 4.1.2.7)."""

    def sign(self, message: bytes) -> bytes:
        """The signature over `message` (not over a digest of it)."""


def waits_for_a_device(signer: Signer) -> bool:
    """Whether `sign` may take long and hold nobody up but its caller: so of keys in tokens, which say it themselves."""
    return bool(getattr(signer, "in_device", False))


def require_at_hand(signer: Signer) -> None:
    """Before anything is promised that the key shall sign. Raises what `sign` raises when its token is gone.

    Keys in tokens have a `require` of their own; one that is in this process is always at hand.
    """
    require = getattr(signer, "require", None)
    if require is not None:
        require()


def pads_by_pss(signer: Signer) -> bool:
    """Whether this RSA key signs with RSASSA-PSS (RFC 8017 clause 8.1): so of those that say it themselves.

    `algorithm` names the key's kind all the same, and not how it pads: only JOSE may use such a key (PS256).
    """
    return bool(getattr(signer, "pss", False))
