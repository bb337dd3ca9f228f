"""Checkpoints: the signed head of the log as a C2SP tlog-checkpoint, which is a C2SP signed note.

Two signatures of the log's Ed25519 key stand under the text: the plain one (signature type 0x01), which says
"this is my tree", and a timestamped one (type 0x04, C2SP tlog-cosignature), which says when; witnesses add
further lines of the second form. The text itself carries no time, so that every tool reads it.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pki.errors import ParseError, SignatureInvalid
from pki.signing import SignatureAlgorithm, Signer

ORIGIN = "laotrust.gov.la/ledger/"
"""Begins the first line of every checkpoint of ours; sixteen hex digits of the first key's digest follow."""
MOST_OCTETS = 64 * 1024
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_PLAIN, _TIMED = b"\x01", b"\x04"
_ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")
_DASH = "— "


@dataclass(frozen=True)
class VerifierKey:
    """The log's name and Ed25519 public key (32 octets), by which its checkpoints are verified."""

    name: str
    public_key: bytes

    @classmethod
    def of(cls, signer: Signer, name: str | None = None) -> "VerifierKey":
        """The verifier of what `signer` signs; without a name, one that is made from the key. Raises ValueError."""
        spki = signer.public_key
        if signer.algorithm is not SignatureAlgorithm.ED25519 or not spki.startswith(_ED25519_SPKI):
            raise ValueError("checkpoints are signed with an Ed25519 key: generate `checkpoint` with that algorithm")
        return cls(name or ORIGIN + sha256(spki).hexdigest()[:16], spki[len(_ED25519_SPKI) :])

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """A C2SP verifier key (`name+hexid+base64`). Raises ParseError."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        octets = _octets(encoded)
        if not name or octets[:1] != _PLAIN or len(octets) != 33:
            raise ParseError("not an Ed25519 verifier key of the form name+hexid+base64")
        key = cls(name, octets[1:])
        if key.key_id(_PLAIN).hex() != key_id:
            raise ParseError("the verifier key's id does not fit its name and key")
        return key

    def text(self) -> str:
        """The key in the form that `parse` reads."""
        return f"{self.name}+{self.key_id(_PLAIN).hex()}+{b64encode(_PLAIN + self.public_key).decode()}"

    def key_id(self, kind: bytes) -> bytes:
        """The four octets that name this key for one signature type (C2SP signed-note)."""
        return sha256(self.name.encode() + b"\n" + kind + self.public_key).digest()[:4]

    def check(self, message: bytes, signature: bytes) -> None:
        """The signature is this key's. Raises SignatureInvalid."""
        try:
            _loaded(self.public_key).verify(signature, message)
        except InvalidSignature:
            raise SignatureInvalid(f"a signature under the name {self.name} is not of its key") from None


_loaded = lru_cache(8)(Ed25519PublicKey.from_public_bytes)
"""A log has few keys, and very many checkpoints under each."""


@dataclass(frozen=True)
class Checkpoint:
    """A verified head of the log: `root` of the tree of `size` leaves, signed `at` (whole seconds), as `note`."""

    origin: str
    size: int
    root: bytes
    at: datetime
    note: str


def sign_checkpoint(signer: Signer, name: str, size: int, root: bytes, at: datetime) -> Checkpoint:
    """A checkpoint signed by `signer` under the log's `name`; the same arguments give the same octets."""
    key = VerifierKey.of(signer, name)
    at = at.replace(microsecond=0)
    text = checkpoint_text(name, size, root)
    seconds = int(at.timestamp())
    plain = signer.sign(text.encode())
    timed = seconds.to_bytes(8, "big") + signer.sign(_timed_message(seconds, text))
    lines = (_line(name, key.key_id(_PLAIN) + plain), _line(name, key.key_id(_TIMED) + timed))
    return Checkpoint(name, size, root, at, f"{text}\n{''.join(lines)}")


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """The text that is signed: origin, size and root, a line each (C2SP tlog-checkpoint)."""
    return f"{origin}\n{size}\n{b64encode(root).decode()}\n"


def verify_checkpoint(note: str, keys: Sequence[VerifierKey]) -> Checkpoint:
    """What `note` says, once both signatures of one of `keys` are good. Raises ParseError, SignatureInvalid.

    Signature lines of other keys are passed over; a bad one of a known key spoils the note (C2SP signed-note).
    """
    return _verified(note, tuple(keys))


@lru_cache(8)
def _verified(note: str, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Kept for the newest ones, which a sealer meets several times at each sealing."""
    text, signatures = _parted(note)
    origin, size, root = _parse_text(text)
    for key in keys:
        if key.name != origin:
            continue
        plain = signatures.get((key.name, key.key_id(_PLAIN)))
        timed = signatures.get((key.name, key.key_id(_TIMED)))
        if plain is None or timed is None:
            continue
        key.check(text.encode(), plain)
        seconds = int.from_bytes(timed[:8], "big")
        key.check(_timed_message(seconds, text), timed[8:])
        return Checkpoint(origin, size, root, _time(seconds), note)
    raise SignatureInvalid("no signature of a known key of this log is under the checkpoint")


def _parted(note: str) -> tuple[str, dict[tuple[str, bytes], bytes]]:
    if len(note) > MOST_OCTETS or _CONTROL.search(note):
        raise ParseError("the note is too long or holds control characters")
    text, gap, lines = note.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise ParseError("the note has no signatures")
    signatures: dict[tuple[str, bytes], bytes] = {}
    for line in lines[:-1].split("\n"):
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        octets = _octets(encoded)
        if not line.startswith(_DASH) or not name or len(octets) < 5:
            raise ParseError("a signature line is malformed")
        if signatures.setdefault((name, octets[:4]), octets[4:]) != octets[4:]:
            raise ParseError("two signatures of one key differ")
    return text + "\n", signatures


def _parse_text(text: str) -> tuple[str, int, bytes]:
    lines = text.split("\n")
    if len(lines) != 4 or not all(lines[:3]) or lines[3]:
        raise ParseError("a checkpoint has three lines: origin, size, root")
    origin, size, root = lines[:3]
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", size):
        raise ParseError("the checkpoint's size is not a plain decimal number")
    octets = _octets(root)
    if len(octets) != 32:
        raise ParseError("the checkpoint's root is not a SHA-256 hash")
    return origin, int(size), octets


def _timed_message(seconds: int, text: str) -> bytes:
    """What a timestamped signature is over (C2SP tlog-cosignature, `cosignature/v1`)."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _time(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise ParseError("the checkpoint's time is out of range") from None


def _line(name: str, octets: bytes) -> str:
    return f"{_DASH}{name} {b64encode(octets).decode()}\n"


def _octets(encoded: str) -> bytes:
    try:
        octets = b64decode(encoded, validate=True)
    except (NotBase64, ValueError):
        raise ParseError("not Base64") from None
    if b64encode(octets).decode() != encoded:
        raise ParseError("not the one Base64 form of its octets")
    return octets
