"""What the CA publishes and takes in, by WSGI: `gunicorn ca.app:create_app()`. It holds no key.

All that it writes is what somebody reports as lost, and what ends by a code on paper. The holders' own page is an
application of its own (`gunicorn ca.app:create_holder_app()`): it needs TLS, which relying software does not expect
where lists are, and its database role may end certificates and nothing else. So are the doors for machines
(`create_machines_app`), whose role may ask under what was allowed and nothing else.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates
from flask import Blueprint, Flask

from ca.ceremonies.generations import unserved
from ca.machines.acme.identity import caa_identity
from ca.machines.cmp import CmpDoor, Own
from ca.machines.doors import KEY, Doors
from ca.machines.scep import ScepDoor
from ca.routes import acme, authority, cmp, est, holder, published, report, scep, statement
from ca.routes.entrance import ACTOR, PATIENCE, Paces
from ca.statement.agreement import Agreement, require_agreement
from ca.statement.paper import Papers
from ledger.clock import VIENTIANE
from ledger.ledger import Ledger, LedgerUnavailable
from signers import open_signer
from signers.file import FileKey
from web.app import create_app as create_house
from web.relying_party import Fetcher
from web.settings import HouseSettings, SettingsUnfit
from web.shared_views import SharedViews
from web.sign_on import Reaching, RelyingParty, token_keys
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
    _tell_times(app)
    app.extensions["papers"] = Papers(settings.practice)
    app.register_blueprint(published.routes)
    app.register_blueprint(report.routes)
    app.register_blueprint(statement.routes)
    app.register_blueprint(authority.routes)
    return app


def create_machines_app(settings: HouseSettings | None = None, ledger: Ledger | None = None) -> Flask:
    """Where machines ask by TLS: EST and ACME. A client's certificate is asked for and not needed."""
    faults: list[str] = []
    identity = caa_identity(os.environ, faults)
    if faults:
        raise SettingsUnfit(faults)
    app = _for_machines(settings, ledger, "machines", (est.routes,))
    if app.extensions["doors"] is not None:
        acme.install(app, app.extensions["doors"], identity)
    return app


def create_machines_http_app(settings: HouseSettings | None = None, ledger: Ledger | None = None) -> Flask:
    """Where machines ask by plain http: CMP, whose messages are protected themselves. It signs its answers."""
    app = _for_machines(settings, ledger, "machines-http", (cmp.routes,))
    here: Site = app.extensions["laotrust"]
    # An installation from before there was a certificate for it answers by that of the TLS server.
    name = "door-cmp" if here.settings.home.certificate("door-cmp").exists() else "tls-machines"
    own = Own(open_signer(here.settings.key_uri(name)), _chain(here, name))
    paces: Paces = app.extensions["paces"]
    app.extensions["cmp"] = CmpDoor(
        here.ledger, app.extensions["doors"], own, ACTOR, here.settings.practice, PATIENCE, paces.allowance
    )
    app.extensions["door"] = SharedViews(app, here.ledger, cmp.shared)
    if here.settings.home.certificate("door-scep").exists():
        _open_scep(app, here, paces)
    return app


def _open_scep(app: Flask, here: Site, paces: Paces) -> None:
    """The door for SCEP, if a ceremony made its key; whether it answers is said by the configuration."""
    key = open_signer(here.settings.key_uri("door-scep"))
    if not isinstance(key, FileKey):
        raise SettingsUnfit(["the key door-scep opens what is enciphered to it, which tokens do not here: give a file"])
    app.extensions["scep"] = ScepDoor(
        here.ledger, app.extensions["doors"], key, key, _chain(here, "door-scep")[0], ACTOR, here.settings.practice,
        PATIENCE, paces.allowance,
    )  # fmt: skip
    app.register_blueprint(scep.routes)


def _chain(here: Site, name: str) -> list[bytes]:
    found = load_pem_x509_certificates(here.settings.home.certificate(name).read_bytes())
    return [one.public_bytes(Encoding.DER) for one in found]


def _for_machines(
    settings: HouseSettings | None, ledger: Ledger | None, process: str, blueprints: Sequence[Blueprint]
) -> Flask:
    settings = settings or HouseSettings.from_environment(os.environ, "ca", process)
    app = create_house("ca", settings, ledger=ledger)
    app.extensions["doors"] = Doors.at(settings.key_uri(KEY))
    app.extensions["paces"], app.extensions["patience"] = Paces(), PATIENCE
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app


@dataclass(frozen=True)
class HolderSettings(HouseSettings):
    """With the client as which the holders' page is registered at the provider."""

    client_id: str = ""
    client_key: str = ""
    """The URI of its key."""

    @classmethod
    def own(cls, environment: Mapping[str, str], faults: list[str]) -> dict[str, Any]:
        """`LAOTRUST_CLIENT_ID`, and `LAOTRUST_CLIENT_KEY`, the URI of the key that it is registered with."""
        client_id, key = environment.get("LAOTRUST_CLIENT_ID", ""), environment.get("LAOTRUST_CLIENT_KEY", "")
        if not client_id:
            faults.append("LAOTRUST_CLIENT_ID is not set: register the page with `client-add` and give its client_id")
        if not key:
            faults.append("LAOTRUST_CLIENT_KEY is not set: give the URI of the key whose public half was registered")
        return {"client_id": client_id, "client_key": key}


def create_holder_app(
    settings: HolderSettings | None = None, ledger: Ledger | None = None, web: Reaching | None = None
) -> Flask:
    """The page on which a holder ends or pauses what is his own. `web` reaches the provider; tests give theirs."""
    settings = settings or HolderSettings.from_environment(os.environ, "ca", "holder")
    app = create_house("ca", settings, ledger=ledger, checks=[Check("token key", _without_token_key)])
    _tell_times(app)
    back = f"{settings.url}{holder.HOME}/back"
    reach = web or Fetcher.of(settings)
    signer = open_signer(settings.client_key)
    app.extensions["relying_party"] = RelyingParty(settings.issuer, settings.client_id, signer, back, reach)
    app.register_blueprint(holder.routes)
    return app


def _tell_times(app: Flask) -> None:
    app.jinja_env.globals["day"] = lambda at: f"{at.astimezone(VIENTIANE):%d/%m/%Y}"
    app.jinja_env.globals["minute"] = lambda at: f"{at.astimezone(VIENTIANE):%d/%m/%Y %H:%M}"


def _without_token_key() -> str | None:
    """Nobody can sign in when no certificate says who may sign tokens."""
    with site().ledger.read() as session:
        return None if token_keys(session, site().clock.now()) else "no token-signer certificate counts now"


def _without_issuer() -> str | None:
    """What an operator must do so that each name has an issuer again; None while all is well."""
    with site().ledger.read() as session:
        return "; ".join(unserved(session, site().clock.now())) or None


def _fault(agreement: Agreement) -> str | None:
    with site().ledger.read() as session:
        return "\n".join(agreement.faults(session)) or None
