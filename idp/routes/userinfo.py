"""The userinfo endpoint (OpenID Connect Core clause 5.3), by GET and POST."""

from flask import Blueprint, Response, request

from idp.routes.here import provider
from idp.routes.oauth import answered
from idp.token_use import userinfo
from ledger.decision import Refuse
from web.csrf import exempt
from web.guards import Guard, guard
from web.limits import repeated

routes = Blueprint("userinfo", __name__)


@routes.route("/userinfo", methods=["GET", "POST"])
@exempt
@guard(Guard.TOKEN)
def read_userinfo() -> Response:
    """Claims for a live access token in the header or the form, not in the query (RFC 6750 clause 2)."""
    if repeated(request.form) or ("Authorization" in request.headers and "access_token" in request.form):
        response = answered({"error": "invalid_request", "error_description": "token.parameter-repeated"}, 400)
        response.headers["WWW-Authenticate"] = 'Bearer realm="laotrust", error="invalid_request"'
        return response
    token = _token()
    if token is None:
        response = answered({"error": "invalid_request"}, 401)
        response.headers["WWW-Authenticate"] = 'Bearer realm="laotrust"'
        return response
    found = userinfo(provider(), token)
    if isinstance(found, Refuse):
        response = answered({"error": "invalid_token", "error_description": found.code}, 401)
        description = f'error="invalid_token", error_description="{found.code}"'
        response.headers["WWW-Authenticate"] = f'Bearer realm="laotrust", {description}'
        return response
    return answered(found.claims)


def _token() -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return (token.strip() or None) if scheme.lower() == "bearer" else request.form.get("access_token")
