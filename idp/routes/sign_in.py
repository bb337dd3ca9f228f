"""The steps of a sign-in: each POST answers with the next page itself, or 303 straight to the service."""

from collections.abc import Callable
from functools import partial

from flask import Blueprint, Response

from idp.answer import ConsentNeeded, Said, answer, asked_again, error, settle_consent
from idp.authorization import AuthenticationRequest, Refused
from idp.events import SignInCancelled
from idp.profiles import profile_of
from idp.requests import Resumed, resume
from idp.routes import pages
from idp.routes.authorize import authorize, checked_request, refuse
from idp.routes.here import (
    keep_answering,
    keep_session,
    provider,
    see_other,
    session_for,
    session_here,
    to_client,
)
from idp.session_start import start_session
from idp.sign_in import CodeNeeded, Proven, Shown, enter, show_code, show_password
from idp.throttle import record_once_a_minute
from ledger.decision import Refuse
from ledger.event import ANYONE
from web.asked import request
from web.csrf import browser
from web.errors import page
from web.guards import Guard, guard

routes = Blueprint("sign_in", __name__)


@routes.get("/sign-in")
@guard(Guard.PUBLIC)
def sign_in_again() -> Response:
    """Somebody reloads or comes back: the same page as at first."""
    return authorize()


@routes.post("/sign-in")
@guard(Guard.FORM)
def sign_in() -> Response:
    """User name and password were sent."""
    checked = checked_request()
    if isinstance(checked, Refused):
        return refuse(checked)
    if request.form.get("action") == "cancel":
        return _cancelled(checked)
    typed, password = request.form.get("username", ""), request.form.get("password", "")
    missing = [("sign-in.name-missing", typed.strip()), ("sign-in.password-missing", password)]
    if refusals := tuple(code for code, value in missing if not value):
        return pages.sign_in(checked, typed, refusals)
    shown = show_password(provider(), checked, browser(), typed, password)
    return _after(shown, lambda refusal: pages.sign_in(checked, typed, (refusal.code,)))


@routes.get("/sign-in/code")
@guard(Guard.BROWSER)
def code_again() -> Response:
    """The code page once more, in another language or after a reload."""
    resumed = resume(provider(), request.args.get("step", ""), browser())
    if isinstance(resumed, Refuse):
        return page(resumed.code, 400)
    return pages.code(request.args["step"], resumed.request)


@routes.post("/sign-in/code")
@guard(Guard.FORM)
def code() -> Response:
    """A one-time code was sent."""
    handle = request.args.get("step", "")
    if request.form.get("action") == "cancel":
        resumed = resume(provider(), handle, browser())
        return page(resumed.code, 400) if isinstance(resumed, Refuse) else _cancelled(resumed.request)
    shown = show_code(provider(), handle, browser(), request.form.get("code", ""))
    return _after(shown, partial(_code_refused, handle))


def _code_refused(handle: str, refusal: Refuse) -> Response:
    resumed = resume(provider(), handle, browser())
    if isinstance(resumed, Refuse):
        return page(resumed.code, 400)
    if refusal.code in {"sign-in.locked", "sign-in.cut-off"}:
        return pages.sign_in(resumed.request, "", (refusal.code,))
    return pages.code(handle, resumed.request, (refusal.code,))


@routes.get("/continue")
@guard(Guard.BROWSER)
def go_on() -> Response:
    """Back from the port where the certificate was shown."""
    return onward(Proven(request.args.get("step", "")))


@routes.get("/consent")
@guard(Guard.BROWSER)
def consent_again() -> Response:
    """The consent page once more."""
    return _question(request.args.get("step", ""), choosing=False)


@routes.post("/consent")
@guard(Guard.FORM)
def consent() -> Response:
    """The person agreed, but for what he leaves out, or did not; or he wants to choose what that is."""
    handle, answer_given = request.args.get("step", ""), request.form.get("answer")
    if answer_given == "choose":
        return _question(handle, choosing=True)
    said = Said(answer_given == "agree", request.form.get("shown", ""), request.form.getlist("without"))
    settled = settle_consent(provider(), handle, browser(), session_for, said)
    match settled:
        case Refuse():
            return page(settled.code, 400)
        case Resumed():
            return pages.sign_in(settled.request)
        case ConsentNeeded():
            return pages.consent(settled, choosing=False)
    return to_client(settled)


def _question(handle: str, *, choosing: bool) -> Response:
    resumed = resume(provider(), handle, browser())
    if isinstance(resumed, Refuse):
        return page(resumed.code, 400)
    asked = asked_again(provider(), handle, resumed, session_for)
    return pages.sign_in(asked.request) if isinstance(asked, Resumed) else pages.consent(asked, choosing=choosing)


def _after(shown: Shown | Refuse, refused: Callable[[Refuse], Response]) -> Response:
    """The factor, the session and the code that follow from it are one transaction: all are there, or none."""
    if isinstance(shown, Refuse):
        return refused(shown)

    def entered() -> Response:
        progress = enter(provider(), shown)
        return refused(progress) if isinstance(progress, Refuse) else onward(progress)

    return provider().ledger.at_once(entered)


def onward(progress: CodeNeeded | Proven) -> Response:
    """The next page, or the session and what follows from it."""
    if isinstance(progress, CodeNeeded):
        return pages.code(progress.handle, progress.request)
    return _signed_in(progress)


def _cancelled(wanted: AuthenticationRequest) -> Response:
    """The person goes back without having shown who he is (RFC 6749 clause 4.1.2.1)."""
    event = SignInCancelled(wanted.client.id)
    record_once_a_minute(provider().ledger, event, ANYONE)
    return to_client(error(provider(), wanted, "access_denied", "sign-in.cancelled"))


def _signed_in(proven: Proven) -> Response:
    started = start_session(provider(), proven, browser(), session_here())
    if isinstance(started, Refuse):
        return _not_started(started, proven.handle)
    stored = (started.stored, proven.handle)
    given = answer(provider(), started.request, started.session, browser(), stored)
    if isinstance(given, ConsentNeeded):
        keep = keep_answering if profile_of(started.request.client).signs_in_alone else keep_session
        return keep(pages.consent(given), started.handle)
    return to_client(given) if given.leaves_nobody else keep_session(to_client(given), started.handle)


def _not_started(refusal: Refuse, handle: str) -> Response:
    """A step sent twice begins again at the request: the session of the first time answers it.

    One that is for this answer alone is asked it once more.
    """
    resumed = resume(provider(), handle, browser())
    if refusal.code == "sign-in.done-already" and isinstance(resumed, Resumed):
        alone = profile_of(resumed.request.client).signs_in_alone
        return see_other(f"/consent?step={handle}" if alone else f"/authorize?step={handle}")
    return page(refusal.code, 400)
