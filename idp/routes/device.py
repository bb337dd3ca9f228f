"""Where the person of a device without a keyboard types its code, and reads who asks (RFC 8628 clause 3.3).

An address with the code in it (clause 3.3.1) only fills the field in: the person still sends it himself, and answers.
"""

from hmac import compare_digest

from flask import Blueprint, Response, request

from idp.elsewhere.answers import answer, word_of
from idp.elsewhere.device import by_user_code
from idp.elsewhere.tables import DeviceRequest
from idp.elsewhere.waiting import waiting
from idp.events import SignInRefused
from idp.provider import Provider
from idp.routes import elsewhere_pages as pages
from idp.routes.approve import session_for_answers, settled, to_sign_in
from idp.routes.here import provider
from idp.sessions import LiveSession
from idp.throttle import of_user_codes, take_attempt
from ledger.decision import Refuse
from ledger.event import Actor
from web.csrf import browser
from web.guards import Guard, guard

routes = Blueprint("device", __name__)


@routes.get("/device")
@guard(Guard.SIGNED_IN)
def type_code() -> Response:
    """The field for the code, for somebody who is signed in."""
    code = request.args.get("user_code", "")
    if session_for_answers() is None:
        return to_sign_in(f"device {code}".strip())
    return pages.code(code[: pages.LONGEST_CODE])


@routes.post("/device")
@guard(Guard.FORM)
def code_typed() -> Response:
    """Who asks, for what and from where; or once more the field. Each try uses up one of the account's few."""
    session = session_for_answers()
    typed = request.form.get("user_code", "")[: pages.LONGEST_CODE]
    if session is None:
        return to_sign_in(f"device {typed}".strip())
    found = _typed(provider(), session, typed)
    if isinstance(found, Refuse):
        return pages.code(typed, (found.code,))
    now = provider().ledger.clock.now()
    with provider().ledger.read() as reading:
        still = waiting(reading, found, now)
    if isinstance(still, Refuse):
        return pages.code(typed, (still.code if still.code.startswith("elsewhere.") else "elsewhere.unknown",))
    return pages.device(still, _seal(provider(), session, found.id))


@routes.post("/device/answer")
@guard(Guard.FORM)
def device_answered() -> Response:
    """The person let it in, or did not; only what was shown to this very person can be answered."""
    session = session_for_answers()
    if session is None:
        return to_sign_in("device")
    request_id, seal = request.form.get("request", ""), request.form.get("seal", "")
    found = None
    if request_id.isprintable() and compare_digest(seal.encode(), _seal(provider(), session, request_id).encode()):
        with provider().ledger.read() as reading:
            found = reading.get(DeviceRequest, request_id)
    agreed = request.form.get("answer") == "agree"
    word = word_of(provider(), session, browser())
    return settled(answer(provider(), found, word, agreed=agreed), found, "device", agreed=agreed)


def _typed(here: Provider, session: LiveSession, typed: str) -> DeviceRequest | Refuse:
    """What waits under the code; the attempt is used up before anything is looked at."""
    attempt = take_attempt(here.ledger, of_user_codes(session.account_id))
    if isinstance(attempt, Refuse):
        return Refuse("elsewhere.too-many-tries")
    with here.ledger.read() as reading:
        found = by_user_code(reading, here, typed)
    if found is None:
        event = SignInRefused(session.account_id, "elsewhere.unknown")
        here.ledger.record(event, Actor.person(session.person_id))
        return Refuse("elsewhere.unknown")
    return found


def _seal(here: Provider, session: LiveSession, request_id: str) -> str:
    """Says that the request was shown to this person: nobody can answer one by its id alone."""
    return here.fields.index(f"device.shown/{session.id}/{request_id}")
