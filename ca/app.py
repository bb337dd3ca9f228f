"""What the CA publishes, by WSGI: `gunicorn ca.app:create_app()`. It holds no key and writes nothing."""

import os

from flask import Flask

from ca.ceremonies.generations import unserved
from ca.routes import published
from ledger.ledger import Ledger
from web.app import Check
from web.app import create_app as create_house
from web.settings import HouseSettings


def create_app(settings: HouseSettings | None = None, ledger: Ledger | None = None) -> Flask:
    """The house of the CA: CRLs, issuer certificates and the practice statement."""
    settings = settings or HouseSettings.from_environment(os.environ, "ca")
    app = create_house("ca", settings, ledger=ledger, checks=(Check("issuers", lambda: _without_issuer(app)),))
    app.register_blueprint(published.routes)
    return app


def _without_issuer(app: Flask) -> str | None:
    """What an operator must do so that each name has an issuer again; None while all is well."""
    ledger: Ledger = app.extensions["laotrust"].ledger
    with ledger.read() as session:
        return "; ".join(unserved(session, ledger.clock.now())) or None
