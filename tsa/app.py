"""The time-stamp authority by WSGI: `gunicorn tsa.app:create_app()`. Made after the fork."""

import os

from flask import Flask
from prometheus_client import Counter

from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from signers import open_signer
from tsa.authority import TimeStampAuthority
from tsa.policy import time_stamp_policy
from tsa.routes import stamps
from web.app import Check
from web.app import create_app as create_house
from web.release import RELEASE
from web.settings import HouseSettings


def create_app(settings: HouseSettings | None = None, ledger: Ledger | None = None) -> Flask:
    """The house of the time-stamp authority, with its key open."""
    settings = settings or HouseSettings.from_environment(os.environ, "tsa")
    ledger = ledger or Ledger(settings.database_url, SystemClock(), system_randomness, RELEASE, "tsa")
    authority = TimeStampAuthority(
        ledger, open_signer(settings.key_uri("tsa")), time_stamp_policy(practice=settings.practice)
    )
    app = create_house("tsa", settings, ledger=ledger, checks=(Check("unit", authority.fault),))
    app.extensions["tsa"] = authority
    app.extensions["tsa-replies"] = Counter(
        "laotrust_tsa_replies", "Time-stamp replies by outcome", ["outcome"], registry=app.extensions["metrics"]
    )
    app.register_blueprint(stamps.routes)
    return app
