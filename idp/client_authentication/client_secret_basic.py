"""`client_secret_basic`: id and secret in the header (RFC 6749 clause 2.3.1)."""

from base64 import b64decode
from urllib.parse import unquote_plus

from idp.client_authentication.presented import Presented
from idp.client_authentication.secrets import is_secret_of
from idp.provider import Provider
from idp.tables import Client


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
    """Both halves are form-encoded, then base64, strictly."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, secret = b64decode(encoded, validate=True).decode("ascii").partition(":")
    except ValueError:
        return None
    return (unquote_plus(name), unquote_plus(secret)) if colon else None
