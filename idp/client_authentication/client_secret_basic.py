"""`client_secret_basic`: id and secret in the header (RFC 6749 clause 2.3.1)."""

import re
from base64 import b64decode, b64encode
from urllib.parse import unquote_plus

from idp.client_authentication.presented import Presented
from idp.client_authentication.secrets import is_secret_of
from idp.provider import Provider
from idp.tables import Client

_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})")


def client_id(presented: Presented) -> str | None:
    """Any Authorization header counts as this method: a client with an unreadable one has shown nothing else."""
    if not presented.authorization:
        return None
    credentials = _credentials(presented.authorization)
    return credentials[0] if credentials else ""


def is_proven(_provider: Provider, client: Client, presented: Presented) -> bool:
    """Whether the secret is the client's."""
    credentials = _credentials(presented.authorization)
    return credentials is not None and is_secret_of(client, credentials[1])


def _credentials(header: str) -> tuple[str, str] | None:
    """Both halves are form-encoded, then base64, strictly: there is one way to write them, and no other is mended."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = b64decode(encoded, validate=True)
        pair = decoded.decode("ascii")
        name, colon, secret = pair.partition(":")
        if not colon or b64encode(decoded).decode() != encoded or _BROKEN.search(pair):
            return None
        return unquote_plus(name, errors="strict"), unquote_plus(secret, errors="strict")
    except ValueError:
        return None
