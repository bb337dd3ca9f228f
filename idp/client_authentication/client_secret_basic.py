"""`client_secret_basic`: id and secret in the header (RFC 6749 clause 2.3.1)."""

from idp.client_authentication.presented import Presented
from idp.client_authentication.secrets import is_secret_of
from idp.provider import Provider
from idp.tables import Client


def client_id(presented: Presented) -> str | None:
    """Any Authorization header counts as this method: a client with an unreadable one has shown nothing else."""
    if not presented.authorization:
        return None
    return presented.basic[0] if presented.basic else ""


def is_proven(_provider: Provider, client: Client, presented: Presented) -> bool:
    """Whether the secret is the client's."""
    return presented.basic is not None and is_secret_of(client, presented.basic[1])
