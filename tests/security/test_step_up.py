"""RFC 9470: a resource asks for more, the service asks us for it, and the token says what was really shown."""

import pytest
from flask import Flask

from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.test_pushed import Strict
from tests.idp.test_walk import claims_of
from tests.idp.visitor import PASSWORD, Person, Service, Visitor

pytestmark = pytest.mark.sqlite_only("levels are the same whatever the database is")
ONE, TWO = "urn:laotrust:acr:1", "urn:laotrust:acr:2"


def low(desk: Desk) -> Service:
    """A service that is content with a password."""
    return service(desk, 8468, minimum_level=1)


def with_password(visitor: Visitor, of: Service, person: Person) -> str:
    visitor.get("/authorize", of.ask())
    visitor.submit(username=person.number, password=PASSWORD)
    return visitor.redirected()["code"]


def acr_of(app: Flask, of: Service, code: str) -> tuple[object, object]:
    tokens = of.redeem(app, code).get_json()
    said = of.post(app, "/introspect", {"token": tokens["access_token"]}).get_json()
    return claims_of(tokens)["acr"], said["acr"]


def test_who_showed_a_password_alone_is_asked_for_the_rest_when_a_service_wants_more(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person
) -> None:
    own = low(desk)
    before = acr_of(app, own, with_password(visitor, own, somphone))
    asked = visitor.get("/authorize", own.ask(claims='{"id_token":{"acr":{"essential":true,"value":"' + TWO + '"}}}'))
    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.submit(code=somphone.code())
    after = acr_of(app, own, visitor.redirected()["code"])

    assert (before, asked.status_code, after) == ((ONE, ONE), 200, (TWO, TWO))


def test_more_is_never_given_without_being_shown(visitor: Visitor, desk: Desk, somphone: Person) -> None:
    own = low(desk)
    with_password(visitor, own, somphone)
    wanted = '{"id_token":{"acr":{"essential":true,"value":"' + TWO + '"}}}'

    visitor.get("/authorize", own.ask(claims=wanted, prompt="none"))
    silent = visitor.redirected()
    visitor.get("/authorize", own.ask(claims=wanted.replace("acr:2", "acr:3")))
    never = visitor.redirected()

    assert "code" not in silent
    assert never["error"] == "unmet_authentication_requirements"


def test_what_was_shown_too_long_ago_is_shown_again_and_the_token_says_when(
    app: Flask, visitor: Visitor, gov: Strict, somphone: Person, clock: TurnedClock
) -> None:
    first = gov.redeem(signed(visitor, somphone, gov.begin(visitor))).get_json()
    clock.turn(minutes=10)
    page = visitor.get("/authorize", gov.begin(visitor, max_age="300"))
    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.submit(code=somphone.code())
    second = gov.redeem(visitor.redirected()["code"]).get_json()

    assert page.status_code == 200
    assert int(str(claims_of(second)["auth_time"])) >= int(str(claims_of(first)["auth_time"])) + 600


def signed(visitor: Visitor, person: Person, asked: dict[str, str]) -> str:
    visitor.get("/authorize", asked)
    visitor.submit(username=person.number, password=PASSWORD)
    visitor.submit(code=person.code())
    return visitor.redirected()["code"]


def test_a_token_of_before_the_step_up_keeps_saying_what_it_was(
    app: Flask, visitor: Visitor, desk: Desk, edocument: Service, somphone: Person
) -> None:
    own = low(desk)
    tokens = own.redeem(app, with_password(visitor, own, somphone)).get_json()
    visitor.sign_in(edocument, somphone)
    said = own.post(app, "/introspect", {"token": tokens["access_token"]}).get_json()
    refreshed = own.refresh(app, tokens["refresh_token"]).get_json()

    assert said["acr"] == ONE
    assert claims_of(refreshed)["acr"] == ONE
