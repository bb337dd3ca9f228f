"""The sign-in page is made once, and each browser's own parts are put into it: it is the page that it was."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from markupsafe import escape

from idp.declared import NOTHING
from tests.idp.visitor import ISSUER
from web.asked import g
from web.pages import render, render_kept

PAGE = "idp/sign_in.html"
OWN = {"action": '/sign-in?a=1&b="><script>', "certificate_url": "https://localhost/certificate?certificate_url&<b>"}
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@pytest.fixture
def asked(app: Flask) -> Iterator[None]:
    with app.test_request_context("/authorize?client_id=x&lang=en", base_url=ISSUER):
        yield


def kept(own: dict[str, str], service: str = "eDocument") -> str:
    return render_kept(PAGE, own, "/sign-in", errors=(), about=NOTHING, logo="", typed="", service=service)


def made(own: dict[str, str], service: str = "eDocument") -> str:
    return render(PAGE, errors=(), about=NOTHING, logo="", typed="", service=service, **own)


@pytest.mark.usefixtures("asked")
def test_a_page_that_is_kept_is_the_page_that_is_made() -> None:
    pages = [kept({"action": "/sign-in?other", "certificate_url": "other"}), kept(OWN)]

    assert _TOKEN.sub("", pages[1]) == _TOKEN.sub("", made(OWN))
    assert "<script>" not in pages[1]
    assert str(escape(OWN["action"])) in pages[1]


@pytest.mark.usefixtures("asked")
def test_each_page_has_a_token_of_its_own() -> None:
    tokens = [_TOKEN.findall(kept(OWN)) for _ in range(3)]

    assert [len(found) for found in tokens] == [1, 1, 1]
    assert len({found[0] for found in tokens}) == 3


@pytest.mark.usefixtures("asked")
def test_a_service_with_another_name_has_another_page() -> None:
    pages = [kept(OWN, name) for name in ("eDocument", "eStaff & Co", "eDocument")]

    assert [("eDocument" in page, "eStaff &amp; Co" in page) for page in pages] == [
        (True, False), (False, True), (True, False),
    ]  # fmt: skip


def test_a_page_that_is_kept_has_its_language_and_its_styles(app: Flask) -> None:
    found = []
    for spoken in ("en", "lo", "en"):
        with app.test_request_context(f"/authorize?lang={spoken}", base_url=ISSUER):
            page = kept(OWN)
            found.append((f'<html lang="{spoken}">' in page, len(g.style_hashes)))

    assert found == [(True, 1)] * 3


@pytest.mark.usefixtures("asked")
def test_nothing_is_made_of_the_template_a_second_time(app: Flask) -> None:
    kept(OWN)
    app.jinja_env.globals["language"] = None

    assert kept(OWN)
