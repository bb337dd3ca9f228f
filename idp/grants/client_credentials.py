"""A service's token for itself (RFC 6749 clause 4.4): it names no person, and is for resources of its registration.

Nothing hangs on it but the service: who is retired, or whose agreement lapsed, has no such token that counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idp.binding import Confirmation
from idp.declared import CLIENT_CREDENTIALS, declared_by
from idp.events import TokenIssued
from idp.policy import ACCESS_TOKEN_LIFE
from idp.profiles import profile_of
from idp.provider import Provider
from idp.tables import Client
from idp.tokens import seconds
from ledger.decision import Refuse
from ledger.event import Actor


@dataclass(frozen=True)
class OwnToken:
    """The claims of the token that is due; signing comes after the entry."""

    claims: Mapping[str, Any]


def issue(
    provider: Provider, client: Client, scope: str, resources: Sequence[str], bound_to: Confirmation
) -> OwnToken | Refuse:
    """A token for `resources`, or for all that are registered; that it was given is entered.

    There are no scopes: ours are all about persons.
    """
    if CLIENT_CREDENTIALS not in declared_by(client).grant_types or not profile_of(client).proves_itself:
        return Refuse("token.grant-unregistered")
    if scope:
        return Refuse("token.scope")
    registered = (client.resources or "").split()
    wanted = resources or registered
    if not wanted or not set(wanted) <= set(registered):
        return Refuse("token.resource")
    ledger = provider.ledger
    ledger.record(TokenIssued(client.id), Actor.client(client.id))
    now = ledger.clock.now()
    return OwnToken({
        "iss": provider.issuer,
        "sub": client.id,
        "aud": wanted[0] if len(wanted) == 1 else list(wanted),
        **({"cnf": dict(bound_to)} if bound_to else {}),
        "client_id": client.id,
        "iat": seconds(now),
        "exp": seconds(now + ACCESS_TOKEN_LIFE),
        "jti": ledger.new_id(),
    })  # fmt: skip
