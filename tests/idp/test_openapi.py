"""The OpenAPI document is what the provider does: its operations are the routes for programs."""

from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from flask import Flask
from schemathesis.core.result import Ok

from idp.app import CLIENTS, MAIN
from idp.openapi.operations import OPERATIONS
from idp.registration.metadata import MEMBERS
from idp.routes.openapi import ERRORS
from tests.idp.visitor import ISSUER
from web.guards import Guard

pytestmark = pytest.mark.sqlite_only("a document about no database")
FOR_PROGRAMS = {Guard.CLIENT, Guard.TOKEN}
PUBLIC = {"/.well-known/openid-configuration", "/jwks", "/openapi.json"}


@pytest.fixture
def said(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get("/openapi.json", base_url=ISSUER)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return answer.get_json()  # type: ignore[no-any-return]


def routes() -> set[tuple[str, str]]:
    app = Flask(__name__)
    for number, blueprint in enumerate(dict.fromkeys((*MAIN, *CLIENTS))):
        app.register_blueprint(blueprint, name=f"b{number}")
    found = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]
    return {
        (method.lower(), rule.rule.replace("<", "{").replace(">", "}"))
        for rule in found
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if getattr(app.view_functions[rule.endpoint], "guard", None) in FOR_PROGRAMS or rule.rule in PUBLIC
    }


def test_the_operations_are_the_routes_for_programs(said: dict[str, Any]) -> None:
    described = {(method, path) for path, methods in said["paths"].items() for method in methods}

    assert described == routes()


def test_it_is_composed_once_and_again_when_what_it_depends_on_is_another(app: Flask) -> None:
    from idp.routes.openapi import _composed  # noqa: PLC0415 - how often it is composed is seen nowhere else

    _composed.cache_clear()
    tags = {app.test_client().get("/openapi.json", base_url=ISSUER).headers["ETag"] for _ in range(3)}

    assert (len(tags), _composed.cache_info().misses) == (1, 1)
    assert b"https://other.la" in _composed("https://other.la", ("ES256",), "")


def test_it_is_openapi_and_every_name_in_it_leads_somewhere(said: dict[str, Any]) -> None:
    schema = schemathesis.openapi.from_dict(said)
    shapes = said["components"]["schemas"]

    assert schema.specification.version.startswith("3.1")
    assert all(isinstance(operation, Ok) for operation in schema.get_all_operations())
    assert all(name.rpartition("/")[2] in shapes for name in references(said))
    for shape in shapes.values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **shape})


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [name for held in value.values() for name in references(held)]
    return [name for held in value for name in references(held)] if isinstance(value, list) else []


def test_every_member_of_a_registration_is_described(said: dict[str, Any]) -> None:
    assert {member.name for member in MEMBERS} <= set(said["components"]["schemas"]["ClientMetadata"]["properties"])


def test_the_error_words_belong_to_operations() -> None:
    assert set(ERRORS) <= {operation.name for operation in OPERATIONS}
