"""A machine that many people use: each signs in for himself, and whoever comes next finds nobody."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from idp.sessions import ended_because, live
from idp.tables import Session, SessionEnd
from ledger.ledger import Ledger
from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.test_pushed import Strict, signed_in
from tests.idp.visitor import ISSUER, PASSWORD, Person, Service, Visitor


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


def asked_for_consent(visitor: Visitor, kiosk: Strict, somphone: Person) -> str:
    """The page at which he walks away; its address."""
    visitor.get("/authorize", kiosk.begin(visitor))
    visitor.submit(username=somphone.number, password=PASSWORD)
    page = visitor.submit(code=somphone.code())
    assert "shown" in page.text
    found = re.search(r'action="(/consent\?step=[^"]*)"', page.text)
    assert found, page.text
    return found[1]


def test_who_walks_away_from_the_question_is_signed_in_nowhere_else(
    app: Flask, visitor: Visitor, kiosk: Strict, edocument: Service, somphone: Person
) -> None:
    asked_for_consent(visitor, kiosk, somphone)
    handle = visitor.client.get_cookie("__Host-idp-answering", "localhost")
    assert handle is not None
    forged = Visitor(app)
    forged.client.set_cookie("__Host-idp-session", handle.value, domain="localhost", secure=True)

    sessions = visitor.get("/sessions").status_code
    for one in (visitor, forged):
        one.get("/authorize", edocument.ask(prompt="none"))

    assert sessions != 200
    assert visitor.client.get_cookie("__Host-idp-session", "localhost") is None
    assert [one.redirected()["error"] for one in (visitor, forged)] == ["login_required"] * 2


def test_a_session_that_was_there_before_is_not_in_the_browser_of_who_walks_away(
    visitor: Visitor, kiosk: Strict, edocument: Service, somphone: Person
) -> None:
    visitor.sign_in(edocument, somphone)
    asked_for_consent(visitor, kiosk, somphone)

    visitor.get("/authorize", edocument.ask(prompt="none"))

    assert visitor.redirected()["error"] == "login_required"


def test_the_question_ends_by_itself_and_nobody_else_sees_or_answers_it(
    visitor: Visitor, kiosk: Strict, somphone: Person, clock: TurnedClock, ledger: Ledger
) -> None:
    place = asked_for_consent(visitor, kiosk, somphone)
    form = visitor.page
    refresh = form.headers["Refresh"]
    clock.turn(minutes=3)

    late = visitor.submit(answer="agree")
    seen = visitor.get(place)
    with ledger.read() as reading:
        [session] = reading.scalars(select(Session)).all()
        ended, alive = ended_because(reading, session, clock.now()), live(reading, session.id, clock.now())

    assert refresh == f"181; url={place}"
    assert [one.status_code for one in (late, seen)] == [200, 200]
    assert ['name="password"' in one.text for one in (late, seen)] == [True, True]
    assert (ended, alive) == ("session.left", None)


def test_whoever_begins_anew_in_that_browser_ends_what_was_left(
    visitor: Visitor, kiosk: Strict, edocument: Service, somphone: Person, ledger: Ledger
) -> None:
    place = asked_for_consent(visitor, kiosk, somphone)
    visitor.get("/authorize", edocument.ask())

    seen = visitor.get(place)

    with ledger.read() as reading:
        reasons = reading.scalars(select(SessionEnd.reason)).all()
    assert (reasons, 'name="password"' in seen.text) == (["left"], True)
    assert visitor.client.get_cookie("__Host-idp-answering", "localhost") is None


def test_who_answers_in_time_is_asked_again_after_a_reload_or_a_step_sent_twice(
    visitor: Visitor, kiosk: Strict, somphone: Person, clock: TurnedClock
) -> None:
    visitor.get("/authorize", kiosk.begin(visitor))
    visitor.submit(username=somphone.number, password=PASSWORD)
    page = visitor.page
    visitor.submit(code=somphone.code())
    visitor.page = page
    twice = visitor.get(visitor.submit(code=somphone.code()).headers.get("Location", "/consent?step=none"))
    clock.turn(minutes=2)

    visitor.submit(answer="agree")

    assert "shown" in twice.text
    assert "code" in visitor.redirected()


def test_with_a_no_the_session_is_over_at_once(
    visitor: Visitor, kiosk: Strict, somphone: Person, ledger: Ledger
) -> None:
    asked_for_consent(visitor, kiosk, somphone)
    visitor.submit(answer="deny")

    with ledger.read() as reading:
        reasons = reading.scalars(select(SessionEnd.reason)).all()
    assert (reasons, visitor.redirected()["error"]) == (["left"], "access_denied")


def test_what_was_agreed_to_lives_on_without_the_browser(
    app: Flask, visitor: Visitor, kiosk: Strict, somphone: Person, clock: TurnedClock
) -> None:
    asked_for_consent(visitor, kiosk, somphone)
    visitor.submit(answer="agree")
    tokens = kiosk.redeem(visitor.redirected()["code"], DPoP=kiosk.proof("/token")).get_json()
    clock.turn(minutes=4)

    token = tokens["access_token"]
    proof = kiosk.proof("/userinfo", "GET", token)
    told = app.test_client().get(
        "/userinfo", base_url=ISSUER, headers={"Authorization": f"DPoP {token}", "DPoP": proof}
    )

    assert told.status_code == 200
