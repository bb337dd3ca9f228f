"""How a client shows at our endpoints who it is: one file a method, listed here.

Exactly one way may be used in a request, and it must be the one that the client is registered with.
"""

from collections.abc import Mapping
from types import ModuleType

from idp import clients
from idp.client_authentication import (
    client_secret_basic,
    client_secret_post,
    none,
    private_key_jwt,
    self_signed_tls_client_auth,
    tls_client_auth,
)
from idp.client_authentication.presented import Presented
from idp.events import ClientRefused
from idp.profiles import profile_of
from idp.provider import Provider
from idp.tables import Client
from idp.throttle import record_once_a_minute
from ledger.decision import Refuse
from ledger.event import Actor

__all__ = ["METHODS", "Presented", "authenticate"]

METHODS: Mapping[str, ModuleType] = {
    "client_secret_basic": client_secret_basic,
    "client_secret_post": client_secret_post,
    "private_key_jwt": private_key_jwt,
    "tls_client_auth": tls_client_auth,
    "self_signed_tls_client_auth": self_signed_tls_client_auth,
    "none": none,
}
"""Each has `client_id(presented)`, whom a request claims to be by this method alone (None: it is not used), and
`is_proven(provider, client, presented)`."""
SPOKEN = ("client_secret_basic", "client_secret_post", "private_key_jwt")
"""Methods that a request itself shows; the others are told by the registration alone."""


def authenticate(provider: Provider, presented: Presented) -> Client | Refuse:
    """The live client that proves who it is. A wrong proof is entered, an unknown id is not."""
    spoken = {name: client_id for name in SPOKEN if (client_id := METHODS[name].client_id(presented)) is not None}
    if len(spoken) > 1:
        return Refuse("token.two-authentications")
    named = presented.form.get("client_id", "")
    method, client_id = next(iter(spoken.items()), ("", named))
    if not client_id or (named and named != client_id):
        return Refuse("client.unauthenticated")
    with provider.ledger.read() as reading:
        client, lives = clients.find(reading, client_id, provider.ledger.clock.now())
    if client is None:
        return Refuse("client.unauthenticated")
    own = method or (client.auth_method or "")
    if lives and _may_use(client, own) and METHODS[own].is_proven(provider, client, presented):
        return client
    record_once_a_minute(provider.ledger, ClientRefused(client.id, "client.unauthenticated"), Actor.client(client.id))
    return Refuse("client.unauthenticated")


def _may_use(client: Client, method: str) -> bool:
    """A client that was registered without a method has a secret, and sends it in either way."""
    registered = (client.auth_method,) if client.auth_method else ("client_secret_basic", "client_secret_post")
    return method in registered and method in profile_of(client).methods
