"""The factory of every house's Flask application.

    app = create_app("idp", settings, checks=[Check("token key", look)])
    app.register_blueprint(...)

One ceremony in a fixed order: what refuses comes before what reads, what measures sees everything.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from flask import Flask, Response, g

from ledger.clock import Clock, Randomness, SystemClock, system_randomness, uuid7
from ledger.ledger import Ledger
from web import compression, csrf, database, errors, headers, health, language, limits, logs, metrics, pages
from web.presence import Presence
from web.release import RELEASE
from web.settings import HouseSettings
from web.site import Check, Site, site

__all__ = ["Check", "Site", "create_app", "site"]


def create_app(
    house: str,
    settings: HouseSettings,
    *,
    ledger: Ledger | None = None,
    clock: Clock | None = None,
    randomness: Randomness = system_randomness,
    checks: Sequence[Check] = (),
    opaque_paths: bool = False,
) -> Flask:
    """An application that has everything but the house's own routes. Call it after the fork.

    `ledger` defaults to one over the settings' database, which is not touched before the first request; tests give
    theirs, and its clock and chance are used unless others are given. `opaque_paths` leaves paths unjudged.
    """
    clock = clock or (ledger.clock if ledger else SystemClock())
    ledger = ledger or Ledger(settings.database_url, clock, randomness, RELEASE, house)
    Presence(settings.home, settings.process or house, clock).watch(ledger)
    logs.configure()
    app = Flask(house, root_path=str(_folder(house)), static_folder=None)
    catalogue = language.read_catalogue(Path(app.root_path) / "translations")
    own = (database.database_check(), database.clock_check())
    app.extensions["laotrust"] = Site(house, settings, clock, randomness, catalogue, ledger, (*own, *checks))
    # after_request runs in the reverse of this order: compression is the last to touch the body but one (metrics).
    app.before_request(_number)
    metrics.install(app)
    app.after_request(compression.finish)
    app.after_request(headers.secure)
    app.after_request(language.remember)
    limits.install(app, opaque_paths=opaque_paths)
    csrf.install(app)
    database.install(app, ledger)
    errors.install(app)
    pages.install(app)
    app.register_blueprint(health.routes)
    return app


def _folder(house: str) -> Path:
    spec = find_spec(house)
    if spec is None or spec.origin is None:
        raise ValueError(f"there is no house {house!r}")
    return Path(spec.origin).parent


def _number() -> Response | None:
    """Gives the request its number, by which entries, logs and error pages find one another."""
    g.request_id = uuid7(site().clock.now(), site().randomness)
    return None
