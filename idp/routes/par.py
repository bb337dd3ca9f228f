"""Pushed authorization requests (RFC 9126): a client hands its request in and gets a name for it."""

from flask import Blueprint, Response, request

from idp.authorization import Column, Refused, check
from idp.binding import Keys
from idp.dpop import prove
from idp.events import ClientRefused
from idp.policy import PUSHED_LIFE
from idp.profiles import profile_of
from idp.pushed import keep
from idp.requests import draft_of_push
from idp.routes import kept
from idp.routes.here import keys_here, provider
from idp.routes.oauth import PUSH_ERRORS, answered, client_of, parameters, refused, served
from idp.tables import Client
from idp.throttle import record_once_a_minute
from ledger.decision import Refuse
from ledger.event import Actor
from web.csrf import exempt
from web.guards import Guard, guard
from web.limits import WIDE, body

routes = Blueprint("par", __name__)


@routes.post("/par")
@exempt
@guard(Guard.CLIENT)
@body(WIDE)
def push() -> Response:
    """201 with the `request_uri`, or what is wrong with the request."""
    form = parameters()
    if isinstance(form, Refuse):
        return refused(form)
    client = client_of(form)
    client = client if isinstance(client, Refuse) else served(client)
    if isinstance(client, Refuse):
        return refused(client)
    if not profile_of(client).proves_itself:
        kept.take_one()  # those that authenticate hand in for many people from one address
    jkt = _key_of(client, keys_here())
    if isinstance(jkt, Refuse):
        return refused(jkt)
    wanted = draft_of_push(provider(), client, list(request.form.items(multi=True)))
    checked = check(wanted, Column.PAR)
    code = checked.code if isinstance(checked, Refused) else _mismatch(wanted.get("dpop_jkt"), jkt)
    if code is not None:
        record_once_a_minute(provider().ledger, ClientRefused(client.id, code), Actor.client(client.id))
        return answered({"error": PUSH_ERRORS[code], "error_description": code}, 400)
    request_uri = keep(provider().ledger, client, list(wanted.pairs), jkt)
    return answered({"request_uri": request_uri, "expires_in": int(PUSHED_LIFE.total_seconds())}, 201)


def _key_of(client: Client, keys: Keys) -> str | Refuse | None:
    """The key that the code will be bound to (RFC 9449 clause 10.1)."""
    if keys.dpop is None:
        return None
    return prove(provider(), keys.dpop, nonce_demanded=profile_of(client).nonce_demanded)


def _mismatch(named: str, jkt: str | None) -> str | None:
    return "authorize.dpop-jkt" if named and jkt is not None and named != jkt else None
