"""Keys in encrypted PKCS#8 files: for practice, for offline media, and for what is no CA."""

import os
import stat
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from pki.signing import SignatureAlgorithm, Signer
from signers.errors import KeyUnusable

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
_RSA_BITS = 3072


class FileKey:
    """A key read from a file; it stays in this process's memory."""

    def __init__(self, private: PrivateKey) -> None:
        self._private = private
        self.algorithm = _algorithm_of(private)
        self.public_key = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        """The signature over `message`; ECDSA as DER (RFC 3279 clause 2.2.3)."""
        if isinstance(self._private, ec.EllipticCurvePrivateKey):
            digest = SHA384() if self.algorithm is SignatureAlgorithm.ECDSA_P384_SHA384 else SHA256()
            return self._private.sign(message, ec.ECDSA(digest))
        if isinstance(self._private, rsa.RSAPrivateKey):
            return self._private.sign(message, padding.PKCS1v15(), SHA256())
        return self._private.sign(message)


def open_key(uri: str) -> Signer:
    """The key of a `file:` URI. Raises KeyUnusable for a missing file, open permissions, or a wrong passphrase."""
    path, passphrase = _parts(uri)
    _require_private(path)
    try:
        private = load_pem_private_key(path.read_bytes(), passphrase)
    except (TypeError, ValueError, UnsupportedAlgorithm) as fault:
        raise KeyUnusable(f"{path} does not open: check its passphrase file, or restore it from the backup") from fault
    if not isinstance(private, PrivateKey):
        raise KeyUnusable(f"{path} holds a key of a kind that is not used here: use P-256, P-384, RSA or Ed25519")
    return FileKey(private)


def generate(path: Path, algorithm: SignatureAlgorithm, passphrase_path: Path) -> str:
    """A fresh key is in `path`, encrypted under the passphrase in `passphrase_path`; returns its URI.

    Both files have mode 0600. The passphrase is made too when there is none. An existing key is left as it is.
    """
    uri = f"file:{path.absolute()}?passphrase-source=file:{passphrase_path.absolute()}"
    if path.exists():
        return uri
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not passphrase_path.exists():
        _write(passphrase_path, os.urandom(24).hex().encode())
    encryption = BestAvailableEncryption(passphrase_path.read_bytes().strip())
    _write(path, _new(algorithm).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    return uri


def _parts(uri: str) -> tuple[Path, bytes | None]:
    split = urlsplit(uri)
    path = Path(unquote(split.path))
    if not path.is_absolute():
        raise KeyUnusable(f"{uri}: the path must be absolute: file:/path/to/key.pem")
    source = parse_qs(split.query).get("passphrase-source", [""])[0]
    if not source:
        return path, None
    secret = Path(unquote(urlsplit(source).path))
    if not source.startswith("file:/") or not secret.exists():
        raise KeyUnusable(f"there is no passphrase at {source}: give passphrase-source=file:/path of a file")
    _require_private(secret)
    return path, secret.read_bytes().strip()


def _require_private(path: Path) -> None:
    if not path.is_file():
        raise KeyUnusable(f"there is no file {path}: check the URI, or hold the ceremony that makes the key")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyUnusable(f"others may read {path}: run chmod 600 {path}")


def _new(algorithm: SignatureAlgorithm) -> PrivateKey:
    if algorithm is SignatureAlgorithm.RSA_PKCS1_SHA256:
        return rsa.generate_private_key(65537, _RSA_BITS)
    if algorithm is SignatureAlgorithm.ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    curve = ec.SECP384R1() if algorithm is SignatureAlgorithm.ECDSA_P384_SHA384 else ec.SECP256R1()
    return ec.generate_private_key(curve)


def _algorithm_of(private: PrivateKey) -> SignatureAlgorithm:
    if isinstance(private, rsa.RSAPrivateKey):
        return SignatureAlgorithm.RSA_PKCS1_SHA256
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return SignatureAlgorithm.ED25519
    if isinstance(private.curve, ec.SECP384R1):
        return SignatureAlgorithm.ECDSA_P384_SHA384
    if isinstance(private.curve, ec.SECP256R1):
        return SignatureAlgorithm.ECDSA_P256_SHA256
    raise KeyUnusable(f"the curve {private.curve.name} is not used here: use P-256 or P-384")


def _write(path: Path, content: bytes) -> None:
    """The file appears whole, with mode 0600, or not at all."""
    temporary = path.with_name(path.name + ".new")
    temporary.touch(mode=0o600)
    temporary.write_bytes(content)
    temporary.replace(path)
