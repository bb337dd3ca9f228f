"""Consents have an end; the person sees them, takes them back, and what was given is dead at once."""

from flask import Flask

from idp.consents import NOTHING_SAID, word_of
from idp.policy import CONSENT_LIFE
from idp.provider import Provider
from tests.doubles import TurnedClock
from tests.idp.test_own_sessions import own_pages
from tests.idp.visitor import ISSUER, PASSWORD, Person, Service, Visitor

__all__ = ["own_pages"]


def agree(visitor: Visitor, service: Service, person: Person) -> str:
    """The code that the service gets after the person has signed in and agreed."""
    visitor.get("/authorize", service.ask())
    visitor.submit(username=person.number, password=PASSWORD)
    visitor.submit(code=person.code())
    visitor.submit(answer="agree")
    return visitor.redirected()["code"]


def test_a_consent_is_asked_for_again_when_its_time_is_over(
    visitor: Visitor, provider: Provider, library: Service, somphone: Person, clock: TurnedClock
) -> None:
    agree(visitor, library, somphone)
    own = (somphone.account.account_id, library.client.client_id)

    with provider.ledger.read() as reading:
        just = word_of(reading, *own, clock.now())
        over = word_of(reading, *own, clock.now() + CONSENT_LIFE)

    assert "name" in just.given
    assert over == NOTHING_SAID


def test_the_person_sees_what_was_agreed_and_takes_it_back(
    app: Flask, visitor: Visitor, library: Service, somphone: Person
) -> None:
    tokens = library.redeem(app, agree(visitor, library, somphone)).get_json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    before = app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer).status_code

    seen = visitor.get("/consents").text
    visitor.submit(client=library.client.client_id)
    empty = visitor.get("/consents").text

    after = app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer).status_code
    assert (before, after) == (200, 401)
    assert library.refresh(app, tokens["refresh_token"]).status_code == 400
    assert library.client.client_id in seen
    assert library.client.client_id not in empty
    assert "<button" in visitor.get("/authorize", library.ask()).text


def test_what_is_agreed_anew_counts_anew(
    app: Flask, visitor: Visitor, library: Service, somphone: Person, clock: TurnedClock
) -> None:
    agree(visitor, library, somphone)
    visitor.get("/consents")
    visitor.submit(client=library.client.client_id)
    clock.turn(seconds=1)
    visitor.get("/authorize", library.ask())

    visitor.submit(answer="agree")

    assert library.redeem(app, visitor.redirected()["code"]).status_code == 200


def test_nobody_sees_or_changes_consents_without_a_session(
    app: Flask, visitor: Visitor, provider: Provider, library: Service, somphone: Person
) -> None:
    agree(visitor, library, somphone)
    stranger = Visitor(app)

    read = stranger.get("/consents").status_code
    write = stranger.post("/consents", {"client": library.client.client_id}).status_code

    with provider.ledger.read() as reading:
        kept = word_of(reading, somphone.account.account_id, library.client.client_id, provider.ledger.clock.now())
    assert read == 403
    assert write in {400, 403}
    assert kept.given


def test_who_is_not_signed_in_is_led_there_and_back_and_who_does_not_want_to_is_let_go(
    visitor: Visitor, own_pages: Service, somphone: Person
) -> None:
    asked = visitor.get(visitor.get("/consents").headers["Location"]).status_code
    visitor.submit(action="cancel")
    cancelled = visitor.get(visitor.page.headers["Location"])
    visitor.get(visitor.get("/consents").headers["Location"])
    visitor.submit(username=somphone.number, password=PASSWORD)
    back = visitor.get(visitor.submit(code=somphone.code()).headers["Location"])

    assert (asked, cancelled.status_code) == (200, 403)
    assert "elsewhere.not-signed-in" in cancelled.text
    assert (back.status_code, back.headers["Location"]) == (303, "/consents")
