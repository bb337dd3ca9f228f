"""After a logout the person reads which services confirmed it, which were only asked, and which were not reached."""

from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask

from idp.provider import Provider
from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.receiving import Receivers
from tests.idp.test_logout import SIGNED_OUT, id_token
from tests.idp.visitor import Person, Service, Visitor

COOKIE = "__Host-idp-signed-out"


@pytest.fixture
def receivers(tmp_path: Path) -> Receivers:
    return Receivers(tmp_path)


def sign_out(visitor: Visitor) -> str:
    visitor.get("/end-session?lang=en")
    return visitor.submit(answer="sign-out").text


def reached(visitor: Visitor, person: Person, *services: Service) -> None:
    """The person is signed in at all of them."""
    visitor.sign_in(services[0], person)
    for one in services[1:]:
        visitor.get("/authorize", one.ask())


def told(page: str) -> list[str]:
    """The marks of the services, in the order of the page."""
    return [line.split('"')[1] for line in page.splitlines() if line.startswith('<p class="') and "<b>" in line]


def test_who_confirms_who_is_in_trouble_and_who_is_down_are_told_apart(
    visitor: Visitor, provider: Provider, desk: Desk, somphone: Person, receivers: Receivers
) -> None:
    with ExitStack() as open_ones:
        urls = [open_ones.enter_context(receivers.answering(status)) for status in (200, 500, 400)]
        services = [
            service(desk, 8470 + number, backchannel_logout_uri=url)
            for number, url in enumerate([*urls, receivers.nobody(), None])
        ]
        reached(visitor, somphone, *services)
        first = sign_out(visitor)
        receivers.deliver(provider)
        later = visitor.get("/signed-out").text

    assert told(first) == ["held", "held", "held", "held", "bad"]
    assert told(later) == ["good", "held", "bad", "held", "bad"]
    assert "<b>Service 8470</b>: has confirmed that you are signed out there." in later
    assert "<b>Service 8471</b>: was not reached yet. We go on trying for an hour" in later
    assert "<b>Service 8472</b>: did not take it." in later
    assert "<b>Service 8474</b>: cannot be told" in later


def test_the_page_looks_again_by_itself_until_all_is_settled(
    visitor: Visitor, provider: Provider, desk: Desk, somphone: Person, receivers: Receivers
) -> None:
    again = '<meta http-equiv="refresh" content="2; url=/signed-out">'
    with receivers.answering(200) as url:
        reached(visitor, somphone, service(desk, 8470, backchannel_logout_uri=url))
        first = sign_out(visitor)
        receivers.deliver(provider)
    settled = visitor.get("/signed-out").text

    assert (again in first, again in settled) == (True, False)
    assert len(receivers.arrived) == 1


def test_the_page_gives_up_looking_after_half_a_minute_and_says_how_to_look(
    visitor: Visitor, desk: Desk, somphone: Person, receivers: Receivers
) -> None:
    reached(visitor, somphone, service(desk, 8470, backchannel_logout_uri=receivers.nobody()))
    sign_out(visitor)
    somphone.clock.turn(seconds=30)

    page = visitor.get("/signed-out").text

    assert ("http-equiv" in page, 'href="/signed-out">Look again' in page) == (False, True)


def test_a_service_that_is_not_reached_in_the_time_of_its_message_is_said_not_to_have_taken_it(
    visitor: Visitor, desk: Desk, somphone: Person, receivers: Receivers
) -> None:
    reached(visitor, somphone, service(desk, 8470, backchannel_logout_uri=receivers.nobody()))
    sign_out(visitor)
    somphone.clock.turn(minutes=59)
    visitor.sign_in(service(desk, 8475), somphone)
    somphone.clock.turn(seconds=30)

    page = visitor.get("/sessions").text

    assert told(page) == ["bad"]


def test_of_a_service_that_the_browser_asked_nobody_claims_to_know_more(
    visitor: Visitor, desk: Desk, somphone: Person
) -> None:
    framed = service(
        desk, 8470, backchannel_logout_uri=None, frontchannel_logout_uri="https://localhost:8470/frontchannel-logout"
    )
    reached(visitor, somphone, framed)

    page = sign_out(visitor)

    assert "<iframe" in page
    assert "It gives no answer, so we cannot know." in page
    assert "confirmed" not in page


def test_a_service_that_wants_its_person_back_has_him_at_once_and_the_list_stays_within_reach(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    hint = id_token(app, visitor, edocument, somphone)

    gone = visitor.get("/end-session", {"id_token_hint": hint, "post_logout_redirect_uri": SIGNED_OUT})
    page = visitor.get("/signed-out")

    assert (gone.status_code, gone.headers["Location"]) == (303, SIGNED_OUT)
    assert (page.status_code, told(page.text)) == (200, ["held"])


def test_nobody_reads_of_a_session_that_did_not_end_in_his_browser(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    hint = id_token(app, visitor, edocument, somphone)
    stranger = Visitor(app)

    shown = stranger.get("/end-session", {"id_token_hint": hint})

    assert told(shown.text) == []
    assert stranger.get("/signed-out").status_code == 404


@pytest.mark.parametrize("forge", [lambda seal: seal[:-1], lambda seal: seal[:-1] + "g", lambda _: "", str.upper])
def test_a_handle_that_we_did_not_seal_shows_nothing(
    visitor: Visitor, edocument: Service, somphone: Person, forge: "type[str]"
) -> None:
    reached(visitor, somphone, edocument)
    sign_out(visitor)
    cookie = visitor.client.get_cookie(COOKIE, "localhost")
    session_id, _, seal = (cookie.value if cookie else "").partition(".")

    visitor.client.set_cookie(COOKIE, f"{session_id}.{forge(seal)}", domain="localhost", secure=True)

    assert visitor.get("/signed-out").status_code == 404


def test_who_comes_after_or_later_on_a_shared_machine_reads_nothing(
    visitor: Visitor, edocument: Service, somphone: Person, vanida: Person, clock: TurnedClock
) -> None:
    reached(visitor, somphone, edocument)
    sign_out(visitor)
    before = visitor.get("/signed-out").status_code
    clock.turn(minutes=10)
    later = visitor.get("/signed-out").status_code
    reached(visitor, somphone, edocument)
    sign_out(visitor)
    reached(visitor, vanida, edocument)

    assert (before, later, visitor.get("/signed-out").status_code) == (200, 404, 404)
