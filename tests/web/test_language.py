import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import AT
from web.language import choose, keep_place, language


@pytest.mark.parametrize(
    ("asked", "cookie", "accepted", "given"),
    [
        ("", None, None, "lo"),
        ("", None, "fr, de;q=0.5", "lo"),
        ("", None, "en-GB, lo;q=0.2", "en"),
        ("", None, "en;q=0.3, lo-LA", "lo"),
        ("", "en", "lo", "en"),
        ("?lang=lo", "en", "en", "lo"),
        ("?lang=xx", None, None, "lo"),
    ],
)
def test_the_language_is_the_nearest_wish_and_else_lao(
    client: FlaskClient, asked: str, cookie: str | None, accepted: str | None, given: str
) -> None:
    headers = {"Accept-Language": accepted} if accepted else {}
    client.set_cookie("lang", cookie or "", domain="localhost")

    page = client.get(f"/form{asked}", base_url=AT, headers=headers)

    assert page.headers["Content-Language"] == given
    assert f'<html lang="{given}">' in page.text


def test_a_choice_is_kept(client: FlaskClient) -> None:
    client.get("/form?lang=en", base_url=AT)

    page = client.get("/form", base_url=AT)

    assert page.headers["Content-Language"] == "en"


def test_the_switch_keeps_the_place_and_every_parameter(client: FlaskClient) -> None:
    page = client.get("/form?client_id=a%26b&scope=x+y&lang=lo", base_url=AT)

    assert 'href="/form?client_id=a%26b&amp;scope=x+y&amp;lang=en"' in page.text


def test_a_page_can_name_its_own_place(app: Flask, client: FlaskClient) -> None:
    app.before_request(lambda: keep_place("/authorize?step=3"))

    page = client.get("/form", base_url=AT)

    assert 'href="/authorize?step=3&amp;lang=en"' in page.text


def test_ui_locales_count_until_the_person_chooses(app: Flask) -> None:
    with app.test_request_context("/", headers={"Accept-Language": "lo"}):
        choose("fr", "en-US", "lo")
        wished = language()
    with app.test_request_context("/?lang=lo"):
        choose("en")
        chosen = language()

    assert (wished, chosen) == ("en", "lo")
