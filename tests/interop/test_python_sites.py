"""Flask with Authlib and Django with mozilla-django-oidc, set up as the guide says, served by gunicorn over TLS."""

import json
import os
import subprocess
import sys
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from sqlite3 import connect
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from ledger.clock import SystemClock
from scripts.story.browser import Form, Page
from tests.conformance.description import Client, Provider
from tests.conformance.relying import Relying
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
from tests.interop.stand_in import PERSON, StandIn, standing_in

pytestmark = pytest.mark.sqlite_only("other people's software is what is tried here")
LIES: tuple[dict[str, Any], ...] = ({"iss": "https://other.la"}, {"aud": "other"}, {"sub": "somebody else"})
"""What an ID token says beside which userinfo is about another person, or which was never meant for the site."""
FALSE_LOGOUTS: tuple[dict[str, Any], ...] = (
    {"iss": "https://other.la"}, {"aud": "other"}, {"exp": 1}, {"exp": None}, {"jti": None}, {"sid": None},
    {"events": None}, {"events": {"other": {}}}, {"nonce": "n"}, {"typ": "JWT"},
)  # fmt: skip
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
def gunicorn(folder: Path, port: int, application: str, provider: Provider, workers: int = 1) -> Iterator[None]:
    write_certificate(provider, folder)
    command = [
        sys.executable, "-m", "gunicorn", "--no-control-socket", "--workers", f"{workers}", "--threads", "2",
        "--log-level", "warning", "--bind", f"127.0.0.1:{port}", "--certfile", "site.pem", "--keyfile", "site.key",
        application,
    ]  # fmt: skip
    environment = os.environ | {"REQUESTS_CA_BUNDLE": str(provider.authority), "PYTHONPATH": str(folder)}
    with subprocess.Popen(command, cwd=folder, env=environment) as running:
        try:
            assert soon(lambda: listens(port))
            yield
        finally:
            running.terminate()


@contextmanager
def flask_site(folder: Path, url: str, port: int, provider: Provider, client: Client) -> Iterator[None]:
    """The guide's application, with its folder."""
    (folder / "cookie.key").write_text("practice")
    text = shown_in_guide("Flask", provider, url, client).replace("/var/lib/intranet", str(folder))
    (folder / "intranet.py").write_text(text)
    with gunicorn(folder, port, "intranet:app", provider, workers=2):
        yield


@contextmanager
def django_site(folder: Path, url: str, port: int, provider: Provider, client: Client) -> Iterator[None]:
    """The guide's settings and its file."""
    (folder / "intranet").mkdir()
    (folder / "guide.py").write_text(shown_in_guide("Django", provider, url, client))
    (folder / "intranet" / "laotrust.py").write_text(shown_in_guide("Its `intranet", provider, url, client))
    copyfile(DJANGO, folder / "django_site.py")
    with gunicorn(folder, port, "django_site:application", provider):
        yield


@pytest.fixture
def flask(our_provider: Provider, tmp_path: Path) -> Iterator[Site]:
    url, port = site_at_free_port()
    client = registered(our_provider, url, "/back", "/", told="/backchannel-logout")
    with flask_site(tmp_path, url, port, our_provider, client):
        yield Site(url, Visitor(our_provider))


@pytest.fixture
def django(our_provider: Provider, tmp_path: Path) -> Iterator[Site]:
    url, port = site_at_free_port()
    client = registered(our_provider, url, "/oidc/callback/", "/")
    with django_site(tmp_path, url, port, our_provider, client):
        yield Site(url, Visitor(our_provider))


@pytest.fixture
def stand_in(our_provider: Provider, tmp_path: Path) -> Iterator[StandIn]:
    (tmp_path / "stand-in").mkdir()
    with standing_in(our_provider, tmp_path / "stand-in") as it:
        yield it


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


