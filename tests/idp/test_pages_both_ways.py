"""A page by the short way is octet for octet what Flask's way says, but for what is random and for the second."""

import gzip
import re
from urllib.parse import urlencode

import pytest
from flask import Flask

from tests.idp.test_pages_in_rounds import Browser
from tests.idp.visitor import PASSWORD, Person, Service
from web.bridge import called
from web.loop_serving import Asked, Leaving

_PASSING = re.compile(
    rb"(?<=form_token. value=.)[\w-]+|(?<=-form=)[\w-]+|(?<=-session=)[\w-]+|(?<=browser=)[0-9a-f]{64}|"
    rb"(?<=Expires=)[^;]+|(?<=code=)[\w-]{20,}|(?<=step=)[\w-]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)


def by_flask(app: Flask, asked: Asked) -> bytes:
    return called(app, asked.head, asked.body, "https", asked.address)


def by_hand(app: Flask, asked: Asked) -> bytes:
    waiting: Asked | Leaving = asked
    while not isinstance(said := app.extensions["door"].round([waiting])[0], bytes):
        said.run()
        waiting = said
    return said


def alike(app: Flask, asked: Asked) -> bytes:
    """What both say."""
    one, other = (_PASSING.sub(b"*", _unpacked(say(app, asked))) for say in (by_flask, by_hand))
    assert other == one
    return other


def _unpacked(response: bytes) -> bytes:
    """What is random in a page makes it longer or shorter when it is packed."""
    head, end, body = response.partition(b"\r\n\r\n")
    if b"Content-Encoding: gzip" not in head:
        return response
    return re.sub(rb"(?<=Content-Length: )\d+", b"*", head) + end + gzip.decompress(body)


@pytest.fixture
def browser(app: Flask, edocument: Service, somphone: Person) -> Browser:
    """One that was shown the sign-in page."""
    shown = Browser()
    shown.shows(by_flask(app, shown.asks("GET", f"/authorize?{urlencode(edocument.ask())}")))
    return shown


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, b"200 OK"), ({"lang": "en"}, b"200 OK"), ({"ui_locales": "en"}, b"200 OK"), ({"login_hint": "1"}, b"200"),
        ({"prompt": "none"}, b"303"), ({"scope": "profile"}, b"303"), ({"response_mode": "form_post"}, b"200"),
        ({"prompt": "none", "response_mode": "form_post"}, b"200"), ({"redirect_uri": "https://x.la"}, b"400"),
        ({"client_id": "nobody"}, b"400"), ({"state": "\x00"}, b"400"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("more", [(), ("Accept-Encoding: gzip",), ("Accept-Language: en",), ("Cookie: lang=en",)])
def test_both_ways_answer_a_request_alike(
    app: Flask, edocument: Service, changes: dict[str, str], status: bytes, more: tuple[str, ...]
) -> None:
    asked = Browser().asks("GET", f"/authorize?{urlencode(edocument.ask(**changes))}")
    lines = tuple((name.lower(), value) for name, _, value in (line.partition(": ") for line in more))

    said = alike(app, asked._replace(head=asked.head._replace(lines=(*asked.head.lines, *lines))))

    assert said.startswith(b"HTTP/1.1 " + status), said[:200]


def test_the_short_way_is_without_flasks(app: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "wsgi_app", None)

    pages = [by_hand(app, asked) for asked in (browser.submits(username="1", password="x"), browser.submits())]

    assert [page[:12] for page in pages] == [b"HTTP/1.1 422", b"HTTP/1.1 422"]


@pytest.mark.parametrize("typed", [{"username": "1", "password": ""}, {"action": "cancel"}, {"form_token": "another"}])
def test_both_ways_answer_a_form_alike(app: Flask, browser: Browser, typed: dict[str, str]) -> None:
    alike(app, browser.submits(**typed))


def test_both_ways_refuse_a_wrong_password_alike(app: Flask, browser: Browser, somphone: Person) -> None:
    said = alike(app, browser.submits(username=somphone.number, password="not this"))

    assert said.startswith(b"HTTP/1.1 422")


def test_both_ways_begin_the_same_session(app: Flask, browser: Browser, somphone: Person) -> None:
    said = alike(app, browser.submits(username=somphone.number, password=PASSWORD))

    assert b"/sign-in/code?step=*" in said


@pytest.mark.parametrize("line", [("origin", "https://elsewhere.la"), ("sec-fetch-site", "cross-site")])
def test_both_ways_take_no_form_of_another_site(
    app: Flask, browser: Browser, somphone: Person, line: tuple[str, str]
) -> None:
    asked = browser.submits(username=somphone.number, password=PASSWORD)
    foreign = asked._replace(head=asked.head._replace(lines=(*asked.head.lines, line)))

    said = alike(app, foreign)

    assert said.startswith(b"HTTP/1.1 403")


def test_a_host_that_is_not_local_is_told_to_come_by_tls_alone(app: Flask, edocument: Service) -> None:
    asked = Browser().asks("GET", f"/authorize?{urlencode(edocument.ask())}")
    lines = tuple((name, "sso.gov.la" if name == "host" else value) for name, value in asked.head.lines)

    said = alike(app, asked._replace(head=asked.head._replace(lines=lines)))

    assert said.count(b"Strict-Transport-Security") == 1


def test_a_form_that_is_none_goes_flasks_way(app: Flask, browser: Browser) -> None:
    asked = browser.submits(username="1", password="x")
    lines = tuple((name, "text/plain" if name == "content-type" else value) for name, value in asked.head.lines)

    assert alike(app, asked._replace(head=asked.head._replace(lines=lines))).startswith(b"HTTP/1.1 400")


def test_a_fault_is_told_alike(app: Flask, edocument: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("idp.routes.authorize.answer_at_once", broken)

    said = alike(app, Browser().asks("GET", f"/authorize?{urlencode(edocument.ask())}"))

    assert said.startswith(b"HTTP/1.1 500")
