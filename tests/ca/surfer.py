"""A browser without script between two applications of ours, each behind an origin of its own; no socket is opened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient

from scripts.story.browser import Form, Page
from web.relying_party import Answer

_MOST_REDIRECTS = 12


@dataclass
class Surfer:
    """Keeps the cookies of each origin, and follows redirects from one to another."""

    apps: Mapping[str, Flask]
    language: str = "en"
    clients: dict[str, FlaskClient] = field(default_factory=dict)

    def open(self, url: str, stop_at: str | None = None) -> Page:
        """The page at `url` after all redirects; at an address that begins with `stop_at` nobody is asked."""
        return self._go("GET", url, {}, stop_at)

    def submit(self, page: Page, form: Form, values: Mapping[str, str], stop_at: str | None = None) -> Page:
        """The page that comes of the form with `values` put in, by purpose or by name."""
        filled = form.fields | {form.by_purpose.get(name, name): value for name, value in values.items()}
        return self._go(form.method, urljoin(page.url, form.action or page.url), filled, stop_at)

    def at(self, url: str) -> FlaskClient:
        """The browser's other half at the origin of `url`: its cookies there."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        return self.clients.setdefault(origin, self.apps[origin].test_client())

    def _go(self, method: str, url: str, values: Mapping[str, str], stop_at: str | None) -> Page:
        passed = [url]
        for _ in range(_MOST_REDIRECTS):
            if stop_at and url.startswith(stop_at):
                return Page(url, 0, "", {}, tuple(passed))
            parts = urlsplit(url)
            answer = self.at(url).open(
                parts.path, base_url=f"{parts.scheme}://{parts.netloc}", method=method,
                query_string=values if method == "GET" and values else parts.query,
                data=values if method == "POST" else None,
                headers={"Accept": "text/html", "Accept-Language": self.language},
            )  # fmt: skip
            if answer.status_code not in {302, 303}:
                return Page(url, answer.status_code, answer.text, dict(answer.headers), tuple(passed))
            url = urljoin(url, answer.headers["Location"])
            passed.append(url)
            method, values = "GET", {}
        raise LookupError(" -> ".join(passed))


@dataclass(frozen=True)
class Inside:
    """Reaches the provider's application without a network, as `web.relying_party.Fetcher` does with one."""

    app: Flask

    def get(self, url: str) -> Answer:
        answer = self.app.test_client().get(url)
        return Answer(answer.status_code, answer.mimetype or "", answer.data)

    def post(self, url: str, body: bytes, content_type: str) -> Answer:
        answer = self.app.test_client().post(url, data=body, content_type=content_type)
        return Answer(answer.status_code, answer.mimetype or "", answer.data)
