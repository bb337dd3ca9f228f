"""What the CA publishes and takes in, by WSGI: `gunicorn ca.app:create_app()`. It holds no key.

All that it writes is what somebody reports as lost, and what ends by a code on paper.
"""

import os

from flask import Flask

from ca.ceremonies.generations import unserved
from ca.routes import authority, published, report, statement
from ca.statement.agreement import Agreement, require_agreement
from ca.statement.paper import Papers
from ledger.clock import VIENTIANE
from ledger.ledger import Ledger, LedgerUnavailable
from web.app import create_app as create_house
from web.settings import HouseSettings
from web.site import Check, Site, site


def create_app(settings: HouseSettings | None = None, ledger: Ledger | None = None) -> Flask:
    """The house of the CA: CRLs, certificates, statements, the page to report a loss. Raises StatementDisagrees.

    It does not start when what is in force is not what was published. A database that is away says nothing about
    that: then it starts, and /readyz tells.
    """
    settings = settings or HouseSettings.from_environment(os.environ, "ca")
    agreement = Agreement(settings.home)
    checks = [Check("statement", lambda: _fault(agreement)), Check("issuers", _without_issuer)]
    app = create_house("ca", settings, ledger=ledger, checks=checks)
    own: Site = app.extensions["laotrust"]
    try:
        require_agreement(own.ledger, settings.home)
    except LedgerUnavailable:
        app.logger.warning("the database is away: whether the practice statement agrees is not known yet")
    app.jinja_env.globals["day"] = lambda at: f"{at.astimezone(VIENTIANE):%d/%m/%Y}"
    app.extensions["papers"] = Papers(settings.practice)
    app.register_blueprint(published.routes)
    app.register_blueprint(report.routes)
    app.register_blueprint(statement.routes)
    app.register_blueprint(authority.routes)
    return app


def _without_issuer() -> str | None:
    """What an operator must do so that each name has an issuer again; None while all is well."""
    with site().ledger.read() as session:
        return "; ".join(unserved(session, site().clock.now())) or None


def _fault(agreement: Agreement) -> str | None:
    with site().ledger.read() as session:
        return "\n".join(agreement.faults(session)) or None
