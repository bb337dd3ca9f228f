"""The validation house as a web application."""

import logging
import os

from flask import Flask

from ledger.ledger import Ledger
from validation.routes.validations import routes
from validation.validate import Validator
from web.app import create_app as create_web_app
from web.app import site
from web.relying_party import Fetcher
from web.settings import HouseSettings


def create_app(settings: HouseSettings | None = None, ledger: Ledger | None = None) -> Flask:
    """The application; settings come from the environment unless they are given."""
    settings = settings or HouseSettings.from_environment(os.environ, "validation")
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
    app = create_web_app("validation", settings, ledger=ledger)
    with app.app_context():
        app.extensions["validator"] = Validator(site().ledger, Fetcher.of(settings).body_of_post)
    app.register_blueprint(routes)
    return app
