"""The page for somebody who has lost a key: with the code on his slip it ends at once, without it becomes a request.

It asks for no account and no script. What is answered tells nobody whether a code, a number or a person exists.
"""

from flask import Blueprint, Response, make_response, render_template, request

from ca.configuration import current
from ca.endings.grounds import GROUNDS
from ca.endings.paper import use
from ca.endings.requests import Report
from ca.endings.requests import report as report_loss
from ledger.decision import Refuse
from web.guards import Guard, guard
from web.language import language, words
from web.limits import once
from web.pages import FormError
from web.site import site

routes = Blueprint("report", __name__)
OFFERED = ("key-loss", "key-compromise", "misuse", "wrong-data", "lost-role", "death", "holder-wish")
"""The grounds that a stranger is offered, in this order."""


@routes.get("/report")
@guard(Guard.PUBLIC)
def form() -> Response:
    """Both ways, the code first."""
    return _page({}, [])


@routes.post("/report/code")
@guard(Guard.FORM)
def by_code() -> Response:
    """A code was entered: what it was printed for is revoked."""
    typed = once(request.form).get("code", "")
    outcome = use(site().ledger, typed)
    if isinstance(outcome, Refuse):
        return _page({"code": "" if outcome.code == "code.used" else typed}, [FormError("code", words(outcome.code))])
    return make_response(render_template("ca/reported.html", serials=outcome, request_id=None))


@routes.post("/report")
@guard(Guard.FORM)
def without_code() -> Response:
    """Somebody reports a loss and proves nothing: an officer will look at it within a day."""
    given = once(request.form)
    said = Report(
        given.get("ground", ""), given.get("told", ""), given.get("subject", ""), given.get("contact", "")
    )
    outcome = report_loss(site().ledger, said)
    if isinstance(outcome, Refuse):
        field = "ground" if outcome.code == "revocation.reason-unknown" else "told"
        return _page(given, [FormError(field, words(outcome.code))])
    return make_response(render_template("ca/reported.html", serials=(), request_id=outcome, hours=_hours()))


def _page(given: dict[str, str], errors: list[FormError]) -> Response:
    lao = language() == "lo"
    named = {ground.code: ground.lao if lao else ground.english for ground in GROUNDS}
    grounds = [(code, named[code]) for code in OFFERED]
    page = render_template("ca/report.html", given=given, errors=errors, grounds=grounds, hours=_hours())
    return make_response(page, 400 if errors else 200)


def _hours() -> int:
    """Within which an officer decides (RV-03)."""
    with site().ledger.read() as session:
        return current(session).revocation_limit_hours
