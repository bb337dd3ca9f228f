"""A person with a browser that has no script: signs in, agrees, and stops where the service begins."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from time import sleep
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import pyotp

from ledger.clock import SystemClock
from scripts.story.browser import Browser, Form, Page
from tests.conformance.description import Account, Provider

_AGREE = {"agree", "allow", "accept", "continue"}
_DENY = {"deny", "cancel", "abort", "refuse"}
_SIGN_OUT = {"sign-out", "logout", "log-out", "yes"}
_REFRESH = re.compile(r'<meta http-equiv="refresh" content="\d+; ?url=([^"]*)"', re.IGNORECASE)
_PAGES = 8
_STEP = 30
_shown: dict[str, int] = {}
"""The last step whose one-time code an account has shown: no code is shown twice."""


@dataclass(frozen=True)
class Answer:
    """What came of an authorization request: parameters for the service, or a page that was the end."""

    by: str
    """`query`, `form_post` or `page`."""
    pairs: Sequence[tuple[str, str]]
    page: Page
    asked: int
    """How often the person had to show who he is."""

    @property
    def parameters(self) -> dict[str, str]:
        return dict(self.pairs)


@dataclass
class Visitor:
    """One browser. The person signs in by certificate where he has one, unless `by_password`."""

    provider: Provider
    by_password: bool = False
    account: Account = field(init=False)
    seen: list[Page] = field(init=False, default_factory=list)
    """Every page of the last request, in order."""

    def __post_init__(self) -> None:
        self.account = self.provider.accounts[0]
        self.browser = Browser(self.provider.authority, self.account.certificate)

    def authorize(
        self, parameters: Mapping[str, str], *, stop_at: str = "", by_post: bool = False, agree: bool = True
    ) -> Answer:
        """The answer to the authorization request, whatever the person had to do for it."""
        endpoint = self.provider.metadata["authorization_endpoint"]
        away = _origin(stop_at or parameters["redirect_uri"])
        if by_post:
            page = self.browser.submit(_nowhere(endpoint), Form(endpoint, "POST"), parameters, away)
        else:
            page = self.browser.open(f"{endpoint}?{urlencode(parameters)}", away)
        return self.onward(page, away, agree=agree)

    def follow(self, url: str, stop_at: str) -> Answer:
        """The answer to the authorization request that a service put together as this URL."""
        away = _origin(stop_at)
        return self.onward(self.browser.open(url, away), away, agree=True)

    def look(self, parameters: Mapping[str, str]) -> Page:
        """The first page that the request shows; nothing is done there."""
        endpoint = self.provider.metadata["authorization_endpoint"]
        return self.browser.open(f"{endpoint}?{urlencode(parameters)}", _origin(parameters["redirect_uri"]))

    def sign_out(self, parameters: Mapping[str, str], stop_at: str) -> Page:
        """Where the browser is in the end after the end-session endpoint, and after `yes` to its question."""
        return self.leave(f"{self.provider.metadata['end_session_endpoint']}?{urlencode(parameters)}", stop_at)

    def leave(self, url: str, stop_at: str) -> Page:
        """As `sign_out`, at the end-session endpoint with parameters as a service put them together."""
        away = _origin(stop_at)
        page = self.browser.open(url, away)
        self.seen = [page]
        for form in page.forms:
            if _SIGN_OUT & {value.lower() for value in form.fields.values()}:
                page = self.browser.submit(page, form, {}, away)
                self.seen.append(page)
        onward = _REFRESH.search(page.text)
        return self.browser.open(urljoin(page.url, unescape(onward[1])), away) if onward else page

    def onward(self, page: Page, away: str, *, agree: bool) -> Answer:
        """The answer after all there is to do from this page on, until the browser is at `away`."""
        self.seen, asked = [], 0
        for _ in range(_PAGES):
            self.seen.append(page)
            if page.status == 0:
                return Answer("query", parse_qsl(urlsplit(page.url).query, keep_blank_values=True), page, asked)
            posted = [form for form in page.forms if form.action.startswith(away)]
            if posted:
                return Answer("form_post", list(posted[0].fields.items()), page, asked)
            following = self._step(page, away, agree=agree)
            if following is None:
                break
            asked += any("current-password" in form.by_purpose for form in page.forms)
            page = following
        return Answer("page", (), page, asked)

    def _step(self, page: Page, away: str, *, agree: bool) -> Page | None:
        """The page after what there was to do on this one; None when there was nothing."""
        for form in page.forms:
            if "current-password" in form.by_purpose:
                return self._show_who(page, form, away)
            if "one-time-code" in form.by_purpose:
                return self.browser.submit(page, form, {"one-time-code": _code(self.account)}, away)
            words = {value.lower(): name for name, value in _buttons(page)}
            if _AGREE & set(words):
                word = next(iter((_AGREE if agree else _DENY) & set(words)))
                return self.browser.submit(page, form, {words[word]: word}, away)
        return None

    def _show_who(self, page: Page, form: Form, away: str) -> Page:
        door = self.provider.certificate_door
        if door and self.account.certificate and not self.by_password:
            link = next(word for word in page.text.split('"') if word.startswith(door))
            return self.browser.open(unescape(link), away)
        values = {"username": self.account.username, "current-password": self.account.password}
        return self.browser.submit(page, form, values, away)


def _code(account: Account) -> str:
    """A one-time code that was not shown yet, at most one step ahead of the time."""
    step = max(_shown.get(account.username, 0) + 1, _now() // _STEP - 1)
    while step > _now() // _STEP + 1:
        sleep(0.5)
    _shown[account.username] = step
    return pyotp.TOTP(account.totp_secret or "").at(step * _STEP)


def _now() -> int:
    return int(SystemClock().now().timestamp())


def _buttons(page: Page) -> list[tuple[str, str]]:
    """Name and value of every button of the page."""
    tags = re.findall(r"<(?:button|input)\b[^>]*>", page.text)
    pairs = [(re.search(r'\bname="([^"]*)"', tag), re.search(r'\bvalue="([^"]*)"', tag)) for tag in tags]
    return [(name[1], value[1]) for name, value in pairs if name and value]


def _origin(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}/"


def _nowhere(url: str) -> Page:
    return Page(url, 200, "", {}, ())
