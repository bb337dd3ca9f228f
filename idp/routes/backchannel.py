"""Where a service asks for a person whom it names (CIBA Core clause 7)."""

from flask import Blueprint, Response

from idp.elsewhere.backchannel import ask
from idp.events import ClientRefused
from idp.policy import POLL_INTERVAL
from idp.routes.here import provider
from idp.routes.oauth import BACKCHANNEL_ERRORS, answered, client_of, parameters, refused
from idp.throttle import record_once_a_minute
from ledger.decision import Refuse
from ledger.event import Actor
from web.csrf import exempt
from web.guards import Guard, guard

routes = Blueprint("backchannel", __name__)


@routes.post("/backchannel-authentication")
@exempt
@guard(Guard.CLIENT)
def backchannel_authentication() -> Response:
    """The id under which the service may ask for tokens (clause 7.3), or what is wrong with its request."""
    form = parameters()
    client = form if isinstance(form, Refuse) else client_of(form)
    if isinstance(client, Refuse) or isinstance(form, Refuse):
        return refused(client if isinstance(client, Refuse) else Refuse("token.parameter-repeated"))
    begun = ask(provider(), client, form)
    if isinstance(begun, Refuse):
        record_once_a_minute(provider().ledger, ClientRefused(client.id, begun.code), Actor.client(client.id))
        word, status = BACKCHANNEL_ERRORS[begun.code]
        return answered({"error": word, "error_description": begun.code}, status)
    return answered({
        "auth_req_id": begun.auth_req_id,
        "expires_in": int(begun.life.total_seconds()),
        "interval": int(POLL_INTERVAL.total_seconds()),
    })  # fmt: skip
