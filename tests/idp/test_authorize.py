"""The authorization endpoint: what is refused by page, what by redirect, and what is answered at once."""

import json

import pytest
from flask import Flask
from sqlalchemy import select

from idp.provider import Provider
from idp.routes.authorize import LONGEST_ADDRESS
from idp.tables import AuthorizationCode
from ledger.entry import Entry
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.keys import Holder
from tests.idp.test_walk import claims_of
from tests.idp.visitor import ISSUER, PASSWORD, VERIFIER, Person, Service, Visitor

REDIRECT = "https://localhost:8448/callback"


def essential(*acr: str) -> dict[str, str]:
    """The change to a request that makes one of these levels essential."""
    return {"claims": json.dumps({"id_token": {"acr": {"essential": True, "values": acr}}})}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request": "eyJhbGciOiJFUzI1NiJ9.e30.AA"}, "invalid_request_object"),
        ({"resource": "https://other.gov.la/"}, "invalid_target"),
        ({"dpop_jkt": "short"}, "invalid_request"),
        ({"request_uri": "https://localhost/r"}, "invalid_request_uri"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"prompt": "none"}, "login_required"),
        ({"claims": "no JSON"}, "invalid_request"),
        ({"claims": "[]"}, "invalid_request"),
        ({"claims": '{"id_token":{"sub":{"value":"\\ud800"}}}'}, "invalid_request"),
        ({"claims": '{"id_token":{"sub":{"value":"\\u0000"}}}'}, "invalid_request"),
        ({"claims": '{"id_token":{"acr":"x"}}'}, "invalid_request"),
        (essential("urn:laotrust:acr:3"), "unmet_authentication_requirements"),
        (essential("urn:elsewhere"), "unmet_authentication_requirements"),
    ],
)
def test_what_is_wrong_with_a_request_is_told_to_the_service(
    visitor: Visitor, edocument: Service, change: dict[str, str], error: str
) -> None:
    visitor.get("/authorize", edocument.ask(**change))

    assert visitor.page.headers["Location"].startswith(f"{REDIRECT}?")
    told = visitor.redirected()
    assert (told["error"], told["state"], told["iss"]) == (error, "af0ifjsldkj", ISSUER)
    assert "code" not in told


def test_the_service_also_learns_which_check_its_request_did_not_pass(visitor: Visitor, desk: Desk) -> None:
    program = service(desk, 8448, profile="native", auth_method="none")
    visitor.get("/authorize", program.ask(code_challenge="", code_challenge_method=""))

    told = visitor.redirected()
    assert (told["error"], told["error_description"]) == ("invalid_request", "authorize.pkce-missing")


@pytest.mark.parametrize(
    "uri",
    [
        "", f"{REDIRECT}/", f"{REDIRECT}?", f"{REDIRECT}?a=b", f"{REDIRECT}#f", "https://localhost:8448/CALLBACK",
        "https://LOCALHOST:8448/callback", "http://localhost:8448/callback", "https://localhost/callback",
        "https://u@localhost:8448/callback", "https://localhost:8448/x/../callback", "https://localhost:8448//callback",
        "https://localhost:8448/callbac%6B", "https://localhost:8448\\@evil.la/callback", f" {REDIRECT}",
        f"{REDIRECT} https://evil.la/", "//localhost:8448/callback", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_no_address_but_the_registered_one_is_ever_redirected_to(
    visitor: Visitor, edocument: Service, uri: str
) -> None:
    page = visitor.get("/authorize", edocument.ask(redirect_uri=uri))

    assert page.status_code == 400
    assert "Location" not in page.headers
    assert "//evil.la" not in page.text


def test_a_refused_address_is_entered_once_a_minute(visitor: Visitor, edocument: Service, provider: Provider) -> None:
    for _ in range(5):
        visitor.get("/authorize", edocument.ask(redirect_uri="https://evil.la/"))

    with provider.ledger.read() as session:
        entries = session.scalars(select(Entry).where(Entry.kind == "client.refused")).all()
    assert len(entries) == 1


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "scope", "code_challenge", "nonce"])
def test_a_repeated_parameter_is_refused_by_page(visitor: Visitor, edocument: Service, name: str) -> None:
    asked = edocument.ask()

    page = visitor.get("/authorize", [*asked.items(), (name, asked[name])])

    assert (page.status_code, "Location" in page.headers) == (400, False)


def test_unknown_parameters_are_ignored_and_the_order_does_not_matter(visitor: Visitor, edocument: Service) -> None:
    asked = [*reversed(edocument.ask().items()), ("surprise", "1"), ("display", "popup"), ("claims_locales", "se")]

    assert visitor.get("/authorize", asked).status_code == 200


