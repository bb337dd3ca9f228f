"""Columns that only the key's holder can read: AES-256-GCM, with a keyed blind index for look-up.

The key is named by a `file:` URI: 32 octets, or their 64 hex digits. Encryption and index use keys of their
own, derived from it (HKDF, RFC 5869). A sealed value says which key sealed it, so that a new key can be brought
in while older values are still read: as a line of its own above the older ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hmac import digest
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.clock import Randomness, system_randomness

_VERSION = b"\x01"
_NONCE, _KEY_ID, _KEY = 12, 4, 32


class FieldUnreadable(Exception):
    """The sealed value was changed, belongs to another context, or was sealed by a key that is not here."""


class FieldKeyUnfit(Exception):
    """The key cannot be used; the sentence says what to do."""


@dataclass(frozen=True)
class _Keys:
    """The keys derived from one master key. `id` stands in front of what they sealed."""

    id: bytes
    encryption: bytes
    index: bytes

    @classmethod
    def derived(cls, master: bytes) -> "_Keys":
        parts = (_derived(master, purpose) for purpose in (b"id", b"encryption", b"index"))
        name, encryption, index = parts
        return cls(name[:_KEY_ID], encryption, index)


class SealedFields:
    """Seals with the first key, and unseals with any."""

    def __init__(self, masters: Sequence[bytes], randomness: Randomness = system_randomness) -> None:
        if not masters or any(len(master) != _KEY for master in masters):
            raise FieldKeyUnfit("a key for sealed columns has 32 octets: make one with `openssl rand -hex 32`")
        self._keys = [_Keys.derived(master) for master in masters]
        self._randomness = randomness

    @classmethod
    def open(cls, uri: str, *older: str, randomness: Randomness = system_randomness) -> "SealedFields":
        """The fields that the first key at `uri` seals; further ones there, and at `older`, are only read with.

        Raises FieldKeyUnfit.
        """
        return cls([master for each in (uri, *older) for master in _masters(each)], randomness)

    def seal(self, value: str, context: str) -> bytes:
        """`value`, unreadable without the key. `context` names row and column, and must be given to unseal it."""
        keys = self._keys[0]
        nonce = self._randomness(_NONCE)
        head = _VERSION + keys.id
        return head + nonce + AESGCM(keys.encryption).encrypt(nonce, value.encode(), head + context.encode())

    def unseal(self, sealed: bytes, context: str) -> str:
        """The value that was sealed in this context. Raises FieldUnreadable."""
        start = len(_VERSION) + _KEY_ID
        head, nonce, body = sealed[:start], sealed[start : start + _NONCE], sealed[start + _NONCE :]
        for keys in self._keys:
            if head == _VERSION + keys.id:
                return _opened(keys, nonce, body, head + context.encode())
        raise FieldUnreadable("no key here sealed this value: open the older keys too")

    def index(self, value: str) -> str:
        """HMAC-SHA-256 of `value` in hex, equal for equal values: to be looked up without being read."""
        return self.indexes(value)[0]

    def indexes(self, value: str) -> list[str]:
        """The index of `value` under each key, the newest first: what to look for while keys are changed."""
        return [digest(keys.index, value.encode(), "sha256").hex() for keys in self._keys]


def _opened(keys: _Keys, nonce: bytes, body: bytes, associated: bytes) -> str:
    try:
        return AESGCM(keys.encryption).decrypt(nonce, body, associated).decode()
    except (InvalidTag, ValueError):
        raise FieldUnreadable("the sealed value was changed, or belongs to another row or column") from None


def _derived(master: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), _KEY, salt=None, info=b"laotrust sealed fields 1: " + purpose).derive(master)


def _masters(uri: str) -> list[bytes]:
    """The keys in a file, the newest first: one a line in hex, or the octets of a single one."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        raise FieldKeyUnfit(f"a key for sealed columns is named by a file: URI, not by {parts.scheme or 'a path'}:")
    path = Path(unquote(parts.path))
    try:
        octets = path.read_bytes()
    except OSError as fault:
        raise FieldKeyUnfit(f"the key for sealed columns cannot be read: {path}: {fault.strerror}") from fault
    if len(octets) == _KEY:
        return [octets]
    try:
        return [bytes.fromhex(line) for line in octets.decode("ascii").splitlines() if line.strip()]
    except ValueError:
        raise FieldKeyUnfit(f"{path} holds neither 32 octets nor their hex digits, a key a line") from None
