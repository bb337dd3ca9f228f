"""Certificates for servers on this machine, with keys encrypted as a ceremony leaves them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PASSPHRASE = b"open sesame"


def self_signed(folder: Path, name: str) -> None:
    """A certificate for localhost and its key, encrypted, as a ceremony leaves them."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)  # noqa: TID251 - OpenSSL itself looks at the clock
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    encryption = serialization.BestAvailableEncryption(PASSPHRASE)
    pkcs8 = serialization.PrivateFormat.PKCS8
    (folder / f"keys/{name}.key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, encryption))
    (folder / f"keys/{name}.pass").write_bytes(PASSPHRASE + b"\n")
    (folder / f"certificates/{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
