"""`client_secret_post`: id and secret in the form (RFC 6749 clause 2.3.1)."""

from idp.client_authentication.presented import Presented
from idp.client_authentication.secrets import is_secret_of
from idp.provider import Provider
from idp.tables import Client


def client_id(presented: Presented) -> str | None:
    """Whom the form names, if it has a secret."""
    return presented.form.get("client_id", "") if "client_secret" in presented.form else None


def is_proven(_provider: Provider, client: Client, presented: Presented) -> bool:
    """Whether the secret is the client's."""
    return is_secret_of(client, presented.form.get("client_secret", ""))
