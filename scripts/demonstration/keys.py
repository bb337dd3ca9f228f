"""The demo persons' own keys and requests, as each would make them on his own machine."""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)

from pki.keys import key_sha256


@dataclass(frozen=True)
class PersonalKey:
    """A person's key for one purpose: PEM, mode 0600, unencrypted since it is for demonstration only."""

    folder: Path
    number: str
    purpose: str
    """`authentication`, `signing` …; one that ends in `-pq` is for a key with ML-DSA."""

    @property
    def key(self) -> Path:
        """The private key."""
        return self.folder / f"{self.number}-{self.purpose}.key.pem"

    @property
    def certificate(self) -> Path:
        """Where the certificate goes once it is issued."""
        return self.folder / f"{self.number}-{self.purpose}.pem"

    @property
    def uri(self) -> str:
        """The key's URI for verbs."""
        return f"file:{self.key.resolve()}"

    def request(self) -> bytes:
        """A PKCS#10 request (RFC 2986), DER, made with the key; the key is made first if there is none."""
        private = self._private()
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        digest = SHA256() if isinstance(private, ec.EllipticCurvePrivateKey) else None
        return builder.sign(private, digest).public_bytes(Encoding.DER)

    def sha256(self) -> str:
        """The digest by which the ledger knows the key; the key is made first if there is none."""
        spki = self._private().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return key_sha256(spki)

    def bundle(self, passphrase: bytes, issuers: list[x509.Certificate]) -> bytes:
        """A PKCS#12 file of key, certificate and issuers, for a browser to import."""
        certificate, private = x509.load_pem_x509_certificate(self.certificate.read_bytes()), self._private()
        assert isinstance(private, ec.EllipticCurvePrivateKey)  # PKCS#12 takes no ML-DSA key yet
        return pkcs12.serialize_key_and_certificates(
            self.number.encode(), private, certificate, issuers, BestAvailableEncryption(passphrase)
        )

    def _private(self) -> ec.EllipticCurvePrivateKey | mldsa.MLDSA44PrivateKey:
        if self.key.exists():
            loaded = load_pem_private_key(self.key.read_bytes(), None)
            assert isinstance(loaded, ec.EllipticCurvePrivateKey | mldsa.MLDSA44PrivateKey)
            return loaded
        quantum = self.purpose.endswith("-pq")
        made = mldsa.MLDSA44PrivateKey.generate() if quantum else ec.generate_private_key(ec.SECP256R1())
        self.folder.mkdir(parents=True, exist_ok=True)
        self.key.touch(mode=0o600)
        self.key.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return made
