"""The short way for programs says what Flask's way says, and many at once get each their own answer."""

import json
from base64 import b64encode
from functools import partial
from urllib.parse import urlencode

import pytest
from flask import Flask

from idp.fetching import Sparing, Unreachable
from ledger.rounds import NotInCompany, Outcome, in_rounds
from tests.idp.visitor import ISSUER, VERIFIER, Person, Service, Visitor
from web.heads import parse_head
from web.loop_serving import Asked

VARYING = {"X-Request-Id", "Content-Length", "Connection", "Date", "Vary"}


FORM = "application/x-www-form-urlencoded"


def asked(service: Service, path: str, form: dict[str, str], kind: str = FORM) -> Asked:
    body = urlencode(form)
    known = b64encode(f"{service.client.client_id}:{service.client.client_secret}".encode()).decode()
    lines = [f"POST {path} HTTP/1.1", "Host: localhost:8443", f"Authorization: Basic {known}",
             f"Content-Type: {kind}", f"Content-Length: {len(body)}"]  # fmt: skip
    return Asked(parse_head(("\r\n".join(lines) + "\r\n\r\n").encode()), body.encode())


def read(response: bytes) -> tuple[str, dict[str, str], dict[str, object]]:
    head, _, body = response.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return status, dict(line.split(": ", 1) for line in lines), json.loads(body)


@pytest.fixture
def code(visitor: Visitor, edocument: Service, somphone: Person) -> dict[str, str]:
    got = visitor.sign_in(edocument, somphone)["code"]
    return {"grant_type": "authorization_code", "code": got, "redirect_uri": edocument.redirect_uri,
            "code_verifier": VERIFIER}  # fmt: skip


def test_one_code_that_comes_many_times_at_once_is_redeemed_once(
    app: Flask, edocument: Service, code: dict[str, str]
) -> None:
    answers = [read(one) for one in app.extensions["door"].round([asked(edocument, "/token", code)] * 8)]

    assert sorted(status for status, _, _ in answers) == ["HTTP/1.1 200 OK"] + ["HTTP/1.1 400 BAD REQUEST"] * 7
    assert {body["error_description"] for status, _, body in answers if "400" in status} == {"token.code-used"}


@pytest.mark.parametrize("path", ["/token", "/introspect"])
@pytest.mark.parametrize("form", [{}, {"token": "x", "grant_type": "none"}, {"grant_type": "refresh_token"}])
def test_both_ways_give_the_same_status_headers_and_body(
    app: Flask, edocument: Service, path: str, form: dict[str, str]
) -> None:
    status, headers, body = read(app.extensions["door"].round([asked(edocument, path, form)])[0])
    other = edocument.post(app, path, form)

    same = {name: value for name, value in other.headers.items() if name not in VARYING}
    assert (status, body) == (f"HTTP/1.1 {other.status}", other.get_json())
    assert {name: value for name, value in headers.items() if name not in VARYING} == same


def test_what_is_no_form_goes_flasks_way(app: Flask, edocument: Service) -> None:
    assert app.extensions["door"].round([asked(edocument, "/token", {}, "application/json")]) == [None]


def test_a_fetch_of_strangers_keeps_no_round_waiting() -> None:
    one = in_rounds([partial(Sparing(Unreachable()).get, "https://service.la/jwks")])

    assert isinstance(one[0], Outcome)
    assert isinstance(one[0].fault, NotInCompany)


def test_only_the_plain_paths_are_taken(app: Flask) -> None:
    door = app.extensions["door"]
    wanted = [("POST", "/token"), ("GET", "/jwks"), ("GET", "/token"), ("POST", "/token?x=1"), ("POST", "//token"),
              ("GET", f"{ISSUER}/jwks"), ("POST", "/jwks"), ("GET", "/authorize")]  # fmt: skip

    assert [door.takes(*one) for one in wanted] == [True, True, *[False] * 6]


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/jwks"])
def test_who_has_what_is_the_same_for_all_gets_it_once(app: Flask, path: str) -> None:
    client = app.test_client()
    plain, packed = (client.get(path, base_url=ISSUER, headers=how) for how in ({}, {"Accept-Encoding": "gzip"}))

    again = client.get(path, base_url=ISSUER, headers={"If-None-Match": packed.headers["ETag"]})

    assert plain.headers["ETag"] == packed.headers["ETag"]
    assert {plain.status_code, packed.status_code} == {200}
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", plain.headers["ETag"])
