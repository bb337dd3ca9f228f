"""Keys in encrypted PKCS#8 files: for practice, for offline media, and for what is no CA."""

import os
from collections.abc import Callable, Hashable
from pathlib import Path
from urllib.parse import quote, unquote

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from pki.errors import PkiError
from pki.keys import check_strength, key_sha256
from pki.signing import SignatureAlgorithm, Signer
from signers.errors import KeyUnusable
from signers.sources import attributes, file_at, on_disk, private_file, secret_in, split, stamp

_MlDsaKey = mldsa.MLDSA44PrivateKey | mldsa.MLDSA65PrivateKey | mldsa.MLDSA87PrivateKey
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | _MlDsaKey
_CURVES = {
    "secp256r1": SignatureAlgorithm.ECDSA_P256_SHA256,
    "secp384r1": SignatureAlgorithm.ECDSA_P384_SHA384,
}
_GENERATED: dict[SignatureAlgorithm, type[ed25519.Ed25519PrivateKey | _MlDsaKey]] = {
    SignatureAlgorithm.ED25519: ed25519.Ed25519PrivateKey,
    SignatureAlgorithm.ML_DSA_44: mldsa.MLDSA44PrivateKey,
    SignatureAlgorithm.ML_DSA_65: mldsa.MLDSA65PrivateKey,
    SignatureAlgorithm.ML_DSA_87: mldsa.MLDSA87PrivateKey,
}


class FileKey:
    """A key read from a file; it stays in this process's memory."""

    def __init__(self, private: PrivateKey, *, pss: bool = False) -> None:
        self._private = private
        self.pss = pss
        """See `pki.signing.pads_by_pss`."""
        self._padding = padding.PSS(padding.MGF1(SHA256()), 32) if pss else padding.PKCS1v15()
        self.algorithm = _algorithm_of(private)
        self.public_key = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self._sign = self._how()

    def sign(self, message: bytes) -> bytes:
        """The signature over `message`; ECDSA as DER (RFC 3279 clause 2.2.3)."""
        return self._sign(message)

    def _how(self) -> Callable[[bytes], bytes]:
        """Chosen once: a responder is asked for tens of thousands of signatures a second."""
        private = self._private
        if isinstance(private, ec.EllipticCurvePrivateKey):
            ecdsa = ec.ECDSA(SHA384() if self.algorithm is SignatureAlgorithm.ECDSA_P384_SHA384 else SHA256())
            return lambda message: private.sign(message, ecdsa)
        if isinstance(private, rsa.RSAPrivateKey):
            return lambda message: private.sign(message, self._padding, SHA256())
        return private.sign

    def open(self, enciphered: bytes) -> bytes:
        """What was enciphered to this RSA key (RFC 8017 clause 7.2.2). Raises ValueError for what was not.

        The library may give other octets instead, so that nobody can tell; who calls this must not tell either.
        """
        if not isinstance(self._private, rsa.RSAPrivateKey):
            raise TypeError("only RSA keys open what was enciphered to them")
        return self._private.decrypt(enciphered, padding.PKCS1v15())


def open_key(uri: str) -> Signer:
    """The key of a `file:` URI. Raises KeyUnusable for a missing file, open permissions, or a wrong passphrase.

    With `padding=pss` an RSA key pads by PSS (RFC 7518 clause 3.5); another kind of key, or of padding, is refused.
    """
    path, passphrase = _parts(uri)
    if not path.is_file():
        sentence = f"there is no file {path}: check the URI, or hold the ceremony that makes the key"
        raise KeyUnusable(sentence, "key.missing")
    pem = private_file(path, f"there is no file {path} any more")
    try:
        private = load_pem_private_key(pem, passphrase)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        # Not chained: nobody promises that the parser's words hold no octet of the key.
        raise KeyUnusable(f"{path} does not open: check its passphrase file, or restore it from the backup") from None
    if not isinstance(private, PrivateKey):
        raise KeyUnusable(f"{path} holds a key that is not used here: use P-256, P-384, RSA, Ed25519 or ML-DSA")
    said = attributes(split(uri).query, "&").get("padding")
    if said is not None and not (said == "pss" and isinstance(private, rsa.RSAPrivateKey)):
        raise KeyUnusable(f"{path}: padding= is pss and for an RSA key, or is left out")
    return _strong(FileKey(private, pss=said is not None), path)


def _strong(key: FileKey, path: Path) -> FileKey:
    try:
        check_strength(key.public_key)
    except PkiError as fault:
        raise KeyUnusable(f"{path} holds a key that is too weak ({fault}): make another") from None
    return key


