"""What the person in front of this browser agreed that services get, and how it is taken back."""

from flask import Blueprint, Response, make_response, render_template, request

from idp.consents import remembered, revoke
from idp.routes import pages
from idp.routes.here import provider, see_other, session_here
from web.errors import page
from web.guards import Guard, guard
from web.language import keep_place

routes = Blueprint("consents", __name__)


@routes.get("/consents")
@guard(Guard.SIGNED_IN)
def review() -> Response:
    """Every service that the person agreed to, until when, and a button each to take it back."""
    here, session = provider(), session_here()
    if session is None:
        return page("consent.not-signed-in", 403)
    with here.ledger.read() as reading:
        found = remembered(reading, session.account_id, here.ledger.clock.now())
    keep_place("/consents")
    consents = [
        {
            "client_id": one.client.id,
            "service": pages.service_name(one.client),
            "organisation": pages.organisation_name(one.client),
            "scopes": one.scopes,
            "given": pages.day(one.at),
            "until": pages.day(one.until),
        }
        for one in found
    ]
    return make_response(render_template("idp/consents.html", consents=consents))


@routes.post("/consents")
@guard(Guard.FORM)
def take_back() -> Response:
    """The person's consent for one service is over, and what the service holds is dead."""
    session = session_here()
    if session is None:
        return page("consent.not-signed-in", 403)
    revoke(provider().ledger, session, request.form.get("client", ""))
    return see_other("/consents")
