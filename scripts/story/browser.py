"""A browser without JavaScript: cookies, redirects one by one, and forms filled by what their fields say they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import requests

_MOST_REDIRECTS = 12


@dataclass
class Form:
    """A form of a page: where it goes, and its fields with the values that they have now."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    by_purpose: dict[str, str] = field(default_factory=dict)
    """`username`, `current-password`, `one-time-code` … (the autocomplete attribute) to the field's name."""


@dataclass(frozen=True)
class Page:
    """What came back in the end, and the addresses that were passed on the way."""

    url: str
    status: int
    text: str
    headers: Mapping[str, str]
    passed: tuple[str, ...]

    @property
    def forms(self) -> list[Form]:
        """The page's forms, in order."""
        reader = _Forms()
        reader.feed(self.text)
        return reader.forms

    def form_with(self, purpose: str) -> Form:
        """The form that has a field of this purpose. Raises LookupError with the beginning of the page."""
        for form in self.forms:
            if purpose in form.by_purpose:
                return form
        raise LookupError(f"{self.url} ({self.status}) has no form with {purpose}: {self.text[:300]}")


class Browser:
    """One person's browser. `certificate` is (certificate file, key file) for servers that ask for one."""

    def __init__(self, authority: Path, certificate: tuple[Path, Path] | None = None) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(authority)
        self.session.headers["Accept"] = "text/html,*/*;q=0.5"
        self.session.headers["Accept-Language"] = "lo"
        if certificate:
            self.session.cert = (str(certificate[0]), str(certificate[1]))

    def open(self, url: str, stop_at: str | None = None) -> Page:
        """The page at `url`, after all redirects; at an address that begins with `stop_at` nobody is asked."""
        return self._go("GET", url, {}, stop_at)

    def submit(self, page: Page, form: Form, values: Mapping[str, str], stop_at: str | None = None) -> Page:
        """The page that comes of the form with `values` put in, by purpose or by name."""
        filled = form.fields | {form.by_purpose.get(name, name): value for name, value in values.items()}
        return self._go(form.method, urljoin(page.url, form.action or page.url), filled, stop_at)

    def upload(self, page: Page, form: Form, field_name: str, document: bytes) -> Page:
        """The page that comes of the form with a file put in."""
        sent = {field_name: ("document.pdf", document, "application/pdf")}
        url = urljoin(page.url, form.action or page.url)
        values = {name: value for name, value in form.fields.items() if name != field_name}
        answer = self.session.post(url, data=values, files=sent, allow_redirects=False, timeout=60)
        return Page(url, answer.status_code, answer.text, answer.headers, (url,))

    def _go(self, method: str, url: str, values: Mapping[str, str], stop_at: str | None) -> Page:
        passed = [url]
        for _ in range(_MOST_REDIRECTS):
            if stop_at and url.startswith(stop_at):
                return Page(url, 0, "", {}, tuple(passed))
            sent = {"data": dict(values)} if method == "POST" else {"params": dict(values)} if values else {}
            answer = self.session.request(method, url, allow_redirects=False, timeout=15, **sent)  # type: ignore[arg-type]
            if not answer.is_redirect:
                return Page(url, answer.status_code, answer.text, answer.headers, tuple(passed))
            url = urljoin(url, answer.headers["Location"])
            passed.append(url)
            method, values = "GET", {}
        raise LookupError(f"too many redirects: {' -> '.join(passed)}")


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").upper()))
        elif tag in {"input", "button"} and self.forms and given.get("name"):
            self._field(self.forms[-1], tag, given)

    def _field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given["name"]
        pressed = given.get("type") == "submit" or tag == "button"
        unticked = given.get("type") in {"checkbox", "radio"} and "checked" not in given
        if not unticked and not (pressed and name in form.fields):
            form.fields.setdefault(name, given.get("value", ""))
        for purpose in given.get("autocomplete", "").split():
            form.by_purpose.setdefault(purpose, name)
        if given.get("type") == "password":
            form.by_purpose.setdefault("current-password", name)
