"""`GET /v1/organisations`: the bodies of the state at a moment, for anybody."""

from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify, request

from ledger.dates import DateUnfit, day_begins, parse_date
from ledger.decision import Refuse
from register.organisations import listed
from web.errors import refusal
from web.guards import Guard, guard
from web.site import site

routes = Blueprint("organisations", __name__)


@routes.get("/v1/organisations")
@guard(Guard.PUBLIC)
def organisations() -> Response:
    """Public: those that stood at `?at=`, a date in Lao time or an ISO 8601 instant with its zone (left out: now)."""
    at = _moment(request.args.get("at"))
    if isinstance(at, Refuse):
        return refusal(at.code)
    with site().ledger.read() as session:
        return jsonify({"at": at.isoformat(), "organisations": listed(session, at)})


def _moment(text: str | None) -> datetime | Refuse:
    if not text:
        return site().clock.now()
    try:
        return day_begins(parse_date(text))
    except DateUnfit:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return Refuse("register.time")
    return moment.astimezone(UTC) if moment.tzinfo else Refuse("register.time")
