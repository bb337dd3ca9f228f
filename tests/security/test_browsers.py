"""Class F: two persons, one browser, cookies kept, planted or half lost: nobody gets into another one's session."""

import pytest
from flask import Flask

from tests.idp.test_walk import claims_of
from tests.idp.visitor import PASSWORD, Person, Service, Visitor

SESSION, FORM = "__Host-idp-session", "__Host-idp-form"


def cookie(visitor: Visitor, name: str) -> str:
    found = visitor.client.get_cookie(name, "localhost")
    return found.value if found else ""


def plant(visitor: Visitor, name: str, value: str) -> None:
    visitor.client.set_cookie(name, value, domain="localhost", secure=True)


def number_of(app: Flask, service: Service, code: str) -> object:
    tokens = service.redeem(app, code).get_json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return app.test_client().get("/userinfo", base_url="https://localhost:8443", headers=headers).get_json()["sub"]


def test_each_sign_in_gives_a_handle_that_nobody_had_before(
    visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    seen = ["", cookie(visitor, SESSION)]
    for _ in range(3):
        visitor.sign_in(edocument, somphone, prompt="login")
        seen.append(cookie(visitor, SESSION))

    assert len(set(seen[2:])) == 3


def test_a_handle_that_an_attacker_planted_is_not_the_one_that_is_signed_in(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person, vanida: Person
) -> None:
    visitor.sign_in(edocument, vanida)
    planted = cookie(visitor, SESSION)
    victim = Visitor(app)
    plant(victim, SESSION, planted)
    victim.sign_in(edocument, somphone, prompt="login")
    visitor.get("/authorize", edocument.ask(prompt="none"))

    assert cookie(victim, SESSION) != planted
    assert visitor.redirected()["error"] == "login_required"


@pytest.mark.parametrize("lost", [(SESSION,), (FORM,), (SESSION, FORM)])
def test_who_comes_second_with_cookies_half_lost_is_himself(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person, vanida: Person, lost: tuple[str, ...]
) -> None:
    first = claims_of(edocument.redeem(app, visitor.sign_in(edocument, somphone)["code"]).get_json())
    for name in lost:
        visitor.client.delete_cookie(name, domain="localhost")
    second = claims_of(edocument.redeem(app, visitor.sign_in(edocument, vanida, prompt="login")["code"]).get_json())
    visitor.get("/authorize", edocument.ask(prompt="none"))
    third = claims_of(edocument.redeem(app, visitor.redirected()["code"]).get_json())

    assert first["sub"] != second["sub"] == third["sub"]
    assert first["sid"] != second["sid"]


def test_a_step_of_one_person_is_not_ended_by_another(
    visitor: Visitor, edocument: Service, somphone: Person, vanida: Person
) -> None:
    visitor.get("/authorize", edocument.ask())
    visitor.submit(username=somphone.number, password=PASSWORD)

    page = visitor.submit(code=vanida.code())

    assert (page.status_code, "Location" in page.headers) == (422, False)


def test_the_cookie_of_a_session_is_of_this_host_alone_and_out_of_reach(
    visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    visitor.sign_in(edocument, somphone)
    set_here = [line for line in visitor.page.headers.getlist("Set-Cookie") if line.startswith(SESSION)]

    assert len(set_here) == 1
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(set_here[0].split("; "))
    assert "Domain" not in set_here[0]
