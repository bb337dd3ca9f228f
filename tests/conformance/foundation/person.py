"""The person at the browser: signs in, agrees or not, signs out; and what the suite's own pages do by script."""

import json
import re
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import requests

from scripts.story.browser import Form, Page
from tests.conformance.description import Provider
from tests.conformance.foundation.suite import Address
from tests.conformance.visitor import Visitor

_HANDS_ON = re.compile(r"xhr\.open\('POST', (\"[^\"]*\")")
_FRAMES = re.compile(r'<iframe[^>]*\bsrc="([^"]*)"')
REFUSES = ("user-rejects-authentication",)
"""Modules in which the person is to press cancel."""
COMES_TWICE = ("par-ensure-reused-request-uri-prior-to-auth-completion-succeeds",)
"""Modules in which he looks at the first page, and signs in when he comes again."""


@dataclass
class Person:
    """Somebody whom nobody knows yet, for one run of the module of this name."""

    provider: Provider
    suite: str
    """The suite's origin."""
    module: str
    visitor: Visitor = field(init=False)
    _came: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.visitor = Visitor(self.provider)
        self._plain = requests.Session()
        self._plain.trust_env = False
        self._plain.verify = str(self.provider.authority)

    def go(self, address: Address) -> None:
        """Goes there, does what there is to do, and is back at the suite where it leads there."""
        if address.url.startswith(self._away):
            self._at_suite(address.url)
        elif address.url.startswith(self.provider.metadata["end_session_endpoint"]):
            self._sign_out(address.url)
        else:
            self._authorize(address)

    @property
    def _away(self) -> str:
        return self.suite + "/"

    def _authorize(self, address: Address) -> None:
        self._came += 1
        page = self._opened(address)
        if self.module.endswith(COMES_TWICE) and self._came == 1:
            return
        if self.module.endswith(REFUSES):
            page = self._refused(page)
        answer = self.visitor.onward(page, self._away, agree=True)
        if answer.by == "query":
            self._arrive(answer.page.url)
        elif answer.by == "form_post":
            form = next(form for form in answer.page.forms if form.action.startswith(self._away))
            self._hand_on(self._plain.post(form.action, data=form.fields, timeout=60))

    def _opened(self, address: Address) -> Page:
        if address.method != "POST":
            return self.visitor.browser.open(address.url, self._away)
        parts = urlsplit(address.url)
        endpoint = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
        values = dict(parse_qsl(parts.query, keep_blank_values=True))
        return self.visitor.browser.submit(Page(endpoint, 200, "", {}, ()), Form(endpoint, "POST"), values, self._away)

    def _refused(self, page: Page) -> Page:
        for form in page.forms:
            if "cancel" in page.text and form.fields:
                return self.visitor.browser.submit(page, form, {"action": "cancel"}, self._away)
        return page

    def _sign_out(self, url: str) -> None:
        page = self.visitor.leave(url, self._away)
        for source in (unescape(one) for seen in self.visitor.seen for one in _FRAMES.findall(seen.text)):
            if source.startswith(self._away):
                self._plain.get(source, timeout=60)
        if page.status == 0:
            self._arrive(page.url)

    def _at_suite(self, url: str) -> None:
        """An address of the suite itself, which may send the browser on to the provider."""
        answer = self._plain.get(url, allow_redirects=False, timeout=60)
        if not answer.is_redirect:
            self._hand_on(answer)
        else:
            self.go(Address(answer.headers["Location"], "GET"))

    def _arrive(self, url: str) -> None:
        self._hand_on(self._plain.get(url, timeout=60))

    def _hand_on(self, answer: requests.Response) -> None:
        """The script of the suite's page sends it what came behind `#`: with a code there is nothing."""
        if found := _HANDS_ON.search(answer.text):
            plain = {"Content-Type": "text/plain"}
            self._plain.post(json.loads(found[1]), data="", headers=plain, timeout=60)
