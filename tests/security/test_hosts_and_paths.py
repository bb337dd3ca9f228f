"""Classes J and V: what proxies might have added or read otherwise changes no address and opens no other page."""

import pytest
from flask import Flask
from sqlalchemy import select

from ledger.ledger import Ledger
from ledger.outbox import OutboxMessage
from tests.idp.keys import self_signed
from tests.idp.visitor import ISSUER, Person, Service, Visitor

pytestmark = pytest.mark.sqlite_only("what is refused here is refused whatever the database is")
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


def test_no_header_changes_what_we_say_we_are(app: Flask, edocument: Service) -> None:
    client, where = app.test_client(), "/.well-known/openid-configuration"
    said = [client.get(where, base_url=ISSUER, headers=one) for one in ({}, *FORGED)]
    asked, silent = edocument.ask(), edocument.ask(prompt="none")
    pages = [client.get("/authorize", query_string=asked, base_url=ISSUER, headers=one) for one in FORGED]
    errors = [client.get("/authorize", query_string=silent, base_url=ISSUER, headers=one) for one in FORGED]

    assert {one.data for one in said if one.status_code != 400} == {said[0].data}
    assert [one for one in pages if "evil.la" in one.text + str(one.headers)] == []
    assert [one for one in errors if "evil.la" in str(one.headers)] == []
    assert {"iss=https%3A%2F%2Flocalhost%3A8443" in one.headers["Location"] for one in errors if one.location} == {True}


def test_a_certificate_in_a_header_is_nobodys(app: Flask, edocument: Service) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": edocument.client.client_id}
    shown = [{name: self_signed().hex()} for name in CERTIFICATE_HEADERS]
    answers = [app.test_client().post("/token", base_url=ISSUER, data=form, headers=one) for one in shown]

    assert {one.get_json()["error"] for one in answers} == {"invalid_client"}


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


def test_a_path_that_others_read_otherwise_is_no_page(app: Flask) -> None:
    answers = [app.test_client().get(path, base_url=ISSUER) for path in PATHS]

    assert {one.status_code for one in answers} <= {400, 404}
    assert [one for one in answers if "keys" in (one.get_json(silent=True) or {})] == []
