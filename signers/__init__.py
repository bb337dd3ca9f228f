"""The only code that touches private keys: a key URI becomes a Signer, and nothing else leaves.

What must never be here: a fact about persons or certificates, and a private key's octets in an error or a log.
"""

from pki.signing import Signer
from signers import file, pkcs11
from signers.errors import KeyUnusable

__all__ = ["KeyUnusable", "open_signer"]


def open_signer(uri: str) -> Signer:
    """The key at `uri`, ready to sign. Raises KeyUnusable with a sentence that says what to do.

    `file:/abs/key.pem?passphrase-source=file:/abs/passphrase` is a PKCS#8 file; `pkcs11:` is RFC 7512.
    """
    if uri.startswith("file:"):
        return file.open_key(uri)
    if uri.startswith("pkcs11:"):
        return pkcs11.open_key(uri)
    raise KeyUnusable(f"{uri.partition(':')[0]}: is no kind of key URI: use file: or pkcs11:")
