"""The authorization endpoint: the answer at once, or the sign-in page itself."""

from urllib.parse import urlencode

from flask import Blueprint, Response

from idp.answer import ConsentNeeded, SignInNeeded, answer_at_once, refusal
from idp.authorization import Answer, AuthenticationRequest, Checked, Draft, Refused, check
from idp.details import PARAMETER
from idp.events import ClientRefused
from idp.pushed import URN
from idp.request_object import Pairs
from idp.requests import draft, resume, under_a_name
from idp.response import Redirect
from idp.routes import kept, pages
from idp.routes.here import nobody_left, provider, see_other, session_here, to_client
from idp.routes.oauth import AUTHORIZE_ERRORS, served
from idp.throttle import record_once_a_minute
from ledger.decision import Refuse
from ledger.event import Actor
from web.asked import request
from web.csrf import browser, exempt
from web.errors import page
from web.guards import Guard, guard
from web.limits import WIDE, body

routes = Blueprint("authorize", __name__)
LONGEST_ADDRESS = 4 * 1024
"""Characters of a request that pages go on carrying in their addresses: the head of each may have 16 KiB in all."""


@routes.get("/authorize")
@guard(Guard.PUBLIC)
def authorize() -> Response:
    """A code by redirect, an error by redirect or page, or a page that asks the person (303 after it)."""
    return nobody_left(_authorized())


def _authorized() -> Response:
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
@body(WIDE)
def authorize_by_post() -> Response:
    """The same by POST (OpenID Connect Core clause 3.1.2.1).

    A form from another site brings no SameSite cookie: the redirect to our own address lets the browser send it.
    A request object or details go no further, nor what is too long for an address: what follows has only the name
    under which they are kept.
    """
    pairs = list(request.form.items(multi=True))
    address = f"/authorize?{urlencode(pairs)}"
    is_long = len(address) > LONGEST_ADDRESS
    if not is_long and not {"request", PARAMETER} & request.form.keys():
        return see_other(address)
    checked = check(_kept(pairs) if is_long else _draft(pairs))
    return refuse(checked) if isinstance(checked, Refused) else see_other(f"/authorize?{checked.query}")


def checked_request(from_browser: str | None = None) -> AuthenticationRequest | Refused:
    """The request in this address's query through the table of checks, or the stored one that `step` names."""
    checked = _checked(from_browser)
    if isinstance(checked, AuthenticationRequest) and isinstance(unserved := served(checked.client), Refuse):
        return Refused(unserved.code, Answer.PAGE, checked.client.id)
    return checked


def _checked(from_browser: str | None) -> Checked:
    handle = request.args.get("step")
    if handle is None or "client_id" in request.args:  # a service may say `step` too: to us it means nothing then
        return check(_draft(list(request.args.items(multi=True))))
    resumed = resume(provider(), handle, browser() if from_browser is None else from_browser)
    return Refused(resumed.code, Answer.PAGE) if isinstance(resumed, Refuse) else resumed.request


def _draft(pairs: Pairs) -> Draft:
    """What came, taken in; what is fetched, verified or kept for it is not without end."""
    given = dict(pairs)
    if {"request", PARAMETER} & given.keys() or not given.get("request_uri", URN).startswith(URN):
        kept.take_one()
    return draft(provider(), pairs)


def _kept(pairs: Pairs) -> Draft:
    """The same, under a name of ours if it passes the checks."""
    taken = _draft(pairs)
    if taken.query:
        return taken
    kept.take_one()
    return under_a_name(provider(), taken)


def refuse(refused: Refused) -> Response:
    """The refusal, entered once a minute where a client of ours is concerned, and told as the table says."""
    if refused.client_id is not None:
        event = ClientRefused(refused.client_id, refused.code)
        record_once_a_minute(provider().ledger, event, Actor.client(refused.client_id))
    if refused.answer is Answer.PAGE:
        return page(refused.code, 400)
    if refused.client is not None and isinstance(unserved := served(refused.client), Refuse):
        return page(unserved.code, 503)  # the answer might have to be signed
    return to_client(refusal(provider(), refused, AUTHORIZE_ERRORS[refused.code]))
