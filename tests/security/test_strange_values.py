"""Class P and Q: members that are not what they should be, wherever a stranger can send some, are refused; no fault."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask

from idp.client_authentication.private_key_jwt import TYPE
from pki.base64url import encode
from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.keys import Holder
from tests.idp.registration_desk import CALLBACK, Candidate, invited, open_organisation
from tests.idp.test_pushed import Strict
from tests.idp.visitor import ISSUER, Service, Visitor

pytestmark = pytest.mark.sqlite_only("about values alone")
STRANGE: tuple[Any, ...] = ([], [{}], ["ES256"], {"a": []}, {"keys": [{"kty": []}]}, -1, 10**30, True, "x")


def token(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """A token that nobody signed."""
    return ".".join(encode(json.dumps(part).encode()) for part in (header, claims, {}))


def asserting(assertion: str, **more: str) -> dict[str, str]:
    return {"client_assertion_type": TYPE, "client_assertion": assertion, **more}


@pytest.fixture
def own(desk: Desk, signer: Holder) -> Service:
    return service(desk, 8470, auth_method="private_key_jwt", jwks=signer.jwks, backchannel_mode="poll")


@pytest.fixture
def signer() -> Holder:
    return Holder()


@pytest.mark.parametrize("member", ["alg", "kid", "typ", "jwk"])
def test_a_header_of_strange_members_is_of_no_key(
    app: Flask, visitor: Visitor, own: Service, clock: TurnedClock, member: str
) -> None:
    who, at = own.client.client_id, clock.now().timestamp()
    claims = {"iss": who, "sub": who, "aud": ISSUER, "exp": at + 30, "jti": "1"}
    shown = [token({"alg": "ES256", "kid": "k1", "typ": "JWT"} | {member: strange}, claims) for strange in STRANGE]

    asserted = {app.test_client().post("/token", base_url=ISSUER, data=asserting(one)).status_code for one in shown}
    asked = {visitor.get("/authorize", own.ask(request=one)).status_code for one in shown}
    hinted = {visitor.get("/end-session", {"id_token_hint": one}).status_code for one in shown}
    borne = {
        app.test_client().get("/userinfo", base_url=ISSUER, headers={"Authorization": f"Bearer {one}"}).status_code
        for one in shown
    }

    assert (asserted, asked, hinted, borne) == ({401}, {303}, {400}, {401})


@pytest.mark.parametrize("member", ["max_age", "prompt", "claims", "nonce", "acr_values", "resource", "scope", "nbf"])
@pytest.mark.parametrize("path", ["/par", "/backchannel-authentication"])
def test_a_request_of_strange_members_is_taken_or_refused(
    app: Flask, own: Service, signer: Holder, clock: TurnedClock, member: str, path: str
) -> None:
    who, at = own.client.client_id, int(clock.now().timestamp())
    about = {"iss": who, "aud": ISSUER, "exp": at + 60, "nbf": at, "iat": at, "jti": "1"}
    asked = own.ask() if path == "/par" else {"scope": "openid", "login_hint": "10000017"}

    answers = set()
    for number, strange in enumerate(STRANGE):
        said = signer.sign(about | asked | {member: strange})
        sent = asserting(signer.assertion(who, ISSUER, clock.now(), jti=f"{number}"), request=said)
        answers.add(app.test_client().post(path, base_url=ISSUER, data=sent).status_code)

    assert answers <= {200, 201, 400}
    assert 400 in answers


def test_a_device_that_counts_in_words_is_refused(app: Flask, library: Service) -> None:
    answer = library.post(app, "/device-authorization", {"scope": "openid", "max_age": "an hour"})

    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("member", ["jti", "htm", "htu", "iat", "nonce", "exp", "nbf"])
def test_a_proof_of_strange_members_proves_nothing(fapi2: Strict, member: str) -> None:
    answers = [fapi2.post("/token", {}, DPoP=fapi2.proof("/token", **{member: one})) for one in STRANGE]

    assert {one.status_code for one in answers} == {400}


@pytest.mark.parametrize("member", ["redirect_uris", "jwks", "scope", "grant_types", "client_name", "contacts"])
def test_a_registration_of_strange_members_is_taken_or_refused(app: Flask, desk: Desk, member: str) -> None:
    open_organisation(desk)
    candidate = Candidate(app, invited(desk, most=100).token)
    said = {"redirect_uris": [CALLBACK]}

    answers = {candidate.send("POST", "/register", said | {member: one}).status_code for one in STRANGE}

    assert answers <= {201, 400}
