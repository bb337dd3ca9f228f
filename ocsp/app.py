"""The responder by WSGI: `gunicorn ocsp.app:create_app()`. Made after the fork; each process has a store of its own."""

import os

from flask import Flask
from prometheus_client import Gauge

from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from ocsp.keys import Mark, OpenSigner
from ocsp.responder import OcspResponder
from ocsp.routes.status import StatusDoor
from ocsp.store import StatusStore
from signers import mark, open_signer
from web.app import Check
from web.app import create_app as create_house
from web.release import RELEASE
from web.settings import HouseSettings


def create_app(settings: HouseSettings | None = None, ledger: Ledger | None = None) -> Flask:
    """The house of the responder, with the follower of its store running."""
    settings = settings or HouseSettings.from_environment(os.environ, "ocsp")
    ledger = ledger or Ledger(settings.database_url, SystemClock(), system_randomness, RELEASE, "ocsp")
    store = StatusStore(ledger)
    store.start()
    responder = OcspResponder(store, key_opener(settings), ledger.clock, mark=key_marker(settings))
    app = create_house("ocsp", settings, ledger=ledger, checks=(Check("status", responder.fault),), opaque_paths=True)
    registry = app.extensions["metrics"]
    age = Gauge("laotrust_ocsp_status_age_seconds", "Seconds since the ledger was seen", registry=registry)
    age.set_function(responder.status_age)
    own_paths = {rule.rule for rule in app.url_map.iter_rules()}
    app.wsgi_app = StatusDoor(responder, app.wsgi_app, own_paths, registry)  # type: ignore[method-assign]
    app.extensions["ocsp"] = responder
    return app


def key_opener(settings: HouseSettings) -> OpenSigner:
    """Opens the key `ocsp-<issuer>` where the settings say it is."""
    return lambda issuer: open_signer(settings.key_uri(f"ocsp-{issuer}"))


def key_marker(settings: HouseSettings) -> Mark:
    """Says by the same name when another key may be there."""
    return lambda issuer: mark(settings.key_uri(f"ocsp-{issuer}"))
