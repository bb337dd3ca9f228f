"""Where a service asks for a person whom it names (CIBA Core clause 7)."""

from flask import Blueprint, Response

from idp.binding import Confirmation, shown_by
from idp.declared import declared_by
from idp.elsewhere.backchannel import ask
from idp.events import ClientRefused
from idp.policy import POLL_INTERVAL
from idp.routes.here import keys_here, provider
from idp.routes.oauth import BACKCHANNEL_ERRORS, answered, client_of, parameters, refused
from idp.tables import Client
from idp.throttle import record_once_a_minute
from ledger.decision import Refuse
from ledger.event import Actor
from web.csrf import exempt
from web.guards import Guard, guard
from web.limits import WIDE, body

routes = Blueprint("backchannel", __name__)
_BY_CERTIFICATE = {"tls_client_auth", "self_signed_tls_client_auth"}


@routes.post("/backchannel-authentication")
@exempt
@guard(Guard.CLIENT)
@body(WIDE)
def backchannel_authentication() -> Response:
    """The id under which the service may ask for tokens (clause 7.3), or what is wrong with its request."""
    form = parameters()
    client = form if isinstance(form, Refuse) else client_of(form)
    if isinstance(client, Refuse) or isinstance(form, Refuse):
        return refused(client if isinstance(client, Refuse) else Refuse("token.parameter-repeated"))
    bound_to = _key_of(client)
    if isinstance(bound_to, Refuse):
        return refused(bound_to)
    begun = ask(provider(), client, form, bound_to)
    if isinstance(begun, Refuse):
        record_once_a_minute(provider().ledger, ClientRefused(client.id, begun.code), Actor.client(client.id))
        word, status = BACKCHANNEL_ERRORS[begun.code]
        return answered({"error": word, "error_description": begun.code}, status)
    return answered({
        "auth_req_id": begun.auth_req_id,
        "expires_in": int(begun.life.total_seconds()),
        "interval": int(POLL_INTERVAL.total_seconds()),
    })  # fmt: skip


def _key_of(client: Client) -> Confirmation | Refuse:
    """The key that must come with each poll, if the service shows one now already.

    A certificate by which it says who it is says no more than that: its tokens may be for a key of DPoP.
    """
    keys = keys_here()
    says_who = client.auth_method in _BY_CERTIFICATE or declared_by(client).dpop_always
    if keys.dpop is None and (keys.certificate is None or says_who):
        return {}
    return shown_by(provider(), client, keys)
