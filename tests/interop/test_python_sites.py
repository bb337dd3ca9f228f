"""Flask with Authlib and Django with mozilla-django-oidc, set up as the guide says, served by gunicorn over TLS."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from urllib.parse import parse_qs, urlsplit

import pytest

from scripts.story.browser import Form, Page
from tests.conformance.description import Provider
from tests.conformance.visitor import Visitor
from tests.interop.ready_made import (
    listens,
    registered,
    shown_in_guide,
    sign_in,
    site_at_free_port,
    soon,
    write_certificate,
)

pytestmark = pytest.mark.sqlite_only("other people's software is what is tried here")
DJANGO = Path(__file__).parent / "sites" / "django_site.py"


@dataclass
class Site:
    """A site at work, and the browser of somebody who comes to it."""

    url: str
    visitor: Visitor

    def leave(self, page: Page, form: Form) -> Page:
        """Where the browser is in the end after the site's own way out."""
        self.visitor.browser.session.headers["Referer"] = page.url  # Django looks at it, and a browser sends it
        sent = self.visitor.browser.submit(page, form, {}, self.visitor.provider.issuer)
        assert sent.url.startswith(self.visitor.provider.issuer), sent.text
        return self.visitor.leave(sent.url, self.url)

    def is_asked_who_comes(self, address: str) -> bool:
        """Whether who opens the page has to show who she is."""
        page = self.visitor.browser.open(address)
        return any("current-password" in form.by_purpose for form in page.forms)


@contextmanager
def gunicorn(folder: Path, port: int, application: str, provider: Provider) -> Iterator[None]:
    write_certificate(provider, folder)
    command = [
        sys.executable, "-m", "gunicorn", "--no-control-socket", "--threads", "2", "--log-level", "warning",
        "--bind", f"127.0.0.1:{port}", "--certfile", "site.pem", "--keyfile", "site.key", application,
    ]  # fmt: skip
    environment = os.environ | {"REQUESTS_CA_BUNDLE": str(provider.authority), "PYTHONPATH": str(folder)}
    with subprocess.Popen(command, cwd=folder, env=environment) as running:
        try:
            assert soon(lambda: listens(port))
            yield
        finally:
            running.terminate()


@pytest.fixture
def flask(our_provider: Provider, tmp_path: Path) -> Iterator[Site]:
    url, port = site_at_free_port()
    client = registered(our_provider, url, "/back", "/")
    (tmp_path / "intranet.py").write_text(shown_in_guide("Flask", our_provider, url, client))
    with gunicorn(tmp_path, port, "intranet:app", our_provider):
        yield Site(url, Visitor(our_provider))


@pytest.fixture
def django(our_provider: Provider, tmp_path: Path) -> Iterator[Site]:
    url, port = site_at_free_port()
    client = registered(our_provider, url, "/oidc/callback/", "/")
    (tmp_path / "intranet").mkdir()
    (tmp_path / "guide.py").write_text(shown_in_guide("Django", our_provider, url, client))
    (tmp_path / "intranet" / "laotrust.py").write_text(shown_in_guide("Its `intranet", our_provider, url, client))
    copyfile(DJANGO, tmp_path / "django_site.py")
    with gunicorn(tmp_path, port, "django_site:application", our_provider):
        yield Site(url, Visitor(our_provider))


def test_authlib_signs_in_refreshes_and_signs_out(flask: Site) -> None:
    browser = flask.visitor.browser
    sign_in(flask.visitor, flask.url, f"{flask.url}/login")
    known = browser.session.get(f"{flask.url}/", timeout=15).json()
    renewed = browser.open(f"{flask.url}/again")
    once_more = browser.open(f"{flask.url}/again")
    out = flask.leave(once_more, Form("/logout", "POST"))

    assert known["name#lo"]
    assert (renewed.url, once_more.url) == (f"{flask.url}/",) * 2
    assert (out.url.partition("?")[0], out.status) == (f"{flask.url}/", 0)
    assert browser.session.get(out.url, timeout=15).json() == {}
    assert flask.is_asked_who_comes(f"{flask.url}/login")


def test_mozilla_django_oidc_signs_in_looks_again_and_signs_out(django: Site) -> None:
    browser, inside = django.visitor.browser, f"{django.url}/inside"
    page = sign_in(django.visitor, django.url, inside)
    named = page.partition("</p>")[0]
    browser.open(f"{django.url}/older")
    looked = browser.open(inside)
    out = django.leave(looked, looked.forms[0])

    assert len(named) > len("<p>")
    assert looked.text.startswith(named)
    asked = parse_qs(urlsplit(next(url for url in looked.passed if "/authorize?" in url)).query)
    assert (asked["prompt"], looked.url) == (["none"], inside)
    assert (out.url, out.status) == (f"{django.url}/", 0)
    assert django.is_asked_who_comes(inside)
