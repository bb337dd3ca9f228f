"""The token endpoint: a table of grant types, and tokens composed after the entry is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response

from idp.binding import Confirmation, shown_by
from idp.declared import CIBA, CLIENT_CREDENTIALS, declared_by
from idp.declared import DEVICE as DEVICE_GRANT
from idp.details import PARAMETER, Detail, DetailsUnfit, as_json, at_places, parse_details
from idp.elsewhere.ways import BACKCHANNEL, DEVICE
from idp.encryption import enclosed, envelopes
from idp.events import ClientRefused
from idp.grants import authorization_code, client_credentials, elsewhere, refresh_token, token_exchange
from idp.grants.client_credentials import OwnToken
from idp.grants.token_exchange import ACCESS_TOKEN_TYPE, Asked, Exchanged
from idp.grants.tokens_due import TokensDue
from idp.logout import knows_sessions, sid_of
from idp.policy import ACCESS_TOKEN_LIFE
from idp.profiles import profile_of
from idp.provider import Provider
from idp.routes.here import keys_here, provider
from idp.routes.oauth import answered, client_of, parameters, refused, served
from idp.tables import Client
from idp.throttle import record_once_a_minute
from idp.token_use import asked_in_id_token
from idp.tokens import ACCESS_TOKEN, ID_TOKEN, access_token, id_token
from ledger.decision import Refuse
from ledger.event import Actor
from web.asked import request
from web.csrf import exempt
from web.guards import Guard, guard
from web.limits import WIDE, body

routes = Blueprint("token", __name__)


@dataclass(frozen=True)
class Wanted:
    """A request for tokens by an authenticated client, and the key that they will be bound to."""

    client: Client
    form: Mapping[str, str]
    bound_to: Confirmation
    resources: tuple[str, ...]
    details: tuple[Detail, ...] = ()


Due = TokensDue | Exchanged | OwnToken
"""What a grant gives."""


def by_code(here: Provider, wanted: Wanted) -> TokensDue | Refuse:
    """RFC 6749 clause 4.1.3."""
    form = wanted.form
    if "code" not in form or "redirect_uri" not in form:
        return Refuse("token.parameter-missing")
    sent = authorization_code.Redemption(
        form["code"], form["redirect_uri"], form.get("code_verifier", ""), wanted.bound_to, wanted.resources,
        wanted.details,
    )  # fmt: skip
    return authorization_code.redeem(here.ledger, wanted.client, sent)


def by_refresh_token(here: Provider, wanted: Wanted) -> TokensDue | Refuse:
    """RFC 6749 clause 6."""
    if "refresh_token" not in wanted.form:
        return Refuse("token.parameter-missing")
    token = wanted.form["refresh_token"]
    return refresh_token.refresh(
        here.ledger, wanted.client, token, wanted.bound_to, wanted.resources, wanted.details,
        wanted.form.get("scope", ""),
    )  # fmt: skip


def by_own_name(here: Provider, wanted: Wanted) -> OwnToken | Refuse:
    """RFC 6749 clause 4.4.2."""
    if wanted.details:
        return Refuse("token.details")  # nobody was asked
    scope = wanted.form.get("scope", "")
    return client_credentials.issue(here, wanted.client, scope, wanted.resources, wanted.bound_to)


def by_device_code(here: Provider, wanted: Wanted) -> TokensDue | Refuse:
    """RFC 8628 clause 3.4."""
    if not profile_of(wanted.client).device_allowed:
        return Refuse("token.grant-not-allowed")
    if "device_code" not in wanted.form:
        return Refuse("token.parameter-missing")
    code = wanted.form["device_code"]
    return elsewhere.redeem(here.ledger, DEVICE, wanted.client, code, wanted.bound_to, wanted.resources, wanted.details)


def by_backchannel_request(here: Provider, wanted: Wanted) -> TokensDue | Refuse:
    """CIBA Core clause 10.1."""
    if wanted.client.backchannel_mode is None:
        return Refuse("token.grant-not-allowed")
    if "auth_req_id" not in wanted.form:
        return Refuse("token.parameter-missing")
    handle = wanted.form["auth_req_id"]
    return elsewhere.redeem(
        here.ledger, BACKCHANNEL, wanted.client, handle, wanted.bound_to, wanted.resources, wanted.details
    )


def by_exchange(here: Provider, wanted: Wanted) -> Exchanged | Refuse:
    """RFC 8693 clause 2.1: an access token of ours for one by which one service is called, named by its id."""
    form, audiences = wanted.form, [one for one in request.form.getlist("audience") if one]
    if not {"subject_token", "subject_token_type"} <= form.keys() or not audiences:
        return Refuse("token.parameter-missing")
    kinds = {form["subject_token_type"], form.get("requested_token_type", ACCESS_TOKEN_TYPE)}
    if kinds != {ACCESS_TOKEN_TYPE} or "actor_token" in form:
        return Refuse("token.type")
    if len(audiences) > 1 or wanted.resources:
        return Refuse("token.audience")
    if wanted.details:
        return Refuse("token.details")  # a leave is for the service that it names, and is not handed on
    asked = Asked(
        form["subject_token"], audiences[0], form.get("scope", ""), form.get("on_behalf_of", ""),
        form.get("mandate", ""), wanted.bound_to,
    )  # fmt: skip
    return token_exchange.exchange(here, wanted.client, asked)


GRANT_TYPES: Mapping[str, Callable[[Provider, Wanted], Due | Refuse]] = {
    "authorization_code": by_code,
    "refresh_token": by_refresh_token,
    CLIENT_CREDENTIALS: by_own_name,
    DEVICE_GRANT: by_device_code,
    CIBA: by_backchannel_request,
    token_exchange.GRANT_TYPE: by_exchange,
}
WAITING = {"token.pending", "token.slow-down"}
"""Answers to who waits: nothing was refused, so nothing is entered."""


@routes.post("/token")
@exempt
@guard(Guard.CLIENT)
@body(WIDE)
def token() -> Response:
    """Tokens for a client that is who it says and shows a code or refresh token of its own."""
    here, form = provider(), parameters()
    if isinstance(form, Refuse):
        return refused(form)
    client = client_of(form)
    client = client if isinstance(client, Refuse) else served(client)
    if isinstance(client, Refuse):
        return refused(client)
    bound_to = shown_by(here, client, keys_here())
    due = bound_to if isinstance(bound_to, Refuse) else _due(here, client, form, bound_to)
    if isinstance(due, Refuse) and due.code in WAITING:
        return refused(due)
    if isinstance(due, Refuse):
        event = ClientRefused(client.id, due.code)
        record_once_a_minute(here.ledger, event, Actor.client(client.id))
        return refused(due)
    return answered(_told(here, client, due))


def _due(here: Provider, client: Client, form: Mapping[str, str], bound_to: Confirmation) -> Due | Refuse:
    """What the grant gives; a missing grant type is a missing parameter, an unknown one its own error (5.2)."""
    if "grant_type" not in form:
        return Refuse("token.parameter-missing")
    grant_type = GRANT_TYPES.get(form["grant_type"])
    if grant_type is None:
        return Refuse("token.grant-type")
    if not declared_by(client).may_use(form["grant_type"]):
        return Refuse("token.grant-unregistered")
    try:
        wanted = Wanted(client, form, bound_to, _resources(), parse_details(form.get(PARAMETER, "")))
    except DetailsUnfit:
        return Refuse("token.details")
    due = grant_type(here, wanted)
    if not isinstance(due, TokensDue):
        return due
    resources = wanted.resources or due.alive.resources
    return replace(due, resources=resources, details=at_places(wanted.details or due.alive.details, resources))


def _resources() -> tuple[str, ...]:
    """What the token is wanted for; an empty parameter is none (RFC 6749 clause 3.2)."""
    return tuple(dict.fromkeys(filter(None, request.form.getlist("resource"))))


def _told(here: Provider, client: Client, due: Due) -> dict[str, object]:
    match due:
        case OwnToken():
            return _signed(here, due.claims)
        case Exchanged():
            return _composed_exchange(here, due)
    return composed(here, client, due)


def composed(here: Provider, client: Client, due: TokensDue) -> dict[str, object]:
    """The signed tokens of a grant (OpenID Connect Core clause 3.1.3.3)."""
    now, alive = here.ledger.clock.now(), due.alive
    access = access_token(here.issuer, alive, here.ledger.new_id(), now, due.bound_to, due.resources, due.details)
    sid = sid_of(client, alive.session.id) if knows_sessions(client) else None
    identity = id_token(here.issuer, alive, due.nonce, now, asked_in_id_token(here, alive), sid=sid)
    signed = here.keys.of(client.id_token_alg).sign(ID_TOKEN, identity)
    return {
        "access_token": here.keys.first.sign(ACCESS_TOKEN, access),
        "token_type": "DPoP" if "jkt" in due.bound_to else "Bearer",
        "expires_in": int(ACCESS_TOKEN_LIFE.total_seconds()),
        **({"refresh_token": due.refresh_token} if due.refresh_token else {}),
        "scope": alive.scope,
        **({PARAMETER: as_json(due.details)} if due.details else {}),
        "id_token": enclosed(here, client, signed, envelopes(client).identity),
    }


def _composed_exchange(here: Provider, due: Exchanged) -> dict[str, object]:
    """The signed token of an exchange (RFC 8693 clause 2.2.1); there is never a refresh token."""
    return {**_signed(here, due.claims), "issued_token_type": ACCESS_TOKEN_TYPE, "scope": due.scope}


def _signed(here: Provider, claims: Mapping[str, Any]) -> dict[str, object]:
    """An access token alone (RFC 6749 clause 5.1)."""
    return {
        "access_token": here.keys.first.sign(ACCESS_TOKEN, claims),
        "token_type": "DPoP" if "jkt" in claims.get("cnf", {}) else "Bearer",
        "expires_in": claims["exp"] - claims["iat"],
    }
