"""`none`: a client that can keep no secret says who it is, and PKCE has to bind its code (RFC 6749 clause 2.1)."""

from idp.client_authentication.presented import Presented
from idp.provider import Provider
from idp.tables import Client


def client_id(presented: Presented) -> str | None:
    """Whom the form names."""
    return presented.form.get("client_id")


def is_proven(_provider: Provider, _client: Client, _presented: Presented) -> bool:
    """There is nothing to prove; what such a client may do is its profile's matter."""
    return True
