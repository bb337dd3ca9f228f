"""What waits for the person who is signed in here, and his answers."""

from flask import Blueprint, Response, request

from idp.elsewhere.answers import answer, word_of
from idp.elsewhere.own import own_client, sign_in_address
from idp.elsewhere.tables import BackchannelRequest
from idp.elsewhere.user_code import shown, typed
from idp.elsewhere.waiting import Waiting, waiting, waiting_for
from idp.elsewhere.ways import Asked
from idp.routes import elsewhere_pages as pages
from idp.routes.here import provider, see_other, session_here
from idp.sessions import LiveSession
from ledger.decision import Decision, Refuse
from web.csrf import browser
from web.errors import page
from web.guards import Guard, guard

routes = Blueprint("approve", __name__)


@routes.get("/approve")
@guard(Guard.SIGNED_IN)
def who_asks() -> Response:
    """Every service that asks for this person now, each with a yes and a no."""
    session = session_for_answers()
    if session is None:
        return to_sign_in("")
    with provider().ledger.read() as reading:
        found = waiting_for(reading, session.account_id, provider().ledger.clock.now())
    return pages.who_asks(found)


@routes.post("/approve/answer")
@guard(Guard.FORM)
def who_asks_answered() -> Response:
    """The person agreed to one of them, or did not."""
    session = session_for_answers()
    if session is None:
        return to_sign_in("")
    request_id = request.form.get("request", "")
    with provider().ledger.read() as reading:
        found = reading.get(BackchannelRequest, request_id) if request_id.isprintable() else None
    agreed = request.form.get("answer") == "agree"
    decision = answer(provider(), found, word_of(provider(), session, browser()), agreed=agreed)
    return settled(decision, found, "", agreed=agreed)


@routes.get("/approve/back")
@guard(Guard.PUBLIC)
def signed_in_for_answers() -> Response:
    """Back from the sign-in: the cookie says who it is, and nothing else of this address counts but the page.

    Who did not sign in is not asked again, which the page would do: he wanted to go.
    """
    where, _, code = request.args.get("state", "").partition(" ")
    if "error" in request.args and session_for_answers() is None:
        return page("elsewhere.not-signed-in", 403)
    if where in {"sessions", "consents"}:
        return see_other(f"/{where}")
    if where != "device":
        return see_other("/approve")
    bare = typed(code)
    return see_other(f"/device?user_code={shown(bare)}" if bare else "/device")


def session_for_answers() -> LiveSession | None:
    """The session of this browser, if it was begun with as much as our own pages ask for."""
    here = session_here()
    with provider().ledger.read() as reading:
        own = own_client(reading, provider().issuer)
    return here if here and (own is None or here.authentication.level >= own.minimum_level) else None


def to_sign_in(state: str, level: int = 0) -> Response:
    """To the sign-in and back, with `level` at least; a page says so where nobody has registered our own pages."""
    with provider().ledger.read() as reading:
        own = own_client(reading, provider().issuer)
    return (
        page("elsewhere.not-set-up", 503) if own is None else see_other(sign_in_address(provider(), own, state, level))
    )


def settled(decision: Decision, asked: Asked | None, state: str, *, agreed: bool) -> Response:
    """The page after an answer: what happens now, or why nothing does. Who has to show more is led there, and back."""
    if isinstance(decision, Refuse) and decision.code == "elsewhere.level":
        return to_sign_in(state, _level_for(asked))
    if isinstance(decision, Refuse):
        known = decision.code if decision.code.startswith("elsewhere.") else "elsewhere.unknown"
        return page(known, 409 if known == "elsewhere.answered" else 400)
    return pages.answered(agreed=agreed)


def _level_for(asked: Asked | None) -> int:
    """What whoever asks wants to be shown at least."""
    with provider().ledger.read() as reading:
        found = waiting(reading, asked, provider().ledger.clock.now())
    return found.request.level if isinstance(found, Waiting) else 0
