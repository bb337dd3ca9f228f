"""`self_signed_tls_client_auth`: the very certificate that was registered in the key set (RFC 8705 clause 2.2)."""

from idp.client_authentication.presented import Presented
from idp.provider import Provider
from idp.tables import Client
from idp.usable_keys import blocked_of, every_key


def client_id(presented: Presented) -> str | None:
    """Whom the form names, if the handshake had a certificate."""
    return presented.form.get("client_id") if presented.certificate is not None else None


def is_proven(provider: Provider, client: Client, presented: Presented) -> bool:
    """Whether the certificate of the handshake is one of the client's, byte for byte."""
    if presented.certificate is None:
        return False
    keys = provider.client_keys.of(client, None, provider.ledger.clock.now())
    shown = [key for key in keys if key.certificate == presented.certificate]
    return bool(shown) and not blocked_of(provider.ledger, every_key(shown))
