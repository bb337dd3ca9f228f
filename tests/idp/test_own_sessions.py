"""The person sees where he is signed in: browsers and devices; and ends what he does not want."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from idp.provider import Provider
from idp.tables import Session
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.test_elsewhere import agreed
from tests.idp.visitor import ISSUER, Person, Service, Visitor


@pytest.fixture
def own_pages(desk: Desk) -> Service:
    return service(desk, 8443, name_en="Requests to you", redirect_uris=(f"{ISSUER}/approve/back",))


def seen(visitor: Visitor) -> list[str]:
    page = visitor.get("/sessions?lang=en").text
    return re.findall(r"<h2>(.*?)</h2>", page)


def end_one(visitor: Visitor) -> int:
    """The first one that can be ended is."""
    return visitor.submit(session=re.findall(r'name="session" value="([^"]*)"', visitor.page.text)[0]).status_code


def test_a_browser_and_a_device_are_seen_and_each_can_be_ended(
    app: Flask, visitor: Visitor, own_pages: Service, edocument: Service, library: Service, somphone: Person
) -> None:
    code = agreed(app, visitor, library, somphone)
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": code}
    tokens = library.post(app, "/token", form).get_json()
    other = Visitor(app)
    other.sign_in(edocument, somphone)

    before = seen(visitor)
    ended = [end_one(visitor), *(end_one(visitor) for _ in [seen(visitor)])]
    after = seen(visitor)
    other.get("/authorize", edocument.ask(prompt="none"))

    assert sorted(before) == ["A device that you let in by its code", "Another browser", "This browser"]
    assert ended == [303, 303]
    assert after == ["This browser", "Ended in the last hour"]
    assert library.refresh(app, tokens["refresh_token"]).status_code == 400
    assert other.redirected()["error"] == "login_required"


def test_all_others_end_at_once_and_this_one_stays(
    app: Flask, visitor: Visitor, own_pages: Service, edocument: Service, somphone: Person
) -> None:
    others = [Visitor(app) for _ in range(3)]
    for one in (*others, visitor):
        one.sign_in(edocument, somphone)
    visitor.get("/sessions")
    tokens = re.findall(r'name="form_token" value="([^"]*)"', visitor.page.text)

    visitor.post("/sessions", {"form_token": tokens[-1], "session": "others"})
    after = seen(visitor)
    others[0].get("/authorize", edocument.ask(prompt="none"))

    assert after[0] == "This browser"
    assert "Another browser" not in after
    assert others[0].redirected()["error"] == "login_required"


def test_nobody_ends_the_session_of_another_person(
    app: Flask,
    visitor: Visitor,
    own_pages: Service,
    edocument: Service,
    somphone: Person,
    vanida: Person,
    provider: Provider,
) -> None:
    victim, mine = Visitor(app), Visitor(app)
    victim.sign_in(edocument, somphone)
    visitor.sign_in(edocument, vanida)
    mine.sign_in(edocument, vanida)
    with provider.ledger.read() as reading:
        victims = reading.scalars(select(Session.id).where(Session.person_id == somphone.id)).one()

    answers = []
    for named in (victims, "", "\x00", "0" * 36):
        visitor.get("/sessions")
        answers.append(visitor.submit(session=named).status_code)
    victim.get("/authorize", edocument.ask(prompt="none"))

    assert answers == [404] * 4
    assert "code" in victim.redirected()


def test_who_is_not_signed_in_is_sent_to_sign_in_and_comes_back(
    app: Flask, visitor: Visitor, own_pages: Service, somphone: Person
) -> None:
    asked = visitor.get("/sessions")
    back = visitor.get("/approve/back?state=sessions")

    assert asked.headers["Location"].startswith(f"{ISSUER}/authorize?")
    assert (back.status_code, back.headers["Location"]) == (303, "/sessions")
