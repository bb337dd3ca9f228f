"""The only code that touches private keys: a key URI becomes a Signer, and nothing else leaves.

What must never be here: a fact about persons or certificates, and a private key's octets in an error or a log.
"""

from collections.abc import Hashable
from contextlib import suppress
from types import ModuleType

from pki.signing import SignatureAlgorithm, Signer
from signers import file, pkcs11
from signers.awaited import AwaitedKey
from signers.errors import KeyUnusable
from signers.sources import padded_by_pss, says_padding

__all__ = ["AwaitedKey", "KeyUnusable", "destroy", "generate", "mark", "open_signer", "padded_by_pss"]
_SCHEMES: dict[str, ModuleType] = {"file": file, "pkcs11": pkcs11}


def open_signer(uri: str, *, jose: bool = False) -> Signer:
    """The key at `uri`, ready to sign. Raises KeyUnusable with a sentence that says what to do.

    `file:/abs/key.pem?passphrase-source=file:/abs/passphrase` is a PKCS#8 file; `pkcs11:` is RFC 7512.
    With `padding=pss` an RSA key pads by PSS, which JOSE alone (`jose`) has a name for here: whatever else it signed
    would say RSASSA-PKCS1-v1_5 of itself, and verify nowhere.
    """
    return _kind(uri, jose=jose).open_key(uri)  # type: ignore[no-any-return]


def generate(uri: str, algorithm: SignatureAlgorithm, rsa_bits: int = 3072, *, jose: bool = False) -> Signer:
    """The key at `uri`, made first if there is none there; one that is there stays. Raises KeyUnusable."""
    kind = _kind(uri, jose=jose)
    if kind is pkcs11:
        try:
            return pkcs11.open_key(uri)
        except pkcs11.KeyMissing:
            pkcs11.generate(uri, algorithm, rsa_bits)
    elif not (path := file.path_of(uri)).exists():
        secret = file.passphrase_path(uri)
        if secret is None:
            raise KeyUnusable(f"{path} would be in clear: add ?passphrase-source=file:/path to the URI")
        file.generate(path, algorithm, secret, rsa_bits)
    return open_signer(uri, jose=jose)


def destroy(uri: str, sha256_hex: str) -> bool:
    """The private key at `uri` is no more; False if there was none there. Raises KeyUnusable.

    `sha256_hex` is of its public key's SubjectPublicKeyInfo: another key at this place stays as it is.
    """
    return bool(_kind(uri, jose=True).destroy(uri, sha256_hex))


def mark(uri: str) -> Hashable:
    """What is another when opening `uri` may bring something else: of files, which they are and when they changed.

    A token is not asked: of it, only the file of its PIN counts. Costs a look at two files. Never raises.
    """
    with suppress(KeyUnusable):
        return _kind(uri, jose=True).mark(uri)  # type: ignore[no-any-return]
    return None


def _kind(uri: str, *, jose: bool) -> ModuleType:
    scheme = uri.partition(":")[0]
    if scheme not in _SCHEMES:
        raise KeyUnusable(f"{scheme}: is no kind of key URI: use file: or pkcs11:")
    if not jose and says_padding(uri):
        raise KeyUnusable("padding= is for keys that sign tokens with PS256 and for no other: leave it out of this URI")
    return _SCHEMES[scheme]