def throw_away(algorithm: SignatureAlgorithm, rsa_bits: int = 3072) -> Signer:
    """A fresh key that is nowhere but in this process's memory, and gone with it: for specimens and stand-ins."""
    return FileKey(_new(algorithm, rsa_bits))


def generate(path: Path, algorithm: SignatureAlgorithm, passphrase_path: Path, rsa_bits: int = 3072) -> str:
    """A fresh key is in `path`, encrypted under the passphrase in `passphrase_path`; returns its URI.

    Both files have mode 0600 and are on disk. The passphrase is made too when there is none. An existing key is
    left as it is. Raises KeyUnusable for a passphrase file that is empty or that others may read.
    """
    uri = f"file:{quote(str(path.absolute()))}?passphrase-source=file:{quote(str(passphrase_path.absolute()))}"
    if path.exists():
        return uri
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not passphrase_path.exists():
        _write(passphrase_path, os.urandom(24).hex().encode())
    encryption = BestAvailableEncryption(secret_in(passphrase_path, "passphrase"))
    _write(path, _new(algorithm, rsa_bits).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    return uri


def destroy(uri: str, sha256_hex: str) -> bool:
    """The key's file is overwritten, removed, and its name gone from the disk; False if there was none.

    `sha256_hex` is of the public key's SubjectPublicKeyInfo: another key at this place stays. The passphrase file
    stays too, since others may share it. A disk that moves its blocks (flash) may keep the old octets, encrypted;
    only a token truly forgets. Raises KeyUnusable.
    """
    path = path_of(uri)
    going = path.with_name(path.name + ".destroyed")  # what was begun is finished, though it opens no more
    if not going.exists():
        if not path.exists():
            return False
        if key_sha256(open_key(uri).public_key) != sha256_hex:
            raise KeyUnusable(f"{path} is not the key that is to be destroyed: compare its digest")
        path.rename(going)
        on_disk(going.parent)
    _overwrite(going)
    going.unlink()
    on_disk(going.parent)
    return True


def _overwrite(path: Path) -> None:
    octets = path.stat().st_size
    with path.open("r+b") as file:
        for pattern in (os.urandom(octets), bytes(octets)):
            file.seek(0)
            file.write(pattern)
            file.flush()
            os.fsync(file.fileno())


def path_of(uri: str) -> Path:
    """The file of a `file:` URI. Raises KeyUnusable for a relative one."""
    path = Path(unquote(split(uri).path))
    if not path.is_absolute():
        raise KeyUnusable("the path of a key must be absolute: file:/path/to/key.pem")
    return path


def passphrase_path(uri: str) -> Path | None:
    """Where the passphrase is, if the URI says so. Raises KeyUnusable for a source that is no file."""
    source = attributes(split(uri).query, "&").get("passphrase-source")
    if source is None:
        return None
    secret = file_at(source)
    if secret is None:  # what stands there instead is not repeated: it may be the passphrase itself
        raise KeyUnusable("passphrase-source= must be file:/path of a file that holds the passphrase")
    return secret


def mark(uri: str) -> Hashable:
    """What is another once the key's file or its passphrase is. Raises KeyUnusable for what is no URI of a file."""
    secret = passphrase_path(uri)
    return stamp(path_of(uri)), None if secret is None else stamp(secret)


def _parts(uri: str) -> tuple[Path, bytes | None]:
    path, secret = path_of(uri), passphrase_path(uri)
    return path, None if secret is None else secret_in(secret, "passphrase")


def _new(algorithm: SignatureAlgorithm, rsa_bits: int) -> PrivateKey:
    if algorithm is SignatureAlgorithm.RSA_PKCS1_SHA256:
        return rsa.generate_private_key(65537, rsa_bits)
    if algorithm in _GENERATED:
        return _GENERATED[algorithm].generate()
    curve = ec.SECP384R1() if algorithm is SignatureAlgorithm.ECDSA_P384_SHA384 else ec.SECP256R1()
    return ec.generate_private_key(curve)


def _algorithm_of(private: PrivateKey) -> SignatureAlgorithm:
    if isinstance(private, rsa.RSAPrivateKey):
        return SignatureAlgorithm.RSA_PKCS1_SHA256
    if isinstance(private, ec.EllipticCurvePrivateKey):
        if private.curve.name not in _CURVES:
            raise KeyUnusable(f"the curve {private.curve.name} is not used here: use P-256 or P-384")
        return _CURVES[private.curve.name]
    return next(algorithm for algorithm, kind in _GENERATED.items() if isinstance(private, kind))


def _write(path: Path, content: bytes) -> None:
    """The file appears whole, on disk and with mode 0600, or not at all."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)  # of a run that was killed; its mode is not to be trusted
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    on_disk(path.parent)  # the new name too
