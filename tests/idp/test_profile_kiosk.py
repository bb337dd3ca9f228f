"""A machine that many people use: each signs in for himself, and whoever comes next finds nobody."""

import pytest
from flask import Flask

from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.test_pushed import Strict, signed_in
from tests.idp.visitor import PASSWORD, Person, Service, Visitor


@pytest.fixture
def kiosk(app: Flask, desk: Desk, clock: TurnedClock) -> Strict:
    made = Strict(app, None, clock)  # type: ignore[arg-type]
    made.service = service(
        desk, 8461, profile="kiosk", auth_method="private_key_jwt", jwks=made.holder.jwks, first_party=False
    )
    return made


@pytest.mark.parametrize("answer", ["agree", "deny"])
def test_whoever_comes_next_is_nobody_yet(
    visitor: Visitor, kiosk: Strict, edocument: Service, somphone: Person, answer: str
) -> None:
    visitor.get("/authorize", kiosk.begin(visitor))
    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.submit(code=somphone.code())
    visitor.submit(answer=answer)
    first = visitor.redirected()

    again = visitor.get("/authorize", kiosk.begin(visitor))
    visitor.get("/authorize", edocument.ask(prompt="none"))

    assert ("code" in first) == (answer == "agree")
    assert again.status_code == 200
    assert visitor.redirected()["error"] == "login_required"


def test_nobody_is_signed_in_there_by_what_another_service_left(
    visitor: Visitor, kiosk: Strict, edocument: Service, somphone: Person
) -> None:
    visitor.sign_in(edocument, somphone)

    asked = visitor.get("/authorize", kiosk.begin(visitor))
    visitor.get("/authorize", kiosk.begin(visitor, prompt="none"))

    assert asked.status_code == 200
    assert visitor.redirected()["error"] == "login_required"


def test_who_agreed_before_signs_in_and_his_tokens_live_without_the_browser(
    app: Flask, visitor: Visitor, kiosk: Strict, somphone: Person
) -> None:
    visitor.get("/authorize", kiosk.begin(visitor))
    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.submit(code=somphone.code())
    visitor.submit(answer="agree")
    code = signed_in(visitor, somphone, kiosk.begin(visitor))["code"]

    tokens = kiosk.redeem(code, DPoP=kiosk.proof("/token"))

    assert tokens.status_code == 200
    assert "refresh_token" not in tokens.get_json()
    assert visitor.get("/sessions").status_code != 200
