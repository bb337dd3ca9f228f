"""A service's token for itself: for who registered for it, about no person, dead with the service."""

from dataclasses import replace

import pytest
from flask import Flask

from idp.declared import CLIENT_CREDENTIALS, NOTHING
from idp.provider import Provider
from pki.jws import verify
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.test_walk import bearer
from tests.idp.visitor import ISSUER, Service

API, OTHER = "https://api.mtc.gov.la", "https://other.mtc.gov.la"
WANTED = {"grant_type": CLIENT_CREDENTIALS}


@pytest.fixture
def machine(desk: Desk) -> Service:
    return service(desk, 8451, resources=(API,), declared=replace(NOTHING, grant_types=(CLIENT_CREDENTIALS,)))


@pytest.fixture
def api(desk: Desk) -> Service:
    """The service that the tokens are for."""
    return service(desk, 8452, serves=(API,))


def told(app: Flask, asker: Service, token: str) -> object:
    return asker.post(app, "/introspect", {"token": token}).get_json()["active"]


def test_it_names_the_service_and_its_resource_and_is_signed(
    app: Flask, provider: Provider, machine: Service
) -> None:
    given = machine.post(app, "/token", WANTED).get_json()
    claims = verify(given["access_token"], provider.keys.by_kid, {"at+jwt"}).claims()

    own = machine.client.client_id
    assert (claims["sub"], claims["client_id"], claims["aud"], claims["exp"] - claims["iat"]) == (own, own, API, 300)
    assert (given["token_type"], given.keys() & {"refresh_token", "id_token"}) == ("Bearer", set())


def test_it_is_seen_by_whom_it_is_for_and_dead_with_its_service(
    app: Flask, desk: Desk, machine: Service, api: Service, edocument: Service
) -> None:
    token = machine.post(app, "/token", WANTED).get_json()["access_token"]
    before = [told(app, one, token) for one in (machine, api, edocument)]

    desk.retire(machine.client.client_id)

    assert (before, told(app, api, token)) == ([True, True, False], False)


@pytest.mark.parametrize(
    ("more", "error"),
    [({"resource": OTHER}, "invalid_target"), ({"scope": "profile"}, "invalid_scope"), ({"resource": API}, None)],
)
def test_it_is_for_what_is_registered_alone(app: Flask, machine: Service, more: dict[str, str], error: str) -> None:
    assert machine.post(app, "/token", WANTED | more).get_json().get("error") == error


def test_who_did_not_register_for_it_by_name_gets_none(app: Flask, edocument: Service) -> None:
    assert edocument.post(app, "/token", WANTED).get_json()["error"] == "unauthorized_client"


def test_it_opens_no_userinfo_and_cannot_be_revoked(app: Flask, machine: Service) -> None:
    token = machine.post(app, "/token", WANTED).get_json()["access_token"]
    opened = app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer(token))
    revoked = machine.post(app, "/revoke", {"token": token})

    assert (opened.status_code, revoked.get_json()["error"]) == (401, "unsupported_token_type")
