"""What a person says of himself: entered by somebody on duty, told under its scope, and never over the register."""

from typing import Any

import pytest
from flask import Flask

from idp.claims import SCOPE_OF, SUPPORTED
from idp.own_claims import describe, describing, is_fit
from ledger.decision import Allow, Refuse
from tests.idp.desk import Desk, desk_of
from tests.idp.test_walk import bearer
from tests.idp.visitor import ISSUER, Person, Service, Visitor

ADDRESS = {"formatted": "ບ້ານ ສີຫອມ", "country": "LA"}
SAID = {"nickname": "ນ້ອຍ", "website": "https://localhost/noy", "birthdate": "1980-01-31", "address": ADDRESS}


def said(desk: Desk, number: str, claims: dict[str, Any]) -> object:
    return describe(desk.ledger, number, claims, desk.sign(describing(number, claims, desk.now)))


def test_the_newest_word_is_told_under_its_scope_and_the_register_stays(
    app: Flask, visitor: Visitor, desk: Desk, edocument: Service, somphone: Person
) -> None:
    said(desk, somphone.number, {"nickname": "old"})
    outcome = said(desk, somphone.number, SAID)
    tokens = edocument.redeem(app, visitor.sign_in(edocument, somphone, scope="openid profile address")["code"])

    person = app.test_client().get(
        "/userinfo", base_url=ISSUER, headers=bearer(tokens.get_json()["access_token"])
    ).get_json()

    assert outcome == Allow()
    assert (person["nickname"], person["address"]) == ("ນ້ອຍ", ADDRESS)
    assert person["name#en"] == "Somphone Keovongsa"
    assert person["updated_at"] <= int(somphone.clock.now().timestamp())


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "x"}, {"name": "x"}, {"email": "x@y.la"}, {"email_verified": "true"}, {"acr": "x"}, {"cnf": "x"},
        {"nickname": 7}, {"nickname": ""}, {"nickname": "x" * 501}, {"address": "x"}, {"address": {"planet": "x"}},
        {"address": {"country": 1}}, {},
    ],
)  # fmt: skip
def test_what_is_the_registers_or_ours_cannot_be_said(claims: dict[str, Any]) -> None:
    assert not is_fit(claims)


def test_nobody_without_a_duty_enters_it_and_nobody_without_an_account_has_it(desk: Desk, somphone: Person) -> None:
    stranger = desk_of(desk.ledger, "10900077", duty=None)

    assert said(stranger, somphone.number, SAID) == Refuse("management.not-on-duty")
    assert said(desk, "99999999", SAID) == Refuse("account.unknown")
    assert said(desk, somphone.number, {"sub": "x"}) == Refuse("account.claims")


def test_no_claim_that_can_be_asked_for_is_one_of_the_tokens_own() -> None:
    assert not {"iss", "sub", "aud", "acr", "cnf", "exp", "iat", "nonce", "sid"} & SCOPE_OF.keys()
    assert set(SCOPE_OF) - {name for name in SCOPE_OF if "#" in name} <= set(SUPPORTED)
