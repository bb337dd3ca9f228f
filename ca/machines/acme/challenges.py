"""The three challenges (RFC 8555 clause 8, RFC 8737): what a client must put in place, as pure functions."""

from enum import Enum
from hashlib import sha256

from pki.base64url import encode


class Method(Enum):
    """How control of a name is shown. The values are the registered names (RFC 8555 clause 9.7.8)."""

    HTTP = "http-01"
    DNS = "dns-01"
    ALPN = "tls-alpn-01"


def key_authorization(token: str, thumbprint: str) -> str:
    """What http-01 serves (RFC 8555 clause 8.1)."""
    return f"{token}.{thumbprint}"


def zone_answer(token: str, thumbprint: str) -> str:
    """What dns-01 has in a TXT record (RFC 8555 clause 8.4)."""
    return encode(certificate_answer(token, thumbprint))


def certificate_answer(token: str, thumbprint: str) -> bytes:
    """The 32 octets that tls-alpn-01 has in its certificate (RFC 8737 clause 3)."""
    return sha256(key_authorization(token, thumbprint).encode()).digest()
