"""Class B: what is sent twice is refused, and what a page gives back can be changed by nobody."""

import re

import pytest
from flask import Flask

from tests.idp.test_pushed import Strict
from tests.idp.visitor import ISSUER, PASSWORD, VERIFIER, Person, Service, Visitor

pytestmark = pytest.mark.sqlite_only("what is refused here is refused whatever the database is")
TWICE = ("client_id", "redirect_uri", "scope", "state", "nonce", "response_type", "code_challenge", "prompt", "max_age",
         "code_challenge_method", "login_hint", "acr_values", "claims", "response_mode", "request_uri")  # fmt: skip


def test_a_parameter_that_stands_twice_is_refused_by_page(visitor: Visitor, edocument: Service) -> None:
    asked = edocument.ask()
    pages = [
        visitor.get("/authorize", [*asked.items(), (name, asked.get(name, "x")), (name, second)])
        for name in TWICE
        for second in (asked.get(name, "x"), "other")
    ]

    assert {(page.status_code, "Location" in page.headers) for page in pages} == {(400, False)}


def test_nor_is_it_taken_by_an_endpoint_for_services(app: Flask, edocument: Service) -> None:
    own = (edocument.client.client_id, edocument.client.client_secret)
    answers = [
        app.test_client().post(path, base_url=ISSUER, data={name: ["a", "a"]}, auth=own)
        for path in ("/token", "/introspect", "/revoke", "/par", "/device-authorization")
        for name in ("client_id", "grant_type", "code", "token", "scope", "redirect_uri")
    ]

    assert {(one.status_code, one.get_json()["error"]) for one in answers} == {(400, "invalid_request")}


def test_no_hidden_field_says_who_asks_for_what(visitor: Visitor, edocument: Service, somphone: Person) -> None:
    pages = [visitor.get("/authorize", edocument.ask())]
    pages.append(visitor.submit(username=somphone.number, password=PASSWORD))

    hidden = {name for page in pages for name in re.findall(r'type="hidden" name="([^"]*)"', page.text)}

    assert hidden == {"form_token"}


def test_a_request_that_is_changed_half_way_is_not_the_one_that_is_answered(
    visitor: Visitor, edocument: Service, estaff: Service, somphone: Person
) -> None:
    visitor.get("/authorize", edocument.ask())
    visitor.submit(username=somphone.number, password=PASSWORD)
    form = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', visitor.page.text))
    action = re.findall(r'action="([^"]*)"', visitor.page.text)[0].replace("&amp;", "&")
    more = {"client_id": estaff.client.client_id, "redirect_uri": estaff.redirect_uri, "state": "evil"}

    visitor.post(action, form | more | {"code": somphone.code()})

    assert visitor.page.headers["Location"].startswith(f"{edocument.redirect_uri}?")
    assert visitor.redirected()["state"] == "af0ifjsldkj"


def test_beside_the_name_of_a_pushed_request_nothing_counts(visitor: Visitor, gov: Strict, somphone: Person) -> None:
    named = gov.begin(visitor)
    visitor.get("/authorize", named | {"state": "evil", "redirect_uri": "https://evil.la", "scope": "openid email"})
    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.submit(code=somphone.code())

    assert visitor.page.headers["Location"].startswith(f"{gov.service.redirect_uri}?")
    assert visitor.redirected()["state"] == "af0ifjsldkj"


def test_a_service_of_the_state_cannot_do_without_pkce_nor_weaken_it(visitor: Visitor, gov: Strict) -> None:
    refused = [
        gov.push(code_challenge="", code_challenge_method="").status_code,
        gov.push(code_challenge=VERIFIER, code_challenge_method="plain").status_code,
        gov.push(code_challenge_method="").status_code,
        gov.push(response_type="code id_token").status_code,
        gov.push(response_type="token").status_code,
        visitor.get("/authorize", gov.service.ask()).status_code,
    ]

    assert refused[:5] == [400] * 5
    assert refused[5] in {303, 400}
    assert "code=" not in visitor.page.headers.get("Location", "")
