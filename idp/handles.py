"""Random names that only their holder knows: codes, refresh tokens, session handles, client secrets.

Each kind has a prefix of its own, one length, and is looked up by the digest of the whole: one that is cut,
lengthened, of another kind or in another case is simply unknown.
"""

from enum import Enum
from hashlib import sha256

from ledger.clock import Randomness
from pki.base64url import decode, encode


class HandleKind(Enum):
    """What a handle is for; the value is its prefix."""

    CLIENT_SECRET = "lts_"  # noqa: S105 - a prefix
    REQUEST = "ltq_"
    PUSHED_REQUEST = "ltp_"
    SESSION = "lth_"
    ANSWERING = "ltw_"
    """Of a session that is for one answer: nothing else takes it."""
    CODE = "ltc_"
    REFRESH_TOKEN = "ltr_"  # noqa: S105 - a prefix
    INVITATION = "lti_"
    REGISTRATION = "ltn_"
    DEVICE_CODE = "ltd_"
    BACKCHANNEL_REQUEST = "lta_"


def new_handle(kind: HandleKind, randomness: Randomness) -> str:
    """A fresh handle with 256 random bits."""
    return kind.value + encode(randomness(32))


def digest(handle: str) -> str:
    """What is kept of a handle: SHA-256 in hex. Its randomness makes a slow hash needless."""
    return sha256(handle.encode()).hexdigest()


def is_of(kind: HandleKind, text: str) -> bool:
    """Whether `text` has this kind's prefix and the one length."""
    return text.startswith(kind.value) and len(text) == len(kind.value) + 43


_PADS = {
    HandleKind.REFRESH_TOKEN: b"laotrust refresh successor\n",
    HandleKind.REGISTRATION: b"laotrust registration successor\n",
    HandleKind.CLIENT_SECRET: b"laotrust client secret\n",
}
"""Of what may be told again to whoever has the handle before it."""


def kept_for(before: str, kind: HandleKind, handle: str) -> bytes:
    """The handle as it is kept for whoever has the one `before`: under a pad that needs all its 256 bits.

    So the database cannot give it out. One handle has one successor of a kind: no pad is used for two.
    """
    return _joined(decode(handle.removeprefix(kind.value)), _pad(before, kind))


def told_again(before: str, kind: HandleKind, kept: bytes) -> str:
    """The handle that was kept for the one `before`."""
    return kind.value + encode(_joined(kept, _pad(before, kind)))


def _pad(before: str, kind: HandleKind) -> bytes:
    return sha256(_PADS[kind] + before.encode()).digest()


def _joined(octets: bytes, pad: bytes) -> bytes:
    assert len(octets) == len(pad), "both have 32 octets"
    return (int.from_bytes(octets) ^ int.from_bytes(pad)).to_bytes(len(pad))
