"""Tokens that are not ours or count no more, clients that are not who they say, and octets that no database takes."""


import pytest
from flask import Flask
from sqlalchemy import func, select

from idp.provider import Provider
from ledger.entry import Entry
from pki.jws import sign
from tests.idp.desk import Desk
from tests.idp.test_walk import bearer
from tests.idp.visitor import ISSUER, Person, Service, Visitor
from tests.issuing import KeySigner

HELD = {"iss": ISSUER, "aud": ISSUER, "client_id": "c", "grant": "g", "sub": "s", "scope": "openid", "jti": "j"}


@pytest.fixture
def tokens(app: Flask, visitor: Visitor, edocument: Service, somphone: Person) -> dict[str, str]:
    found: dict[str, str] = edocument.redeem(app, visitor.sign_in(edocument, somphone)["code"]).get_json()
    return found


def asked(app: Flask, token: str) -> tuple[int, str]:
    answer = app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer(token))
    return answer.status_code, answer.get_json().get("error", "")


def test_tokens_of_others_and_of_other_kinds_are_dead(
    app: Flask, provider: Provider, tokens: dict[str, str]
) -> None:
    now = int(provider.ledger.clock.now().timestamp())
    times = {"iat": now, "exp": now + 300}
    head, payload, signature = tokens["access_token"].split(".")
    foreign = sign({"typ": "at+jwt"}, HELD | times, KeySigner())
    unknown = sign({"typ": "at+jwt"}, HELD | times, provider.signer)
    elsewhere = sign({"typ": "at+jwt"}, HELD | times | {"iss": "https://evil.la"}, provider.signer)

    dead = [
        foreign, unknown, elsewhere, tokens["id_token"], tokens["refresh_token"], "", "x", f"{head}.{payload}.",
        f"eyJhbGciOiJub25lIn0.{payload}.", f"{head}.{payload}.{signature[::-1]}", "a.b.c", "\u0e81",
    ]  # fmt: skip

    assert asked(app, tokens["access_token"]) == (200, "")
    assert {asked(app, token)[0] for token in dead} == {401}


def test_an_access_token_is_dead_after_five_minutes(
    app: Flask, somphone: Person, tokens: dict[str, str]
) -> None:
    somphone.clock.turn(seconds=299)
    before = asked(app, tokens["access_token"])
    somphone.clock.turn(seconds=2)

    assert (before, asked(app, tokens["access_token"])) == ((200, ""), (401, "invalid_token"))


def test_a_token_is_taken_from_header_or_form_and_never_from_the_address(
    app: Flask, tokens: dict[str, str]
) -> None:
    token, client = tokens["access_token"], app.test_client()

    form = client.post("/userinfo", base_url=ISSUER, data={"access_token": token}).status_code
    header = client.post("/userinfo", base_url=ISSUER, headers=bearer(token)).status_code
    address = client.get(f"/userinfo?access_token={token}", base_url=ISSUER).status_code
    both = client.post("/userinfo", base_url=ISSUER, data={"access_token": token}, headers=bearer(token)).status_code

    assert (form, header) == (200, 200)
    assert {address, both} <= {400, 401}


def test_a_retired_service_and_its_tokens_are_dead_at_once(
    app: Flask, desk: Desk, visitor: Visitor, edocument: Service, tokens: dict[str, str]
) -> None:
    desk.retire(edocument.client.client_id)

    page = visitor.get("/authorize", edocument.ask())
    refreshed = edocument.refresh(app, tokens["refresh_token"])

    assert asked(app, tokens["access_token"]) == (401, "invalid_token")
    assert (page.status_code, "Location" in page.headers) == (400, False)
    assert (refreshed.status_code, refreshed.get_json()["error"]) == (401, "invalid_client")


def test_an_account_that_was_closed_is_out_at_once(
    app: Flask, desk: Desk, visitor: Visitor, edocument: Service, somphone: Person, tokens: dict[str, str]
) -> None:
    desk.end(somphone.number)

    visitor.get("/authorize", edocument.ask(prompt="none"))

    assert asked(app, tokens["access_token"]) == (401, "invalid_token")
    assert visitor.redirected()["error"] == "login_required"


@pytest.mark.parametrize(
    ("secret", "status"), [("wrong", 401), ("", 401), ("lts_" + "A" * 43, 401), ("\u0e81", 401), ("a:b", 401)]
)
def test_a_wrong_secret_is_refused_and_entered_once_a_minute(
    app: Flask, provider: Provider, edocument: Service, secret: str, status: int
) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": edocument.client.client_id}

    answers = [
        app.test_client().post("/token", base_url=ISSUER, data={**form, "client_secret": secret}) for _ in range(3)
    ]

    with provider.ledger.read() as session:
        entered = session.scalar(select(func.count()).where(Entry.kind == "client.refused"))
    assert [one.status_code for one in answers] == [status] * 3
    assert answers[0].get_json()["error"] == "invalid_client"
    assert entered == 1


@pytest.mark.parametrize("text", ["\x00", "x\x00y", "\xed\xa0\x80", "\U0001f600"])
def test_octets_that_a_database_does_not_take_are_a_refusal_and_no_fault(
    app: Flask, visitor: Visitor, edocument: Service, text: str
) -> None:
    form = {"grant_type": "authorization_code", "code": text, "redirect_uri": text, "client_id": text}
    own = {**form, "client_id": edocument.client.client_id, "client_secret": edocument.client.client_secret}
    client = app.test_client()

    pages = [
        visitor.get("/authorize", edocument.ask(client_id=text)).status_code,
        visitor.get("/authorize", edocument.ask(state=text, nonce=text)).status_code,
        visitor.get("/sign-in/code", {"step": text}).status_code,
        visitor.get("/end-session", {"id_token_hint": text, "client_id": text}).status_code,
        client.post("/token", base_url=ISSUER, data={**form, "client_secret": text}).status_code,
        client.post("/token", base_url=ISSUER, data=own).status_code,
        edocument.post(app, "/introspect", {"token": text}).status_code,
        edocument.post(app, "/revoke", {"token": text}).status_code,
    ]

    assert [status for status in pages if status >= 500] == []


@pytest.mark.parametrize("typed", ["\x00", "1000\x000017", "a\x00@mtc.gov.la", "+\x00", "\U0001f600", "a" * 5000])
def test_a_user_name_of_strange_signs_is_an_unknown_one(visitor: Visitor, edocument: Service, typed: str) -> None:
    visitor.get("/authorize", edocument.ask())

    page = visitor.submit(username=typed, password="x\x00")

    assert page.status_code in {400, 413, 422}


def test_a_token_that_comes_again_is_not_verified_again_but_whoever_retires_its_service_is_heard_all_the_same(
    app: Flask, provider: Provider, desk: Desk, edocument: Service, tokens: dict[str, str]
) -> None:
    token, keys = tokens["access_token"], provider.keys
    before = [asked(app, token)[0], asked(app, token)[0]]
    again = keys.claims_of(token, "at+jwt") is keys.claims_of(token, "at+jwt")

    desk.retire(edocument.client.client_id)

    assert (before, again, asked(app, token)[0]) == ([200, 200], True, 401)
