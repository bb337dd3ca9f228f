"""The token endpoint: a table of grant types, and tokens composed after the entry is written."""

from collections.abc import Callable, Mapping

from flask import Blueprint, Response

from idp.events import ClientRefused
from idp.grants import authorization_code, refresh_token
from idp.grants.tokens_due import TokensDue
from idp.policy import ACCESS_TOKEN_LIFE
from idp.provider import Provider
from idp.routes.here import provider
from idp.routes.oauth import answered, client_of, parameters, refused
from idp.tables import Client
from idp.throttle import record_once_a_minute
from idp.tokens import ACCESS_TOKEN, ID_TOKEN, access_token, id_token
from ledger.decision import Refuse
from ledger.event import Actor
from pki.jws import sign
from web.csrf import exempt
from web.guards import Guard, guard

routes = Blueprint("token", __name__)
Form = Mapping[str, str]


def by_code(here: Provider, client: Client, form: Form) -> TokensDue | Refuse:
    """RFC 6749 clause 4.1.3."""
    if "code" not in form or "redirect_uri" not in form:
        return Refuse("token.parameter-missing")
    verifier = form.get("code_verifier", "")
    return authorization_code.redeem(here.ledger, client, form["code"], form["redirect_uri"], verifier)


def by_refresh_token(here: Provider, client: Client, form: Form) -> TokensDue | Refuse:
    """RFC 6749 clause 6."""
    if "refresh_token" not in form:
        return Refuse("token.parameter-missing")
    return refresh_token.refresh(here.ledger, client, form["refresh_token"])


GRANT_TYPES: Mapping[str, Callable[[Provider, Client, Form], TokensDue | Refuse]] = {
    "authorization_code": by_code,
    "refresh_token": by_refresh_token,
}


@routes.post("/token")
@exempt
@guard(Guard.CLIENT)
def token() -> Response:
    """Tokens for a client that is who it says and shows a code or refresh token of its own."""
    form = parameters()
    if isinstance(form, Refuse):
        return refused(form)
    client = client_of(form)
    if isinstance(client, Refuse):
        return refused(client)
    due = _due(client, form)
    if isinstance(due, Refuse):
        event = ClientRefused(client.id, due.code)
        record_once_a_minute(provider().ledger, event, Actor.client(client.id))
        return refused(due)
    return answered(composed(provider(), due))


def _due(client: Client, form: Form) -> TokensDue | Refuse:
    """What the grant gives; a missing grant type is a missing parameter, an unknown one its own error (5.2)."""
    if "grant_type" not in form:
        return Refuse("token.parameter-missing")
    grant_type = GRANT_TYPES.get(form["grant_type"])
    return grant_type(provider(), client, form) if grant_type else Refuse("token.grant-type")


def composed(here: Provider, due: TokensDue) -> dict[str, object]:
    """The signed tokens of a grant (OpenID Connect Core clause 3.1.3.3)."""
    now = here.ledger.clock.now()
    access = access_token(here.issuer, due.alive, here.ledger.new_id(), now)
    identity = id_token(here.issuer, due.alive, due.nonce, now)
    return {
        "access_token": sign({"typ": ACCESS_TOKEN}, access, here.signer),
        "token_type": "Bearer",
        "expires_in": int(ACCESS_TOKEN_LIFE.total_seconds()),
        "refresh_token": due.refresh_token,
        "scope": due.alive.grant.scope,
        "id_token": sign({"typ": ID_TOKEN}, identity, here.signer),
    }
