"""What broken bytes raise. A `parse_…` or `verify_…` function raises one of these and nothing else."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

UNREADABLE = (
    ValueError, TypeError, KeyError, UnsupportedAlgorithm,
    x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType,
)  # fmt: skip
"""What the library raises on a stranger's bytes: a KeyError for one of RFC 7633's features that it does not know."""


class PkiError(Exception):
    """Bytes that strangers sent are not what they should be. `code` is public; the sentence is for logs."""

    code = "pki.broken"

    def __init__(self, sentence: str, code: str | None = None) -> None:
        super().__init__(sentence)
        if code is not None:
            self.code = code


class ParseError(PkiError):
    """The bytes are not of the structure that was asked for."""

    code = "pki.malformed"


class SignatureInvalid(PkiError):
    """The structure is well formed but its signature does not verify under the given key."""

    code = "pki.signature-invalid"


class WeakKey(PkiError):
    """The key is too weak, or of a kind that is not accepted (RSA under 3072 bits, e = 3, P-192 …)."""

    code = "pki.key-weak"


class Unsupported(PkiError):
    """Well formed, but of an algorithm or version that is not served here."""

    code = "pki.unsupported"
