"""Class D and P: what a lenient reader would mend on its way in is refused: credentials, `htu`, scopes."""

from base64 import b64encode

import pytest
from flask import Flask

from tests.idp.test_pushed import Strict
from tests.idp.visitor import ISSUER, Service, Visitor

pytestmark = pytest.mark.sqlite_only("about values alone")


def written(text: str) -> str:
    return b64encode(text.encode()).decode()


def proven(app: Flask, credentials: str) -> bool:
    headers = {"Authorization": f"Basic {credentials}"}
    answer = app.test_client().post("/introspect", base_url=ISSUER, data={"token": "x"}, headers=headers)
    return answer.status_code == 200


def test_credentials_are_written_in_one_way(app: Flask, edocument: Service) -> None:
    name, secret = edocument.client.client_id, edocument.client.client_secret
    encoded = written(f"{name}:%{ord(secret[0]):02x}{secret[1:]}")
    assert encoded.endswith("="), "there are bits to spare"
    spare = encoded[-2:-1]
    bent = encoded[:-2] + chr(ord(spare) + 1) + "="

    assert proven(app, written(f"{name}:{secret}"))
    assert proven(app, encoded)
    strange = [
        bent, encoded.rstrip("="), written(f"{name}:{secret}") + "=", f" {encoded}", encoded + "\t",
        written(f"{name}:{secret}%"), written(f"{name}:%zz{secret}"), written(f"{name}%ff:{secret}"), written(secret),
    ]  # fmt: skip
    assert [one for one in strange if proven(app, one)] == []


@pytest.mark.parametrize("htu", [
    "https://somebody@localhost:8443/token", "https://a:b@localhost:8443/token", " https://localhost:8443/token",
    "https://local\thost:8443/token", "https://localhost:8443/to\nken", "https://localhost:8443/token\n",
    "https://localhost:8443/token\u00a0", "https://localhost:\u0668443/token", "https://localhost:0/token",
])  # fmt: skip
def test_a_proof_names_the_address_as_it_is(fapi2: Strict, htu: str) -> None:
    bent = fapi2.post("/token", {"grant_type": "authorization_code"}, DPoP=fapi2.proof("/token", htu=htu))
    plain = fapi2.post("/token", {"grant_type": "authorization_code"}, DPoP=fapi2.proof("/token"))

    assert bent.get_json()["error"] == "invalid_dpop_proof"
    assert plain.get_json()["error_description"] == "token.parameter-missing"


@pytest.mark.parametrize("scope", [
    "openid  profile", " openid", "openid ", 'openid "profile"', "openid pro\\file", "openid ຊື່", "openid\u00a0profile",
])  # fmt: skip
def test_a_scope_is_of_the_signs_of_a_scope(app: Flask, visitor: Visitor, edocument: Service, scope: str) -> None:
    visitor.get("/authorize", edocument.ask(scope=scope))
    pushed = edocument.post(app, "/par", edocument.ask(scope=scope))
    shown = edocument.post(app, "/device-authorization", {"scope": scope})

    assert visitor.redirected()["error"] == "invalid_scope"
    assert [one.get_json().get("error") for one in (pushed, shown)] == ["invalid_scope"] * 2
