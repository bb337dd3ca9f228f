"""The authorization endpoint: the answer at once, or the sign-in page itself."""

from urllib.parse import urlencode

from flask import Blueprint, Response, request

from idp.answer import ConsentNeeded, Redirect, SignInNeeded, answer_at_once, error_redirect
from idp.authorization import Answer, AuthenticationRequest, Refused, check
from idp.events import ClientRefused
from idp.requests import draft
from idp.routes import pages
from idp.routes.here import provider, see_other, session_here, to_client
from idp.routes.oauth import AUTHORIZE_ERRORS
from idp.throttle import record_once_a_minute
from ledger.event import Actor
from web.csrf import browser, exempt
from web.errors import page
from web.guards import Guard, guard

routes = Blueprint("authorize", __name__)


@routes.get("/authorize")
@guard(Guard.PUBLIC)
def authorize() -> Response:
    """A code by redirect, an error by redirect or page, or a page that asks the person (303 after it)."""
    checked = checked_request()
    if isinstance(checked, Refused):
        return refuse(checked)
    match answer_at_once(provider(), checked, session_here(), browser()):
        case Redirect() as answer:
            return to_client(answer)
        case ConsentNeeded() as needed:
            return pages.consent(needed)
        case SignInNeeded(wanted):
            return pages.sign_in(wanted, typed=wanted.login_hint)


@routes.post("/authorize")
@exempt
@guard(Guard.PUBLIC)
def authorize_by_post() -> Response:
    """The same by POST (OpenID Connect Core clause 3.1.2.1).

    A form from another site brings no SameSite cookie: the redirect to our own address lets the browser send it.
    """
    return see_other(f"/authorize?{urlencode(list(request.form.items(multi=True)))}")


def checked_request() -> AuthenticationRequest | Refused:
    """The request in this address's query, through the table of checks."""
    with provider().ledger.read() as reading:
        return check(draft(reading, list(request.args.items(multi=True))))


def refuse(refused: Refused) -> Response:
    """The refusal, entered once a minute where a client of ours is concerned, and told as the table says."""
    if refused.client_id is not None:
        event = ClientRefused(refused.client_id, refused.code)
        record_once_a_minute(provider().ledger, event, Actor.client(refused.client_id))
    if refused.answer is Answer.PAGE:
        return page(refused.code, 400)
    word = AUTHORIZE_ERRORS[refused.code]
    return to_client(error_redirect(refused.redirect_uri, refused.state, provider().issuer, word, refused.code))
