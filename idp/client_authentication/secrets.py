"""Secrets of clients: only their digests are kept."""

import hmac

from idp.handles import digest
from idp.tables import Client


def is_secret_of(client: Client, secret: str) -> bool:
    """Whether it is; a client without one has an empty digest, which no text has."""
    return hmac.compare_digest(client.secret_sha256, digest(secret))