def test_a_cookie_of_flask_says_nothing_and_counts_no_longer_than_its_session(flask: Site, tmp_path: Path) -> None:
    session = flask.visitor.browser.session
    sign_in(flask.visitor, flask.url, f"{flask.url}/login")
    cookie = next(one for one in session.cookies if one.name == "intranet")
    payload = (cookie.value or "").partition(".")[0]
    inside = session.get(f"{flask.url}/", timeout=15).json()
    session.post(f"{flask.url}/logout", timeout=15, allow_redirects=False)
    session.cookies.clear()
    session.cookies.set_cookie(cookie)
    outside = session.get(f"{flask.url}/", timeout=15).json()
    sign_in(flask.visitor, flask.url, f"{flask.url}/login")
    with closing(connect(tmp_path / "sessions.db")) as database, database:
        [late] = database.execute("SELECT until FROM kept").fetchone()
        database.execute("UPDATE kept SET until = until - 15 * 60")

    assert set(json.loads(urlsafe_b64decode(payload + "=="))) == {"name"}
    assert (bool(inside), outside) == (True, {})
    assert late <= SystemClock().now().timestamp() + 15 * 60
    assert session.get(f"{flask.url}/", timeout=15).json() == {}


def test_whoever_signs_out_elsewhere_is_out_of_flask(flask: Site) -> None:
    elsewhere = Relying(flask.visitor.provider, flask.visitor.provider.of("standard"))
    session = flask.visitor.browser.session
    sign_in(flask.visitor, flask.url, f"{flask.url}/login")
    login = elsewhere.login(flask.visitor)
    inside = session.get(f"{flask.url}/", timeout=15).json()

    flask.visitor.sign_out({"id_token_hint": login.tokens["id_token"]}, elsewhere.client.redirect_uri)

    assert inside
    assert soon(lambda: not session.get(f"{flask.url}/", timeout=15).json())


def test_flask_believes_one_issuer_one_audience_one_person_and_no_false_logout(
    stand_in: StandIn, our_provider: Provider, tmp_path: Path
) -> None:
    url, port = site_at_free_port()
    (folder := tmp_path / "site").mkdir()

    def known(**lies: Any) -> dict[str, Any]:
        stand_in.lies = lies
        browser = stand_in.answer(url, "/login", "/back", our_provider.authority)
        found: dict[str, Any] = browser.get(f"{url}/", timeout=15).json()
        return found

    def told(token: str) -> int:
        form = {"logout_token": token}
        root = str(our_provider.authority)
        return requests.post(f"{url}/backchannel-logout", form, timeout=15, verify=root).status_code

    with flask_site(folder, url, port, stand_in.described, stand_in.client):
        believed = [known(**lies) for lies in ({}, *LIES)]
        false = [told(stand_in.logout_token(**changes)) for changes in FALSE_LOGOUTS] + [told("x.y.z"), told("")]
        kept = sessions_of(folder)
        true = told(stand_in.logout_token())
        after = sessions_of(folder)

    assert believed == [PERSON, {}, {}, {}]
    assert (false, kept) == ([400] * len(false), 1)
    assert (true, after) == (204, 0)


def sessions_of(folder: Path) -> int:
    """How many the Flask site keeps."""
    with closing(connect(folder / "sessions.db")) as database:
        return int(database.execute("SELECT count(*) FROM kept").fetchone()[0])


def test_django_believes_one_issuer_one_audience_and_one_person(
    stand_in: StandIn, our_provider: Provider, tmp_path: Path
) -> None:
    url, port = site_at_free_port()
    (folder := tmp_path / "site").mkdir()

    def is_inside(**lies: Any) -> bool:
        stand_in.lies = lies
        browser = stand_in.answer(url, "/oidc/authenticate/", "/oidc/callback/", our_provider.authority)
        return browser.get(f"{url}/inside", timeout=15, allow_redirects=False).status_code == 200

    with django_site(folder, url, port, stand_in.described, stand_in.client):
        believed = [is_inside(**lies) for lies in ({}, *LIES)]

    assert believed == [True, False, False, False]


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
