"""/healthz says that the process is alive; /readyz whether it can do its work, and what is wrong if not."""

from flask import Blueprint, Response, json

from web import logs
from web.guards import Guard, guard
from web.site import Check, site

routes = Blueprint("health", __name__)


@routes.get("/healthz")
@guard(Guard.PUBLIC)
def healthz() -> Response:
    """Alive."""
    return _json({"alive": True, "house": site().house}, 200)


@routes.get("/readyz")
@guard(Guard.PUBLIC)
def readyz() -> Response:
    """200 when every check is good, else 503 with what is wrong by name."""
    wrong = {check.name: fault for check in site().checks if (fault := _fault(check)) is not None}
    return _json({"ready": not wrong, "house": site().house, "wrong": wrong}, 503 if wrong else 200)


def _fault(check: Check) -> str | None:
    try:
        return check.look()
    except Exception as error:  # noqa: BLE001 - whatever a check meets is its finding
        logs.failure("check failed", error)
        return f"{type(error).__name__}: see the log"


def _json(body: dict[str, object], status: int) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
