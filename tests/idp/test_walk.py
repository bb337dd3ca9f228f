"""The whole walk through the application: sign-in once, two services, tokens, userinfo, and their ends."""

import json
from base64 import urlsafe_b64decode

from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.visitor import ISSUER, Person, Service, Visitor


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_an_officer_signs_in_with_password_and_code_and_the_service_learns_who_it_is(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    answer = visitor.sign_in(edocument, somphone)

    tokens = edocument.redeem(app, answer["code"]).get_json()
    keys = KeySet.import_key_set(app.test_client().get("/jwks", base_url=ISSUER).get_json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"]).claims
    person = app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer(tokens["access_token"])).get_json()
    assert (answer["state"], answer["iss"]) == ("af0ifjsldkj", ISSUER)
    assert (claims["iss"], claims["aud"]) == (ISSUER, edocument.client.client_id)
    assert (claims["acr"], claims["amr"], claims["nonce"]) == (
        "urn:laotrust:acr:2", ["mfa", "otp", "pwd"], "n-0S6_WzA2Mj",
    )  # fmt: skip
    assert person["sub"] == claims["sub"]
    assert (person["name"], person["name#en"]) == ("ສົມພອນ ແກ້ວວົງສາ", "Somphone Keovongsa")
    assert person["person_number"] == "10000017"


def test_the_second_service_is_answered_without_asking_again(
    app: Flask, visitor: Visitor, desk: Desk, edocument: Service, somphone: Person
) -> None:
    elsewhere = service(desk, 443, host="estaff.la")
    first = edocument.redeem(app, visitor.sign_in(edocument, somphone)["code"]).get_json()

    visitor.get("/authorize", elsewhere.ask())
    second = elsewhere.redeem(app, visitor.redirected()["code"]).get_json()

    assert first["access_token"] != second["access_token"]
    assert claims_of(first)["sub"] != claims_of(second)["sub"]
    assert claims_of(first)["auth_time"] == claims_of(second)["auth_time"]


def test_a_code_is_redeemed_once_and_its_second_use_kills_the_tokens(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    code = visitor.sign_in(edocument, somphone)["code"]
    tokens = edocument.redeem(app, code).get_json()

    again = edocument.redeem(app, code)
    person = app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer(tokens["access_token"]))

    assert (again.status_code, again.get_json()["error"]) == (400, "invalid_grant")
    assert (person.status_code, person.get_json()["error"]) == (401, "invalid_token")


def test_a_refresh_token_gives_the_next_and_when_it_comes_back_late_the_grant_ends(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    tokens = edocument.redeem(app, visitor.sign_in(edocument, somphone)["code"]).get_json()

    following = edocument.refresh(app, tokens["refresh_token"]).get_json()["refresh_token"]
    repeated = edocument.refresh(app, tokens["refresh_token"]).get_json()["refresh_token"]
    somphone.clock.turn(seconds=61)
    late = edocument.refresh(app, tokens["refresh_token"])
    family = edocument.refresh(app, following)

    assert following == repeated
    assert (late.status_code, family.status_code) == (400, 400)


def test_a_wrong_verifier_a_foreign_client_and_an_old_code_are_refused(
    app: Flask, visitor: Visitor, edocument: Service, estaff: Service, somphone: Person
) -> None:
    code = visitor.sign_in(edocument, somphone)["code"]

    wrong = edocument.redeem(app, code, code_verifier="w" * 64)
    missing = edocument.redeem(app, code, code_verifier="")
    foreign = edocument.as_(estaff.client).redeem(app, code)
    somphone.clock.turn(seconds=61)
    late = edocument.redeem(app, code)

    assert [one.get_json()["error_description"] for one in (wrong, missing, foreign, late)] == [
        "token.pkce", "token.pkce", "token.code-unknown", "token.code-expired",
    ]  # fmt: skip


def test_a_third_party_gets_a_code_only_after_consent_and_is_not_asked_twice(
    visitor: Visitor, library: Service, somphone: Person
) -> None:
    visitor.get("/authorize", library.ask())
    visitor.submit(username=somphone.number, password="ນົກບິນຂ້າມຂອງ 2569")
    asked = visitor.submit(code=somphone.code())
    visitor.submit(answer="agree")
    first = visitor.redirected()
    visitor.get("/authorize", library.ask())

    assert asked.status_code == 200
    assert "code" in first
    assert "code" in visitor.redirected()


def test_a_refused_consent_is_told_to_the_service(visitor: Visitor, library: Service, somphone: Person) -> None:
    visitor.get("/authorize", library.ask())
    visitor.submit(username=somphone.number, password="ນົກບິນຂ້າມຂອງ 2569")
    visitor.submit(code=somphone.code())

    visitor.submit(answer="deny")

    assert visitor.redirected() == {"error": "access_denied", "state": "af0ifjsldkj", "iss": ISSUER}


def test_introspection_and_revocation_are_for_the_tokens_own_client(
    app: Flask, visitor: Visitor, edocument: Service, estaff: Service, somphone: Person
) -> None:
    token = edocument.redeem(app, visitor.sign_in(edocument, somphone)["code"]).get_json()["access_token"]

    foreign = estaff.post(app, "/introspect", {"token": token}).get_json()
    own = edocument.post(app, "/introspect", {"token": token}).get_json()
    refused = estaff.post(app, "/revoke", {"token": token})
    revoked = edocument.post(app, "/revoke", {"token": token})
    after = edocument.post(app, "/introspect", {"token": token}).get_json()

    assert (foreign, own["active"], refused.status_code) == ({"active": False}, True, 400)
    assert (revoked.status_code, after) == (200, {"active": False})


def claims_of(tokens: dict[str, str]) -> dict[str, object]:
    payload = tokens["id_token"].split(".")[1]
    read: dict[str, object] = json.loads(urlsafe_b64decode(payload + "=="))
    return read


def test_a_token_sent_in_two_ways_is_a_bad_request(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    token = edocument.redeem(app, visitor.sign_in(edocument, somphone)["code"]).get_json()["access_token"]

    answer = app.test_client().post(
        "/userinfo", base_url=ISSUER, headers=bearer(token), data={"access_token": token}
    )  # fmt: skip

    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_request")


def test_a_missing_grant_type_is_a_missing_parameter_and_a_strange_one_is_unsupported(
    app: Flask, edocument: Service
) -> None:
    missing = edocument.post(app, "/token", {})
    strange = edocument.post(app, "/token", {"grant_type": "password"})

    assert (missing.status_code, missing.get_json()["error"]) == (400, "invalid_request")
    assert (strange.status_code, strange.get_json()["error"]) == (400, "unsupported_grant_type")
