import re
from base64 import b64encode
from hashlib import sha256

from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import AT
from web.headers import allow_form_target


def policy(answer: object) -> str:
    return str(answer.headers["Content-Security-Policy"])  # type: ignore[attr-defined]


def test_a_page_allows_its_own_style_by_hash_and_nothing_else(client: FlaskClient) -> None:
    page = client.get("/form", base_url=AT)

    css = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL).group(1)  # type: ignore[union-attr]
    css_hash = b64encode(sha256(css.encode()).digest()).decode()
    assert policy(page) == (
        f"default-src 'none'; style-src 'sha256-{css_hash}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def test_a_page_names_the_service_to_which_its_form_leads(app: Flask) -> None:
    @app.get("/to-service")
    def to_service() -> str:
        allow_form_target("https://service.gov.la:8448/callback?x=1")
        return "page"

    page = app.test_client().get("/to-service", base_url=AT)

    assert "form-action 'self' https://service.gov.la:8448;" in policy(page)


def test_an_address_that_no_policy_can_say_is_named_by_its_scheme(app: Flask) -> None:
    """Browsers leave out a source with an address of IPv6, and then the form leads nowhere."""

    @app.get("/to-program")
    def to_program() -> str:
        allow_form_target("http://[::1]:49152/callback")
        return "page"

    page = app.test_client().get("/to-program", base_url=AT)

    assert "form-action 'self' http:;" in policy(page)


def test_every_page_is_kept_from_caches_frames_sniffing_and_referrers(client: FlaskClient) -> None:
    headers = client.get("/form", base_url=AT).headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "camera=()" in headers["Permissions-Policy"]


def test_localhost_gets_no_strict_transport_security(client: FlaskClient) -> None:
    answer = client.get("/form", base_url=AT)

    assert "Strict-Transport-Security" not in answer.headers


def test_a_real_host_gets_strict_transport_security(client: FlaskClient) -> None:
    answer = client.get("/form", base_url="https://id.gov.la")

    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")


def test_errors_carry_the_same_headers(client: FlaskClient) -> None:
    answer = client.get("/nowhere", base_url=AT)

    assert answer.headers["Cache-Control"] == "no-store"
    assert policy(answer) == "default-src 'none'; frame-ancestors 'none'"
