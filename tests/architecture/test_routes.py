"""Every route of every house says what stands before it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Blueprint, Flask

import audit.routes.checkpoints
import audit.routes.proofs
import ca.routes.acme
import ca.routes.authority
import ca.routes.cmp
import ca.routes.est
import ca.routes.holder
import ca.routes.published
import ca.routes.report
import ca.routes.scep
import ca.routes.statement
import idp.routes.approve
import idp.routes.assurance
import idp.routes.authorize
import idp.routes.backchannel
import idp.routes.certificate
import idp.routes.consents
import idp.routes.device
import idp.routes.device_authorization
import idp.routes.end_session
import idp.routes.metadata
import idp.routes.openapi
import idp.routes.par
import idp.routes.practice
import idp.routes.register
import idp.routes.sessions
import idp.routes.sign_in
import idp.routes.signed_out
import idp.routes.token
import idp.routes.token_status
import idp.routes.userinfo
import register.routes.organisations
import tsa.routes.stamps
import validation.routes.validations
import web.health
import web.metrics
from web.guards import Guard

BLUEPRINTS: tuple[Blueprint, ...] = (
    audit.routes.checkpoints.routes, audit.routes.proofs.routes, ca.routes.published.routes, ca.routes.report.routes,
    ca.routes.authority.routes, ca.routes.holder.routes, ca.routes.est.routes, ca.routes.cmp.routes,
    ca.routes.scep.routes, ca.routes.acme.routes,
    ca.routes.statement.routes,
    idp.routes.device_authorization.routes, idp.routes.approve.routes,
    idp.routes.backchannel.routes, idp.routes.device.routes, idp.routes.practice.routes,
    idp.routes.assurance.routes,
    idp.routes.authorize.routes, idp.routes.certificate.routes, idp.routes.end_session.routes,
    idp.routes.metadata.routes, idp.routes.openapi.routes, idp.routes.par.routes, idp.routes.sign_in.routes,
    idp.routes.token.routes, idp.routes.token_status.routes, idp.routes.userinfo.routes,
    register.routes.organisations.routes,
    idp.routes.consents.routes, idp.routes.register.routes, idp.routes.sessions.routes, idp.routes.signed_out.routes,
    tsa.routes.stamps.routes, validation.routes.validations.routes, web.health.routes, web.metrics.routes,
)  # fmt: skip


def _views() -> Iterator[tuple[str, Callable[..., object]]]:
    app = Flask(__name__)
    for number, blueprint in enumerate(BLUEPRINTS):
        app.register_blueprint(blueprint, name=f"b{number}", url_prefix=f"/{number}")
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            view = app.view_functions[rule.endpoint]
            yield f"{view.__module__}.{view.__name__}", view


VIEWS = dict(sorted(_views()))


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_names_its_guard(name: str) -> None:
    assert isinstance(getattr(VIEWS[name], "guard", None), Guard), f"{name} has no mark: put @guard(Guard.…) on it"


def test_no_house_has_a_blueprint_that_is_not_looked_at() -> None:
    root = Path(__file__).parents[2]
    houses = ("audit", "ca", "idp", "ocsp", "register", "tsa", "validation")
    files = (path for house in houses for path in (root / house).rglob("*.py"))
    declaring = {path for path in files if "Blueprint(" in path.read_text()}

    looked_at = {blueprint.import_name for blueprint in BLUEPRINTS}

    assert {".".join(path.relative_to(root).with_suffix("").parts) for path in declaring} <= looked_at
