"""The keys of practice devices: derived from a seed and a name, so that a device that was killed has its key still."""

from dataclasses import dataclass
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pki.keys import key_sha256
from pki.signing import SignatureAlgorithm

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256 (SP 800-186 clause 3.2.1.3)."""


@dataclass(frozen=True)
class DeviceKey:
    """A P-256 key of practice; whoever knows seed and name has it. It is a Signer."""

    private: ec.EllipticCurvePrivateKey

    @classmethod
    def of(cls, seed: int, name: str) -> "DeviceKey":
        """The key of that name."""
        number = int.from_bytes(sha256(f"practice device {seed} {name}".encode()).digest())
        return cls(ec.derive_private_key(number % (_ORDER - 1) + 1, ec.SECP256R1()))

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """ES256."""
        return SignatureAlgorithm.ECDSA_P256_SHA256

    @property
    def public_key(self) -> bytes:
        """DER SubjectPublicKeyInfo."""
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def sha256(self) -> str:
        """The digest by which the ledger knows it."""
        return key_sha256(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """The signature over `message`."""
        return self.private.sign(message, ec.ECDSA(SHA256()))

    def request(self) -> bytes:
        """A PKCS#10 for it, DER."""
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        return builder.sign(self.private, SHA256()).public_bytes(Encoding.DER)


def chance(seed: int, name: str) -> float:
    """A number from 0 up to 1 that seed and name determine."""
    return int.from_bytes(sha256(f"practice chance {seed} {name}".encode()).digest()[:6]) / (1 << 48)
