"""Classes J and V: what proxies might have added or read otherwise changes no address and opens no other page."""

import pytest
from flask import Flask
from sqlalchemy import select

from ledger.ledger import Ledger
from ledger.outbox import OutboxMessage
from tests.idp.keys import self_signed
from tests.idp.visitor import ISSUER, Person, Service, Visitor

FORGED = [
    {"Host": "evil.la"}, {"Host": "localhost:8443@evil.la"}, {"Host": "evil.la:8443"},
    {"X-Forwarded-Host": "evil.la"}, {"X-Forwarded-Proto": "http"}, {"X-Forwarded-Prefix": "//evil.la"},
    {"X-Forwarded-Server": "evil.la"}, {"X-Original-URL": "/practice"}, {"X-Rewrite-URL": "//evil.la"},
    {"Forwarded": "for=1.2.3.4;host=evil.la;proto=http"}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Host": "evil.la"},
    {"X-HTTP-Method-Override": "DELETE"}, {"Origin": "https://evil.la"}, {"Referer": "https://evil.la/"},
]  # fmt: skip
CERTIFICATE_HEADERS = (
    "X-SSL-Client-Cert", "X-SSL-Cert", "SSL-Client-Cert", "X-Client-Cert", "Client-Cert", "X-ARR-ClientCert",
)  # fmt: skip
PATHS = [
    "//authorize", "/authorize/", "/authorize;a=b", "/authorize%2f", "/authorize%00", "/./authorize", "/x/../authorize",
    "/authorize/..;/jwks", "/%2e%2e/jwks", "/jwks%20", "/JWKS", "/jwks/", "/jwks;", "/jwks%3b", "/token%2f..%2fjwks",
    "/.well-known/../jwks", "/.well-known//openid-configuration", "\\jwks", "/%5cjwks", "/jwks\u200b", "/jwks..",
]  # fmt: skip


@pytest.mark.parametrize("headers", FORGED, ids=str)
def test_no_header_changes_what_we_say_we_are(
    app: Flask, visitor: Visitor, edocument: Service, headers: dict[str, str]
) -> None:
    plain = app.test_client().get("/.well-known/openid-configuration", base_url=ISSUER)
    forged = app.test_client().get("/.well-known/openid-configuration", base_url=ISSUER, headers=headers)
    page = app.test_client().get("/authorize", query_string=edocument.ask(), base_url=ISSUER, headers=headers)
    error = app.test_client().get(
        "/authorize", query_string=edocument.ask(prompt="none"), base_url=ISSUER, headers=headers
    )

    assert forged.status_code in {200, 400}
    assert forged.status_code == 400 or forged.data == plain.data
    assert "evil.la" not in page.text + str(page.headers) + str(error.headers)
    assert error.status_code == 400 or "iss=https%3A%2F%2Flocalhost%3A8443" in error.headers["Location"]


@pytest.mark.parametrize("name", CERTIFICATE_HEADERS)
def test_a_certificate_in_a_header_is_nobodys(app: Flask, edocument: Service, name: str) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": edocument.client.client_id}
    answer = app.test_client().post("/token", base_url=ISSUER, data=form, headers={name: self_signed().hex()})

    assert answer.get_json()["error"] == "invalid_client"


def test_a_letter_names_our_own_address_whatever_the_request_said(
    app: Flask, ledger: Ledger, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    visitor.sign_in(edocument, somphone)
    forged = {"X-Forwarded-Host": "evil.la", "Forwarded": "host=evil.la", "Accept": "text/html"}
    visitor.page = visitor.client.get("/end-session", base_url=ISSUER, headers=forged)
    visitor.submit(answer="sign-out")

    with ledger.read() as reading:
        messages = list(reading.scalars(select(OutboxMessage)))
    assert messages
    assert [one for one in messages if b"evil" in one.body or "evil" in one.url] == []


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_others_read_otherwise_is_no_page(app: Flask, path: str) -> None:
    answer = app.test_client().get(path, base_url=ISSUER)

    assert answer.status_code in {400, 404}
    assert "keys" not in (answer.get_json(silent=True) or {})
