"""Services register themselves here, and manage what they registered (RFC 7591 clause 3, RFC 7592 clause 2)."""

from collections.abc import Callable

from flask import Blueprint, Response, request

from idp.provider import Provider
from idp.registration import registering
from idp.registration.metadata import Unfit
from idp.registration.registering import Registered
from idp.routes import kept
from idp.routes.here import provider
from idp.routes.oauth import answered
from ledger.decision import Refuse
from pki.errors import PkiError
from pki.jws import object_of
from web.csrf import exempt
from web.guards import Guard, guard

routes = Blueprint("register", __name__)
_UNREADABLE = "send a JSON object as application/json, each member once"


@routes.post("/register")
@exempt
@guard(Guard.TOKEN)
def register() -> Response:
    """201 with the registration, for the initial access token of an invitation."""
    return _told(lambda here: registering.register(here, _bearer(), _said()), 201)


@routes.get("/register/<client_id>")
@guard(Guard.TOKEN)
def read(client_id: str) -> Response:
    """The registration, for its own token."""
    return _told(lambda here: registering.read(here, client_id, _bearer()), 200)


@routes.put("/register/<client_id>")
@exempt
@guard(Guard.TOKEN)
def change(client_id: str) -> Response:
    """The registration after the change, for its own token; the answer has a new one."""
    return _told(lambda here: registering.change(here, client_id, _bearer(), _said()), 200)


@routes.delete("/register/<client_id>")
@exempt
@guard(Guard.TOKEN)
def retire(client_id: str) -> Response:
    """204: the client is no more."""
    kept.take_one()
    decision = registering.retire(provider(), client_id, _bearer())
    return _refused() if isinstance(decision, Refuse) else Response(status=204)


def _told(ask: Callable[[Provider], Registered | Refuse], status: int) -> Response:
    kept.take_one()
    try:
        done = ask(provider())
    except Unfit as fault:
        return answered({"error": fault.error, "error_description": str(fault)}, 400)
    return _refused() if isinstance(done, Refuse) else answered(done.answer(provider().issuer), status)


def _said() -> dict[str, object]:
    """The body. Raises Unfit."""
    if request.mimetype != "application/json":
        raise Unfit("body", _UNREADABLE)
    try:
        return object_of(request.get_data())
    except PkiError as fault:
        raise Unfit("body", _UNREADABLE) from fault


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _refused() -> Response:
    """RFC 6750 clause 3.1: also for a client that is not there any more (RFC 7592 clause 2)."""
    code = registering.TOKEN_REFUSED.code
    response = answered({"error": "invalid_token", "error_description": code}, 401)
    response.headers["WWW-Authenticate"] = f'Bearer realm="laotrust", error="invalid_token", error_description="{code}"'
    return response
