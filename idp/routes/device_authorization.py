"""Where a device without a keyboard asks (RFC 8628 clause 3.1)."""

from flask import Blueprint, Response, request

from idp.authorization import Column, Draft, Refused, check
from idp.binding import Confirmation, shown_by
from idp.declared import DEVICE, declared_by
from idp.elsewhere.device import ask
from idp.events import ClientRefused
from idp.policy import DEVICE_LIFE, POLL_INTERVAL
from idp.profiles import profile_of
from idp.routes import kept
from idp.routes.here import keys_here, provider
from idp.routes.oauth import PUSH_ERRORS, answered, client_of, parameters, refused
from idp.tables import Client
from idp.throttle import record_once_a_minute
from ledger.decision import Refuse
from ledger.event import Actor
from web.csrf import exempt
from web.guards import Guard, guard
from web.limits import WIDE, body

routes = Blueprint("device_authorization", __name__)


@routes.post("/device-authorization")
@exempt
@guard(Guard.CLIENT)
@body(WIDE)
def device_authorization() -> Response:
    """What the device shows and keeps (clause 3.2), or what is wrong with its request."""
    form = parameters()
    client = form if isinstance(form, Refuse) else client_of(form)
    if isinstance(client, Refuse):
        return refused(client)
    if not profile_of(client).proves_itself:
        kept.take_one()
    bound_to = _key_of(client)
    if isinstance(bound_to, Refuse):
        return refused(bound_to)
    checked = check(Draft(list(request.form.items(multi=True)), client, client_lives=True), Column.ELSEWHERE)
    if not profile_of(client).device_allowed or not declared_by(client).may_use(DEVICE):
        return _refused(client, "token.grant-not-allowed")
    if isinstance(checked, Refused):
        return _refused(client, checked.code)
    shown = ask(provider(), checked, bound_to, request.remote_addr or "")
    address = f"{provider().issuer}/device"
    return answered({
        "device_code": shown.device_code,
        "user_code": shown.user_code,
        "verification_uri": address,
        "verification_uri_complete": f"{address}?user_code={shown.user_code}",
        "expires_in": int(DEVICE_LIFE.total_seconds()),
        "interval": int(POLL_INTERVAL.total_seconds()),
    })  # fmt: skip


def _key_of(client: Client) -> Confirmation | Refuse:
    """The key that must come with each poll, if the device shows one now already."""
    keys = keys_here()
    return shown_by(provider(), client, keys) if keys.dpop or keys.certificate else {}


def _refused(client: Client, code: str) -> Response:
    record_once_a_minute(provider().ledger, ClientRefused(client.id, code), Actor.client(client.id))
    word = PUSH_ERRORS.get(code, "unauthorized_client")
    return answered({"error": word, "error_description": code}, 400)
