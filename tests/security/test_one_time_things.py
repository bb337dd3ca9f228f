"""Classes C and D: each kind of handle is of one use at one place, whole, for its own client, once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from idp.pushed import URN
from tests.idp.test_elsewhere import GRANT_TYPE
from tests.idp.test_elsewhere import asked as device_asked
from tests.idp.test_pushed import Strict, signed_in
from tests.idp.visitor import ISSUER, VERIFIER, Person, Service, Visitor

CIBA = "urn:openid:params:grant-type:ciba"
SESSION = "__Host-idp-session"


@pytest.fixture
def handles(
    app: Flask, visitor: Visitor, edocument: Service, library: Service, fapi2: Strict, somphone: Person
) -> dict[str, str]:
    """One live handle of each kind that the outside ever sees."""
    code = visitor.sign_in(edocument, somphone)["code"]
    refresh = edocument.redeem(app, code).get_json()["refresh_token"]
    visitor.get("/authorize", edocument.ask())
    cookie = visitor.client.get_cookie(SESSION, "localhost")
    return {
        "code": visitor.redirected()["code"],
        "refresh": refresh,
        "device": device_asked(app, library)["device_code"],
        "pushed": fapi2.push().get_json()["request_uri"].rpartition(":")[2],
        "session": cookie.value if cookie else "",
        "secret": edocument.client.client_secret,
    }


def places(app: Flask, of: Service, handle: str) -> dict[str, int]:
    """What each endpoint that takes a handle says to this one."""
    visitor = Visitor(app)
    visitor.client.set_cookie(SESSION, handle, domain="localhost", secure=True)
    visitor.get("/authorize", of.ask(prompt="none"))
    redeem = {"grant_type": "authorization_code", "redirect_uri": of.redirect_uri, "code_verifier": VERIFIER}
    bearer = {"Authorization": f"Bearer {handle}"}
    return {
        "session": 200 if "code" in visitor.redirected() else 400,
        "device": of.post(app, "/token", {"grant_type": GRANT_TYPE, "device_code": handle}).status_code,
        "ciba": of.post(app, "/token", {"grant_type": CIBA, "auth_req_id": handle}).status_code,
        "step": visitor.get("/authorize", {"step": handle}).status_code,
        "pushed": visitor.get(
            "/authorize", {"client_id": of.client.client_id, "request_uri": f"{URN}{handle}"}
        ).status_code,
        "userinfo": app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer).status_code,
        "introspect": 200 if of.post(app, "/introspect", {"token": handle}).get_json()["active"] else 400,
        "registration": app.test_client().post("/register", base_url=ISSUER, headers=bearer, json={}).status_code,
        "code": of.post(app, "/token", redeem | {"code": handle}).status_code,
        "refresh": of.post(app, "/token", {"grant_type": "refresh_token", "refresh_token": handle}).status_code,
    }


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        ("code", {"code"}), ("refresh", {"introspect", "refresh"}), ("device", set()), ("pushed", set()),
        ("session", {"session"}), ("secret", set()),
    ],
)  # fmt: skip
def test_a_handle_opens_its_own_place_and_no_other(
    app: Flask, edocument: Service, handles: dict[str, str], kind: str, own: set[str]
) -> None:
    opened = {place for place, status in places(app, edocument, handles[kind]).items() if status < 400}

    assert opened == own


def bent(handle: str) -> list[str]:
    """The handle, cut, lengthened, turned in one sign, in another case, padded."""
    other = "A" if handle[10] != "A" else "B"
    return [
        handle[:-1], handle[1:], handle + "A", handle + "=", handle[:10] + other + handle[11:], handle.swapcase(),
        f" {handle}", handle + "\x00", handle[:4], "", handle * 2, handle.replace("_", "-", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["code", "refresh", "session"])
def test_a_handle_that_is_bent_in_any_way_is_unknown(
    app: Flask, edocument: Service, handles: dict[str, str], kind: str
) -> None:
    opened = [one for one in bent(handles[kind]) if one and places(app, edocument, one)[kind] < 400]

    assert opened == []
    assert places(app, edocument, handles[kind])[kind] < 400


def test_fifty_at_once_redeem_one_code_and_one_wins(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    code = visitor.sign_in(edocument, somphone)["code"]

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: edocument.redeem(app, code).status_code, range(50)))

    assert (answers.count(200), answers.count(400)) == (1, 49)


def test_a_code_of_a_service_of_the_state_is_bound_to_client_verifier_and_address(
    app: Flask, visitor: Visitor, gov: Strict, fapi2: Strict, somphone: Person
) -> None:
    code = signed_in(visitor, somphone, gov.begin(visitor))["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": gov.service.redirect_uri}

    refused = [
        gov.post("/token", form).status_code,
        gov.post("/token", form | {"code_verifier": "w" * 64}).status_code,
        gov.post("/token", form | {"code_verifier": VERIFIER, "redirect_uri": ISSUER}).status_code,
        fapi2.post("/token", form | {"code_verifier": VERIFIER}, DPoP=fapi2.proof("/token")).status_code,
    ]

    assert refused == [400, 400, 400, 400]
    assert gov.redeem(code).status_code == 200
