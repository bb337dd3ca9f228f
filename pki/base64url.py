"""base64url without padding (RFC 7515 clause 2), read strictly: one text for one value."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

from pki.errors import ParseError


def encode(octets: bytes) -> str:
    """`octets` as base64url text without padding."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


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
