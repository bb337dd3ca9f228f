"""Certificates for servers on this machine, with keys encrypted as a ceremony leaves them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256

PASSPHRASE = b"open sesame"
_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def self_signed(folder: Path, name: str) -> None:
    """A certificate for localhost that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    _write(folder, name, key, _certificate(name, key, name, key))


def issued(folder: Path, name: str, issuer: str, *, by_rsa: bool = False) -> None:
    """A certificate for localhost under the issuer of that name, which is in `folder` already."""
    key = rsa.generate_private_key(65537, 2048) if by_rsa else ec.generate_private_key(ec.SECP256R1())
    pem = (folder / f"keys/{issuer}.key.pem").read_bytes()
    issuer_key = serialization.load_pem_private_key(pem, PASSPHRASE)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
    _write(folder, name, key, _certificate(name, key, issuer, issuer_key))


def _certificate(
    name: str, key: _Key, issuer: str, issuer_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    now = datetime.now(UTC)  # noqa: TID251 - OpenSSL itself looks at the clock
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(own, critical=False)
        .add_extension(above, critical=False)
        .sign(issuer_key, SHA256())
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _write(folder: Path, name: str, key: _Key, certificate: x509.Certificate) -> None:
    encryption = serialization.BestAvailableEncryption(PASSPHRASE)
    pkcs8 = serialization.PrivateFormat.PKCS8
    (folder / f"keys/{name}.key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, encryption))
    (folder / f"keys/{name}.pass").write_bytes(PASSPHRASE + b"\n")
    (folder / f"certificates/{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
