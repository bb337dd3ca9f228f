"""/healthz says that the process is alive; /readyz whether it can do its work, and what is wrong if not.

A check that waits – for a database behind a network that loses what is sent – is a finding too: whoever asks is told
within PATIENCE, and at most one look of a check is under way however often is asked.
"""

from collections.abc import Callable, Sequence
from threading import Lock, Thread
from time import monotonic

from flask import Blueprint, Flask, Response, current_app, json

from web import logs
from web.guards import Guard, guard
from web.site import Check, site

PATIENCE = 2.0
"""Seconds within which a check has answered."""
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
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - for another thread
    looks: Looks = app.extensions.setdefault("looks", Looks())
    found = looks.faults(site().checks, app)
    wrong = {name: fault for name, fault in found.items() if fault is not None}
    return _json({"ready": not wrong, "house": site().house, "wrong": wrong}, 503 if wrong else 200)


class _Look(Thread):
    """One look of one check, in a thread of its own; `fault` counts once the thread has ended."""

    def __init__(self, check: Check, app: Flask) -> None:
        super().__init__(name=f"check {check.name}", daemon=True)
        self.fault: str | None = None
        self._check, self._app = check, app
        self.start()

    def run(self) -> None:
        """Never raises."""
        with self._app.app_context():
            self.fault = _fault(self._check.look)


class Looks:
    """What is being looked at. Safe to call from several threads."""

    def __init__(self) -> None:
        self._under_way: dict[str, _Look] = {}
        self._lock = Lock()

    def faults(self, checks: Sequence[Check], app: Flask) -> dict[str, str | None]:
        """By the name of each check what is wrong; None where all is well. Takes PATIENCE at most."""
        found: dict[str, str | None] = {}
        until = monotonic() + PATIENCE
        for look, check in [(self._look(check, app), check) for check in checks]:
            look.join(max(0.0, until - monotonic()))
            found[check.name] = f"no answer within {PATIENCE:g} s" if look.is_alive() else look.fault
        return found

    def _look(self, check: Check, app: Flask) -> _Look:
        with self._lock:
            look = self._under_way.get(check.name)
            if look is None or not look.is_alive():
                look = self._under_way[check.name] = _Look(check, app)
            return look


def _fault(look: Callable[[], str | None]) -> str | None:
    try:
        return look()
    except Exception as error:  # noqa: BLE001 - whatever a check meets is its finding
        logs.failure("check failed", error)
        return f"{type(error).__name__}: see the log"


def _json(body: dict[str, object], status: int) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
