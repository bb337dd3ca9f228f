"""How somebody signs in for our own pages: as for any service of the government, so that there is one way in alone.

The registered service whose one address is on these pages stands for them: people read its name when they sign in.
"""

from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp import clients
from idp.assurance import ACR
from idp.provider import Provider
from idp.tables import Client, ClientRetirement
from ledger.base import without
from pki.base64url import encode

PATH = "/approve/back"


def own_client(reading: Reading, issuer: str) -> Client | None:
    """The newest service of the government that is registered for our own pages, and nothing else; as it is today."""
    ours = select(Client).where(Client.redirect_uris == issuer + PATH, Client.first_party.is_(True))
    newest = without(ours.with_only_columns(Client.id), Client.id, ClientRetirement).order_by(Client.id.desc())
    found = reading.scalars(newest.limit(1)).first()
    return clients.current(reading, found) if found else None


def sign_in_address(provider: Provider, client: Client, state: str, level: int = 0) -> str:
    """Where somebody signs in, with so much of himself at least; `state` comes back to PATH.

    The code that comes with it is never redeemed.
    """
    asked = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": provider.issuer + PATH,
        "scope": "openid",
        "code_challenge": encode(provider.ledger.randomness(32)),
        "code_challenge_method": "S256",
    }
    wishes = {"state": state, "acr_values": ACR.get(level, "")}
    return f"{provider.issuer}/authorize?{urlencode(asked | {name: wish for name, wish in wishes.items() if wish})}"
