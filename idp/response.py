"""How an answer gets from here to the service: in the address, or as a form, plain, signed or encrypted (JARM)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from idp.authorization import AuthenticationRequest
from idp.declared import declared_by
from idp.encryption import enclosed, envelopes
from idp.parameters import with_parameters
from idp.profiles import profile_of
from idp.provider import Provider
from idp.tables import Client
from idp.tokens import seconds

ANSWER_LIFE = timedelta(minutes=5)
"""JARM clause 2.1: short; a maximum of ten minutes."""


@dataclass(frozen=True)
class Redirect:
    """The browser goes back to the service with this: to the address, or by a form with these fields."""

    uri: str
    fields: Mapping[str, str] | None = None
    locales: Sequence[str] = ()
    """In which the service asked us to speak (`ui_locales`), for the page with the form."""
    leaves_nobody: bool = False
    """The browser has no session afterwards (`idp.profiles.Profile.signs_in_alone`)."""


def respond_to(provider: Provider, request: AuthenticationRequest, parameters: Mapping[str, str]) -> Redirect:
    """The answer to a request that passed its checks, as `respond`."""
    answer = respond(provider, request.client, request.redirect_uri, request.response_mode, parameters)
    return replace(answer, locales=request.ui_locales, leaves_nobody=profile_of(request.client).signs_in_alone)


def respond(
    provider: Provider, client: Client, redirect_uri: str, mode: str, parameters: Mapping[str, str]
) -> Redirect:
    """The answer to a service, with our name in it (RFC 9207), in the mode that it asked for.

    Signed, our name is inside alone (JARM clause 2.1).
    """
    named = {name: value for name, value in {**parameters, "iss": provider.issuer}.items() if value}
    if mode.endswith(".jwt"):
        now = provider.ledger.clock.now()
        claims = {**named, "aud": client.id, "exp": seconds(now + ANSWER_LIFE)}
        key = provider.keys.of(declared_by(client).answer_alg or client.id_token_alg)
        named = {"response": enclosed(provider, client, key.sign("JWT", claims), envelopes(client).answer)}
    if mode.startswith("form_post"):
        return Redirect(redirect_uri, named)
    return Redirect(with_parameters(redirect_uri, named))
