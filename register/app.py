"""The register by WSGI: `gunicorn "register.app:create_app()"`. It shows what everybody may see and writes nothing."""

import os

from flask import Flask

from ledger.ledger import Ledger
from register.routes import organisations
from web.app import create_app as create_house
from web.settings import HouseSettings


def create_app(settings: HouseSettings | None = None, ledger: Ledger | None = None) -> Flask:
    """The application of this house."""
    settings = settings or HouseSettings.from_environment(os.environ, "register")
    app = create_house("register", settings, ledger=ledger)
    app.register_blueprint(organisations.routes)
    return app
