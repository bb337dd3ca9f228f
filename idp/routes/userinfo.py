"""The userinfo endpoint (OpenID Connect Core clause 5.3), by GET and POST."""

import re

from flask import Blueprint, Response

from idp.binding import Keys
from idp.dpop import ALGORITHMS, Shown, nonces
from idp.encryption import enclosed, envelopes
from idp.profiles import profile_of
from idp.routes.here import keys_here, provider
from idp.routes.oauth import answered, refused, served
from idp.tables import Client
from idp.token_use import Userinfo, userinfo
from ledger.decision import Refuse
from web.asked import request, request_itself
from web.csrf import exempt
from web.guards import Guard, guard
from web.limits import repeated

routes = Blueprint("userinfo", __name__)
WORDS = {"dpop.invalid": "invalid_dpop_proof", "dpop.nonce": "use_dpop_nonce"}
"""Those of refusals that are not `invalid_token`."""
INTERACTION = "x-fapi-interaction-id"
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)


@routes.route("/userinfo", methods=["GET", "POST"])
@exempt
@guard(Guard.TOKEN)
def read_userinfo() -> Response:
    """Claims for a live access token in the header or the form, not in the query (RFC 6750 clause 2)."""
    form = request_itself().form
    if repeated(form) or ("access_token" in form and "Authorization" in request.headers):
        response = answered({"error": "invalid_request", "error_description": "token.parameter-repeated"}, 400)
        response.headers["WWW-Authenticate"] = 'Bearer realm="laotrust", error="invalid_request"'
        return response
    token = _token()
    if token is None:
        return _challenged({"error": "invalid_request"}, "")
    found = userinfo(provider(), *token)
    if isinstance(found, Refuse):
        word = WORDS.get(found.code, "invalid_token")
        described = f', error="{word}", error_description="{found.code}"'
        return _challenged({"error": word, "error_description": found.code}, described)
    response = _told(found)
    _name_interaction(response, found.client)
    return response


def _told(found: Userinfo) -> Response:
    if found.client.userinfo_alg is None:
        return answered(found.claims)
    if isinstance(unserved := served(found.client), Refuse):
        return refused(unserved)
    signed = {**found.claims, "iss": provider().issuer, "aud": found.client.id}
    response = answered({})
    said = provider().keys.of(found.client.userinfo_alg).sign("JWT", signed)
    response.set_data(enclosed(provider(), found.client, said, envelopes(found.client).userinfo))
    response.mimetype = "application/jwt"
    return response


def _name_interaction(response: Response, client: Client) -> None:
    """FAPI 1.0 Baseline clause 6.2.1: what the client calls the interaction; a name of ours where it must have one."""
    named = request.headers.get(INTERACTION, "")
    if _UUID.fullmatch(named):
        response.headers[INTERACTION] = named
    elif profile_of(client).sender_demanded:
        response.headers[INTERACTION] = provider().ledger.new_id()


def _challenged(body: dict[str, str], more: str) -> Response:
    """RFC 6750 clause 3, RFC 9449 clause 7.1: which scheme would do."""
    response = answered(body, 401)
    by_key = f'DPoP algs="{" ".join(ALGORITHMS)}"{more}'
    response.headers["WWW-Authenticate"] = by_key if _scheme() == "dpop" else f'Bearer realm="laotrust"{more}'
    if body["error"] == "use_dpop_nonce":
        response.headers["DPoP-Nonce"] = nonces(provider())[0]
    return response


def _token() -> tuple[str, Keys] | None:
    """The token and the keys that count with it: a proof only beside the scheme that is made for it."""
    keys, direct = keys_here(), request_itself()
    scheme, _, token = direct.headers.get("Authorization", "").partition(" ")
    scheme, token = scheme.lower(), token.strip()
    if scheme == "dpop" and token:
        return token, keys if keys.dpop else Keys(Shown("", direct.method, frozenset()), keys.certificate)
    bearer = token if scheme == "bearer" else direct.form.get("access_token")
    return (bearer, Keys(None, keys.certificate)) if bearer else None


def _scheme() -> str:
    return request.headers.get("Authorization", "").partition(" ")[0].lower()
