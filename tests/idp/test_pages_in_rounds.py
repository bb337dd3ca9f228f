"""The pages of a login in company: each browser gets its own, and nobody waits for another's password."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask

from idp.throttle import MOST_IN_WINDOW
from tests.idp.visitor import ISSUER, PASSWORD, VERIFIER, Person, Service
from web.heads import parse_head
from web.loop_serving import Asked, Leaving

_COOKIE = re.compile(r"^Set-Cookie: ([^=;]+)=([^;]*)", re.MULTILINE)


@dataclass
class Browser:
    """What it has, and what it was shown last."""

    cookies: dict[str, str] = field(default_factory=dict)
    status: int = 0
    head: str = ""
    page: str = ""

    def asks(self, method: str, target: str, form: dict[str, str] | None = None) -> Asked:
        body = urlencode(form or {})
        lines = [f"{method} {target} HTTP/1.1", f"Host: {urlsplit(ISSUER).netloc}", "Accept: text/html"]
        lines += ["Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items())]
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"] if body else []
        return Asked(parse_head(("\r\n".join(lines) + "\r\n\r\n").encode()), body.encode(), "127.0.0.1")

    def submits(self, **typed: str) -> Asked:
        form = re.search(r'<form method="post" action="([^"]*)">(.*?)</form>', self.page, re.DOTALL)
        assert form, self.page
        hidden = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form[2]))
        return self.asks("POST", unescape(form[1]), {**hidden, **typed})

    def shows(self, response: bytes) -> None:
        head, _, page = response.partition(b"\r\n\r\n")
        self.head, self.page = head.decode().replace("\r\n", "\n"), page.decode()
        self.status = int(self.head.split(" ")[1])
        self.cookies |= {name: value for name, value in _COOKIE.findall(self.head) if value}

    @property
    def redirected(self) -> dict[str, str]:
        place = re.search(r"^Location: (.*)$", self.head, re.MULTILINE)
        assert place, (self.status, self.page)
        return dict(parse_qsl(urlsplit(place[1]).query))


Together = Callable[[Sequence[tuple[Browser, Asked]]], None]


@pytest.fixture
def together(app: Flask) -> Together:
    """All ask in one round, and are answered in it or after they have reckoned."""

    def ask(pairs: Sequence[tuple[Browser, Asked]]) -> None:
        door = app.extensions["door"]
        asking: list[tuple[Browser, Asked | Leaving]] = list(pairs)
        while asking:
            responses = door.round([one for _, one in asking])
            left = []
            for (browser, _), response in zip(asking, responses, strict=True):
                if isinstance(response, bytes):
                    browser.shows(response)
                else:
                    response.run()
                    left.append((browser, response))
            asking = left

    return ask


def test_people_who_sign_in_at_once_are_each_themselves(
    app: Flask, together: Together, edocument: Service, somphone: Person, vanida: Person
) -> None:
    browsers, people = [Browser(), Browser()], [somphone, vanida]
    start = f"/authorize?{urlencode(edocument.ask())}"
    together([(browser, browser.asks("GET", start)) for browser in browsers])
    signed_in = [(b, b.submits(username=p.number, password=PASSWORD)) for b, p in zip(browsers, people, strict=True)]
    together(signed_in)
    together([(b, b.submits(code=p.code())) for b, p in zip(browsers, people, strict=True)])

    tokens = [
        edocument.redeem(app, browser.redirected["code"], code_verifier=VERIFIER).get_json() for browser in browsers
    ]
    mails = [_mail(app, one["access_token"]) for one in tokens]
    assert [browser.status for browser in browsers] == [303, 303]
    assert mails == ["somphone@mtc.gov.la", "vanida@mof.gov.la"]
    assert len({browser.cookies["__Host-idp-session"] for browser in browsers}) == 2


def test_a_wrong_password_is_refused_and_the_right_one_beside_it_goes_on(
    together: Together, edocument: Service, somphone: Person, vanida: Person
) -> None:
    right, wrong = Browser(), Browser()
    start = f"/authorize?{urlencode(edocument.ask())}"
    together([(one, one.asks("GET", start)) for one in (right, wrong)])

    together([(right, right.submits(username=somphone.number, password=PASSWORD)),
              (wrong, wrong.submits(username=vanida.number, password="not this"))])  # fmt: skip

    assert ("/sign-in/code" in right.page, "/sign-in/code" in wrong.page) == (True, False)


def test_nobody_waits_for_anothers_password(
    app: Flask, together: Together, edocument: Service, somphone: Person
) -> None:
    browser, other = Browser(), Browser()
    start = f"/authorize?{urlencode(edocument.ask())}"
    together([(browser, browser.asks("GET", start))])

    password = browser.submits(username=somphone.number, password=PASSWORD)
    left, answered = app.extensions["door"].round([password, other.asks("GET", start)])

    assert not isinstance(left, bytes)
    assert answered.startswith(b"HTTP/1.1 200 OK\r\n")


def test_guesses_at_once_take_no_more_attempts_than_there_are(
    together: Together, edocument: Service, somphone: Person
) -> None:
    browsers = [Browser() for _ in range(MOST_IN_WINDOW + 3)]
    start = f"/authorize?{urlencode(edocument.ask())}"
    together([(one, one.asks("GET", start)) for one in browsers])

    together([(one, one.submits(username=somphone.number, password="a guess")) for one in browsers])
    late = Browser()
    together([(late, late.asks("GET", start))])
    together([(late, late.submits(username=somphone.number, password=PASSWORD))])

    statuses = [one.status for one in browsers]
    assert (statuses.count(429), late.status) == (3, 429)


def test_a_name_that_no_database_takes_troubles_nobody_else(
    together: Together, edocument: Service, somphone: Person
) -> None:
    odd, usual = Browser(), Browser()
    start = f"/authorize?{urlencode(edocument.ask())}"
    together([(one, one.asks("GET", start)) for one in (odd, usual)])

    together([(odd, odd.submits(username="1\0", password="x")),
              (usual, usual.submits(username=somphone.number, password=PASSWORD))])  # fmt: skip

    assert (odd.status, "/sign-in/code" in usual.page) == (422, True)


@pytest.mark.parametrize(
    ("method", "target", "shared"),
    [
        ("GET", "/authorize?client_id=x", True), ("POST", "/sign-in?step=x", True), ("POST", "/par", True),
        ("GET", "/authorize?request_uri=urn:ietf:params:oauth:request_uri:x", True), ("GET", "/sessions", False),
        ("GET", "/authorize?client_id=x&request=ey", False), ("GET", "/authorize?request_uri=https://x/y", False),
        ("POST", "/authorize", False), ("POST", "//sign-in", False),
    ],
)  # fmt: skip
def test_the_pages_of_a_login_are_shared_unless_they_might_fetch(
    app: Flask, method: str, target: str, shared: bool
) -> None:
    assert app.extensions["door"].shares(method, target) is shared


def _mail(app: Flask, token: str) -> str:
    found = app.test_client().get("/userinfo", base_url=ISSUER, headers={"Authorization": f"Bearer {token}"})
    return str(found.get_json()["email"])
