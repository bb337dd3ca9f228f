"""What the CA publishes and takes in, by WSGI: `gunicorn ca.app:create_app()`. It holds no key.

All that it writes is what somebody reports as lost, and what ends by a code on paper.
"""

import os

from flask import Flask

from ca.routes import published, report
from ledger.ledger import Ledger
from web.app import create_app as create_house
from web.settings import HouseSettings


def create_app(settings: HouseSettings | None = None, ledger: Ledger | None = None) -> Flask:
    """The house of the CA: CRLs, issuer certificates, the practice statement, and the page to report a loss."""
    settings = settings or HouseSettings.from_environment(os.environ, "ca")
    app = create_house("ca", settings, ledger=ledger)
    app.register_blueprint(published.routes)
    app.register_blueprint(report.routes)
    return app
