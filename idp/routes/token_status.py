"""Introspection (RFC 7662, signed by RFC 9701) and revocation (RFC 7009): for clients, about their own tokens."""

from functools import lru_cache

from flask import Blueprint, Response
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from idp.declared import declared_by
from idp.encryption import enclosed, envelopes
from idp.events import ClientRefused
from idp.routes.here import provider
from idp.routes.oauth import answered, client_of, parameters, refused, served
from idp.tables import Client
from idp.throttle import record_once_a_minute
from idp.token_use import introspect, revoke
from idp.tokens import seconds
from ledger.decision import Refuse
from ledger.event import Actor
from web.asked import request_itself
from web.csrf import exempt
from web.guards import Guard, guard
from web.limits import WIDE, body

routes = Blueprint("token_status", __name__)
SIGNED = "application/token-introspection+jwt"


@routes.post("/introspect")
@exempt
@guard(Guard.CLIENT)
@body(WIDE)
def read_token() -> Response:
    """Whether the token counts now; as a JWT for who asks for it, and for who is registered to get it encrypted.

    For nobody who does not prove who he is (RFC 7662 clause 2.1, RFC 9701 clause 4).
    """
    asked = _asked()
    if isinstance(asked, Refuse):
        return refused(asked)
    client, token = asked
    if client.auth_method == "none":
        return refused(Refuse("client.unauthenticated"))
    found = introspect(provider(), client, token)
    envelope = envelopes(client).introspection
    if envelope is None and not _wants_jwt(request_itself().headers.get("Accept")):
        return answered(found)
    if isinstance(unserved := served(client), Refuse):
        return refused(unserved)
    response = answered({})
    now = seconds(provider().ledger.clock.now())
    claims = {"iss": provider().issuer, "aud": client.id, "iat": now, "token_introspection": found}
    key = provider().keys.of(declared_by(client).introspection_alg or client.id_token_alg)
    response.set_data(enclosed(provider(), client, key.sign("token-introspection+jwt", claims), envelope))
    response.mimetype = SIGNED
    return response


@routes.post("/revoke")
@exempt
@guard(Guard.CLIENT)
@body(WIDE)
def revoke_token() -> Response:
    """The token counts no more. An empty answer, also for a token that never was one (RFC 7009 clause 2.2)."""
    asked = _asked()
    if isinstance(asked, Refuse):
        return refused(asked)
    client, token = asked
    decision = revoke(provider(), client, token)
    if isinstance(decision, Refuse):
        record_once_a_minute(provider().ledger, ClientRefused(client.id, decision.code), Actor.client(client.id))
        return refused(decision)
    return Response(status=200)


@lru_cache(64)
def _wants_jwt(accept: str | None) -> bool:
    wishes = parse_accept_header(accept, MIMEAccept)
    return wishes.best_match(["application/json", SIGNED]) == SIGNED


def _asked() -> tuple[Client, str] | Refuse:
    form = parameters()
    if isinstance(form, Refuse):
        return form
    client = client_of(form)
    if isinstance(client, Refuse):
        return client
    return (client, form["token"]) if "token" in form else Refuse("token.parameter-missing")