def test_an_essential_acr_is_answered_with_a_value_that_was_asked_for(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    lower = visitor.sign_in(edocument, somphone, **essential("urn:laotrust:acr:1"))["code"]
    first = claims_of(edocument.redeem(app, lower).get_json())
    visitor.get("/authorize", edocument.ask(**essential("urn:laotrust:acr:1", "urn:laotrust:acr:2")))
    second = claims_of(edocument.redeem(app, visitor.redirected()["code"]).get_json())

    assert [first["acr"], second["acr"]] == ["urn:laotrust:acr:1", "urn:laotrust:acr:2"]


def test_of_who_has_to_sign_nothing_counts_but_what_is_signed(visitor: Visitor, desk: Desk) -> None:
    own = Holder()
    signing = service(desk, 8463, auth_method="private_key_jwt", jwks=own.jwks, signed_requests=True)
    about = {"iss": signing.client.client_id, "aud": ISSUER}
    at = int(desk.now.timestamp())
    assertion = about | {"sub": signing.client.client_id, "jti": "1", "iat": at, "exp": at + 60}

    answers = [
        visitor.get("/authorize", signing.ask() | {"request": own.sign(claims, typ="JWT")})
        for claims in (about, assertion, about | signing.ask())
    ]

    assert [answer.status_code for answer in answers] == [400, 303, 200]
    assert "error=invalid_request_object" in answers[1].headers["Location"]


def test_a_standard_client_may_leave_out_pkce_and_nonce(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person
) -> None:
    plain = service(desk, 8451, profile="standard")
    code = visitor.sign_in(plain, somphone, code_challenge="", code_challenge_method="", nonce="")["code"]

    downgraded = plain.redeem(app, code)
    tokens = plain.redeem(app, code, code_verifier="").get_json()

    assert (downgraded.status_code, downgraded.get_json()["error_description"]) == (400, "token.pkce")
    assert "nonce" not in claims_of(tokens)


def test_pkce_that_a_standard_client_sends_is_enforced(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person
) -> None:
    plain = service(desk, 8451, profile="standard")
    code = visitor.sign_in(plain, somphone, nonce="")["code"]

    answers = [plain.redeem(app, code, code_verifier=one).status_code for one in ("", "w" * 64, VERIFIER)]

    assert answers == [400, 400, 200]


def test_a_request_by_post_may_be_longer_than_an_address(
    visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    state = "ສະຖານະ=" * 500
    visitor.post("/authorize", edocument.ask(state=state, nonce="=" * 4096))
    address = visitor.page.headers["Location"]

    page = visitor.get(address)
    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.submit(code=somphone.code())

    assert (len(address) < LONGEST_ADDRESS, len(page.text) < 4 * LONGEST_ADDRESS) == (True, True)
    assert (visitor.redirected()["state"], "code" in visitor.redirected()) == (state, True)


def test_a_word_of_our_own_links_is_unknown_in_a_request(
    visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    answer = visitor.sign_in(edocument, somphone, step="2")

    assert "code" in answer


def test_a_long_request_that_is_wrong_is_refused_at_once(visitor: Visitor, edocument: Service) -> None:
    visitor.post("/authorize", edocument.ask(state="=" * 4000, scope="profile"))
    told = visitor.redirected()
    page = visitor.post("/authorize", edocument.ask(state="=" * 4000, redirect_uri="https://elsewhere.la/"))

    assert (told["error"], told["state"]) == ("invalid_scope", "=" * 4000)
    assert (page.status_code, "Location" in page.headers) == (400, False)


def test_the_request_may_come_by_post(visitor: Visitor, edocument: Service, somphone: Person) -> None:
    visitor.sign_in(edocument, somphone)

    visitor.post("/authorize", edocument.ask())
    visitor.get(visitor.page.headers["Location"])

    assert "code" in visitor.redirected()


def test_prompt_login_asks_again_and_moves_the_session_to_a_new_handle(
    visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    visitor.sign_in(edocument, somphone)
    before = visitor.client.get_cookie("__Host-idp-session", "localhost")

    answer = visitor.sign_in(edocument, somphone, prompt="login")
    after = visitor.client.get_cookie("__Host-idp-session", "localhost")
    visitor.client.set_cookie("__Host-idp-session", before.value if before else "", domain="localhost", secure=True)
    visitor.get("/authorize", edocument.ask(prompt="none"))

    assert "code" in answer
    assert before and after and before.value != after.value
    assert visitor.redirected()["error"] == "login_required"


def test_max_age_asks_again_only_when_it_is_over(visitor: Visitor, edocument: Service, somphone: Person) -> None:
    visitor.sign_in(edocument, somphone)
    somphone.clock.turn(seconds=20)

    within = visitor.get("/authorize", edocument.ask(max_age="10000")).status_code
    over = visitor.get("/authorize", edocument.ask(max_age="10")).status_code

    assert (within, over) == (303, 200)


def test_a_session_ends_when_nobody_comes_with_it_and_after_a_working_day(
    visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    visitor.sign_in(edocument, somphone)

    somphone.clock.turn(minutes=61)
    visitor.get("/authorize", edocument.ask(prompt="none"))

    assert visitor.redirected()["error"] == "login_required"


@pytest.mark.parametrize(
    "change",
    [
        {"acr_values": "urn:laotrust:acr:3"},
        {"acr_values": "urn:elsewhere"},
        {"claims": '{"id_token":{"acr":{"values":["urn:laotrust:acr:3"]}}}'},
        {"claims": '{"id_token":{"acr":null},"userinfo":{"name":{"essential":true}}}'},
        essential("urn:laotrust:acr:3", "urn:laotrust:acr:2"),
    ],
)
def test_a_level_that_is_only_wished_for_is_answered_with_the_one_that_was_reached(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person, change: dict[str, str]
) -> None:
    tokens = edocument.redeem(app, visitor.sign_in(edocument, somphone, **change)["code"]).get_json()

    assert claims_of(tokens)["acr"] == "urn:laotrust:acr:2"


@pytest.mark.parametrize(
    "named", [{"values": ["urn:laotrust:acr:3", "urn:laotrust:acr:2"]}, {"value": "urn:laotrust:acr:2"}]
)
def test_a_level_that_claims_wish_for_is_asked_of_the_person_as_one_of_acr_values_is(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person, named: dict[str, object]
) -> None:
    plain = service(desk, 8451, minimum_level=1)

    visitor.sign_in(plain, somphone, claims=json.dumps({"id_token": {"acr": named}}))
    first = claims_of(plain.redeem(app, visitor.redirected()["code"]).get_json())
    visitor.get("/authorize", plain.ask(claims='{"id_token":{"acr":{"values":["urn:laotrust:acr:3"]}}}'))

    assert first["acr"] == "urn:laotrust:acr:2"
    assert "code" in visitor.redirected()


def test_a_service_of_level_one_is_answered_after_a_password_and_at_level_two_after_a_code(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person
) -> None:
    plain = service(desk, 8451, minimum_level=1)
    visitor.get("/authorize", plain.ask())
    visitor.submit(username=somphone.number, password=PASSWORD)
    first = claims_of(plain.redeem(app, visitor.redirected()["code"]).get_json())

    visitor.sign_in(plain, somphone, **essential("urn:laotrust:acr:2"))
    second = claims_of(plain.redeem(app, visitor.redirected()["code"]).get_json())

    assert (first["acr"], first["amr"]) == ("urn:laotrust:acr:1", ["pwd"])
    assert (second["acr"], second["amr"]) == ("urn:laotrust:acr:2", ["mfa", "otp", "pwd"])


def test_discovery_says_what_is_done_and_no_more(app: Flask) -> None:
    said = app.test_client().get("/.well-known/openid-configuration", base_url=ISSUER).get_json()

    assert said["acr_values_supported"] == ["urn:laotrust:acr:1", "urn:laotrust:acr:2"]
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["response_types_supported"] == ["code"]
    assert said["pushed_authorization_request_endpoint"] == f"{ISSUER}/par"
    assert "none" not in said["request_object_signing_alg_values_supported"]


def test_the_page_speaks_the_language_that_is_asked_for(visitor: Visitor, edocument: Service) -> None:
    lao = visitor.get("/authorize", edocument.ask()).text
    english = [visitor.get("/authorize", edocument.ask(ui_locales=one)).text for one in ("fr en", "EN-us")]

    assert '<html lang="lo">' in lao
    assert ["To reach" in one for one in english] == [True, True]


def test_what_a_service_sends_is_never_markup(visitor: Visitor, edocument: Service, provider: Provider) -> None:
    page = visitor.get("/authorize", edocument.ask(login_hint='"><script>x</script>', state="<b>'\"&"))

    with provider.ledger.read() as session:
        codes = session.scalars(select(AuthorizationCode)).all()
    assert "<script>" not in page.text
    assert "<b>'" not in page.text
    assert codes == []
