"""base64url without padding (RFC 7515 clause 2), read strictly: one text for one value."""

from base64 import urlsafe_b64decode
from binascii import Error, b2a_base64

from pki.errors import ParseError

_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def encode(octets: bytes) -> str:
    """`octets` as base64url text without padding."""
    return b2a_base64(octets, newline=False).translate(_URL_SAFE, b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The octets behind `text`. Raises ParseError for padding, foreign characters and stray final bits."""
    try:
        octets = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (Error, UnicodeEncodeError) as fault:
        raise ParseError("not base64url") from fault
    # Python's decoder skips foreign characters and final bits; only the round trip shows that there were none.
    if encode(octets) != text:
        raise ParseError("not base64url in its one form: padding, foreign characters or stray bits")
    return octets
