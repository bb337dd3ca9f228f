"""The responder by WSGI: `gunicorn ocsp.app:create_app()`. Made after the fork; each process has a store of its own."""

import os

from flask import Flask
from prometheus_client import Counter, Gauge

from ledger.clock import Clock, SystemClock, system_randomness
from ledger.ledger import Ledger
from ocsp.keys import OpenSigner
from ocsp.responder import OcspResponder
from ocsp.routes import status
from ocsp.store import StatusStore
from signers import open_signer
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
    responder = OcspResponder(store, key_opener(settings), ledger.clock)
    app = create_house("ocsp", settings, ledger=ledger, checks=(Check("status", responder.fault),), opaque_paths=True)
    # Slashes are digits of base64 here.
    app.url_map.merge_slashes = False
    _install(app, responder, ledger.clock)
    app.register_blueprint(status.routes)
    return app


def key_opener(settings: HouseSettings) -> OpenSigner:
    """Opens the key `ocsp-<issuer>` where the settings say it is."""
    return lambda issuer: open_signer(settings.key_uri(f"ocsp-{issuer}"))


def _install(app: Flask, responder: OcspResponder, clock: Clock) -> None:
    registry = app.extensions["metrics"]
    app.extensions["ocsp"] = responder
    app.extensions["ocsp-answers"] = Counter(
        "laotrust_ocsp_answers", "OCSP answers by outcome and by the digest of the CertID", ["outcome", "digest"],
        registry=registry,
    )  # fmt: skip
    age = Gauge("laotrust_ocsp_status_age_seconds", "Seconds since the ledger was seen", registry=registry)
    age.set_function(lambda: _age(responder, clock))


def _age(responder: OcspResponder, clock: Clock) -> float:
    looked_at = responder.store.looked_at
    return float("inf") if looked_at is None else (clock.now() - looked_at).total_seconds()
