"""The page for somebody who has lost a key: with the code on his slip it ends at once, without it becomes a request.

It asks for no account and no script. What is answered tells nobody whether a code, a number or a person exists.
What strangers send that is of nothing here is logged and counted (`laotrust_strangers`), never an entry.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

from flask import Blueprint, Response, current_app, make_response, render_template, request
from flask.blueprints import BlueprintSetupState
from prometheus_client import Counter

from ca.configuration import current
from ca.endings.grounds import GROUNDS
from ca.endings.paper import use
from ca.endings.requests import Report
from ca.endings.requests import report as report_loss
from ledger.decision import Refuse
from web import logs
from web.guards import Guard, guard
from web.language import language, words
from web.limits import once
from web.pace import Pace
from web.pages import FormError
from web.site import site

routes = Blueprint("report", __name__)
OFFERED = ("key-loss", "key-compromise", "misuse", "wrong-data", "lost-role", "death", "holder-wish")
"""The grounds that a stranger is offered, in this order."""
CODES_MISSED, CODES_WITHIN = 60, timedelta(minutes=15)
"""Wrong codes of one address. A right one is always taken: its holder may share the address with whoever guesses."""
REPORTS, REPORTS_WITHIN = 20, timedelta(hours=1)
"""Reports of one address: each is an entry, and work for an officer."""
_BUSY = {"code.too-many", "report.too-many", "report.too-many-of-one"}


@dataclass
class _Strangers:
    """What is remembered of those who ask, in this process."""

    counted: Counter
    codes: Pace = field(default_factory=lambda: Pace(CODES_MISSED, CODES_WITHIN))
    reports: Pace = field(default_factory=lambda: Pace(REPORTS, REPORTS_WITHIN))


@routes.record
def _begin(state: BlueprintSetupState) -> None:
    registry = state.app.extensions.get("metrics")
    counted = Counter("laotrust_strangers", "What strangers sent and got", ["outcome"], registry=registry)
    state.app.extensions["strangers"] = _Strangers(counted)


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
    if outcome == Refuse("code.unknown") and not _strangers().codes.take(request.remote_addr, site().clock.now()):
        outcome = Refuse("code.too-many")
    if isinstance(outcome, Refuse):
        return _refused({"code": "" if outcome.code == "code.used" else typed}, "code", outcome)
    _strangers().counted.labels("code.taken").inc()
    return make_response(render_template("ca/reported.html", serials=outcome, request_id=None))


@routes.post("/report")
@guard(Guard.FORM)
def without_code() -> Response:
    """Somebody reports a loss and proves nothing: an officer will look at it within a day."""
    given = once(request.form)
    said = Report(
        given.get("ground", ""), given.get("told", ""), given.get("subject", ""), given.get("contact", "")
    )
    if not _strangers().reports.take(request.remote_addr, site().clock.now()):
        return _refused(given, "told", Refuse("report.too-many-of-one"))
    outcome = report_loss(site().ledger, said)
    if isinstance(outcome, Refuse):
        return _refused(given, "ground" if outcome.code == "revocation.reason-unknown" else "told", outcome)
    _strangers().counted.labels("report.taken").inc()
    return make_response(render_template("ca/reported.html", serials=(), request_id=outcome, hours=_hours()))


def _strangers() -> _Strangers:
    return cast("_Strangers", current_app.extensions["strangers"])


def _refused(given: dict[str, str], at: str, refusal: Refuse) -> Response:
    """The form again, with what is wrong; logged and counted by its code alone."""
    _strangers().counted.labels(refusal.code).inc()
    logs.log("stranger-refused", code=refusal.code)
    return _page(given, [FormError(at, words(refusal.code))], 429 if refusal.code in _BUSY else 400)


def _page(given: dict[str, str], errors: list[FormError], status: int = 200) -> Response:
    lao = language() == "lo"
    named = {ground.code: ground.lao if lao else ground.english for ground in GROUNDS}
    grounds = [(code, named[code]) for code in OFFERED]
    own = f"{site().settings.home.url('holder')}/certificates"
    page = render_template(
        "ca/report.html", given=given, errors=errors, grounds=grounds, hours=_hours(), holder_url=own
    )
    return make_response(page, status)


def _hours() -> int:
    """Within which an officer decides (RV-03)."""
    with site().ledger.read() as session:
        return current(session).revocation_limit_hours
