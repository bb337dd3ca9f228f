"""Plans Basic and Form Post: requests, codes and tokens (OpenID Connect Core clause 3.1)."""

from tests.conformance.answers import granted, refused, refused_anyhow, refused_in_json, refused_on_a_page
from tests.conformance.modules import module
from tests.conformance.relying import Relying
from tests.conformance.tokens import ALGORITHMS, chance, header, now, payload, s256, unsigned
from tests.conformance.visitor import Visitor

OF_SCOPES = {"name", "given_name", "family_name", "email", "phone_number", "address"}


@module("oidcc-server")
def test_a_login_by_password_gives_a_code_and_valid_tokens(relying: Relying) -> None:
    person = Visitor(relying.provider, by_password=True)

    login = relying.login(person, scope="openid profile email")

    assert login.answer.asked == 1
    relying.provider.advise(holds=not OF_SCOPES & set(login.claims), otherwise="claims of scopes are in the ID token")
    assert relying.userinfo(login.tokens)["sub"] == login.claims["sub"]


@module("oidcc-response-type-missing")
def test_a_request_without_response_type_is_refused(relying: Relying, signed_in: Visitor) -> None:
    asked = relying.ask(response_type=None)

    answer = signed_in.authorize(asked)

    refused_anyhow(relying.provider, asked, answer, "unsupported_response_type", "invalid_request")


@module("oidcc-idtoken-signature")
def test_the_id_token_is_signed_by_rs256_with_a_published_key(relying: Relying, signed_in: Visitor) -> None:
    login = relying.login(signed_in)

    said = header(login.tokens["id_token"])

    assert said["alg"] == "RS256"
    assert said["kid"] in [key.kid for key in relying.provider.key_set()]


@module("oidcc-idtoken-unsigned")
def test_algorithm_none_is_not_for_who_did_not_register_it(relying: Relying, signed_in: Visitor) -> None:
    login = relying.login(signed_in)

    assert header(login.tokens["id_token"])["alg"] in ALGORITHMS


@module("oidcc-userinfo-get")
def test_userinfo_answers_get(relying: Relying, signed_in: Visitor) -> None:
    login = relying.login(signed_in)

    assert relying.userinfo(login.tokens)["sub"] == login.claims["sub"]


@module("oidcc-userinfo-post-header")
def test_userinfo_answers_post_with_the_header(relying: Relying, signed_in: Visitor) -> None:
    login = relying.login(signed_in)

    assert relying.userinfo(login.tokens, method="POST")["sub"] == login.claims["sub"]


@module("oidcc-userinfo-post-body")
def test_userinfo_answers_post_with_the_token_in_the_form(relying: Relying, signed_in: Visitor) -> None:
    login = relying.login(signed_in)

    form = {"access_token": login.tokens["access_token"]}
    answer = relying.provider.http.post(relying.provider.metadata["userinfo_endpoint"], data=form, timeout=15)

    relying.provider.advise(holds=answer.status_code == 200, otherwise=answer.text)
    assert answer.json().get("sub") == login.claims["sub"]


@module("oidcc-ensure-request-without-nonce-succeeds-for-code-flow")
def test_a_request_needs_no_nonce(relying: Relying, signed_in: Visitor) -> None:
    login = relying.login(signed_in, nonce=None)

    assert "nonce" not in login.claims


@module("oidcc-alternate-happy-flow")
def test_the_order_of_scopes_and_parameters_is_of_no_account(relying: Relying, signed_in: Visitor) -> None:
    asked = relying.ask(scope="email openid")
    turned = dict(reversed(asked.items()))

    code = granted(relying.provider, asked, signed_in.authorize(turned))

    assert relying.id_token(relying.redeem(code), asked)


@module("oidcc-ensure-request-with-unknown-parameter-succeeds")
def test_an_unknown_parameter_is_ignored(relying: Relying, signed_in: Visitor) -> None:
    assert relying.login(signed_in, extra="foobar").claims


@module("oidcc-ensure-request-with-acr-values-succeeds")
def test_an_acr_that_was_asked_for_is_given(relying: Relying, signed_in: Visitor) -> None:
    wished = relying.provider.metadata["acr_values_supported"]

    login = relying.login(signed_in, acr_values=" ".join(wished))

    relying.provider.advise(holds=login.claims.get("acr") in wished, otherwise="another acr, or none")


@module("oidcc-codereuse")
def test_a_code_is_used_once(relying: Relying, signed_in: Visitor) -> None:
    login = relying.login(signed_in)

    again = relying.redeem(login.code)

    refused_in_json(again, "invalid_grant")


@module("oidcc-ensure-registered-redirect-uri")
def test_an_address_that_is_not_registered_is_never_gone_to(relying: Relying, visitor: Visitor) -> None:
    answer = visitor.authorize(relying.ask(redirect_uri=f"{relying.client.redirect_uri}/other"))

    refused_on_a_page(answer)


@module("oidcc-ensure-post-request-succeeds")
def test_the_authorization_endpoint_takes_post(relying: Relying, visitor: Visitor) -> None:
    assert relying.login(visitor, by_post=True).claims


@module("oidcc-server-client-secret-post", "token_endpoint_auth_methods_supported:client_secret_post")
def test_a_client_may_send_its_secret_in_the_form(relying: Relying, signed_in: Visitor) -> None:
    method = {"token_endpoint_auth_method": "client_secret_post"}
    by_itself = relying.provider.announces("registration_endpoint")
    service = relying.registered(**method) if by_itself else relying.with_metadata(method)

    assert service.login(signed_in).claims


@module("oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported")
def test_a_request_uri_is_read_or_said_to_be_unsupported(relying: Relying, signed_in: Visitor) -> None:
    asked = relying.ask(request_uri="https://localhost:1/request.jwt")

    answer = signed_in.authorize(asked)

    words = ("request_uri_not_supported", "invalid_request_uri", "invalid_request", "invalid_request_object")
    refused_anyhow(relying.provider, asked, answer, *words)


@module("oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported")
def test_an_unsigned_request_object_is_read_or_refused_never_ignored(relying: Relying, signed_in: Visitor) -> None:
    asked = relying.ask()
    inside = {**asked, "iss": relying.client.client_id, "aud": relying.provider.issuer, "state": chance()}

    answer = signed_in.authorize(asked | {"request": unsigned(inside), "state": inside["state"]})

    if "code" not in answer.parameters:
        words = ("request_not_supported", "invalid_request_object")
        refused(relying.provider, inside, answer, *words)
    else:
        assert relying.id_token(relying.redeem(answer.parameters["code"]), inside)


@module("oidcc-ensure-request-object-with-redirect-uri")
def test_an_unsigned_object_cannot_bring_an_address_of_its_own(relying: Relying, signed_in: Visitor) -> None:
    asked = relying.ask()
    inside = {**asked, "redirect_uri": f"{relying.client.redirect_uri}/other", "exp": now() + 60}

    answer = signed_in.authorize(asked | {"request": unsigned(inside)})

    assert "code" not in answer.parameters
    assert not answer.page.url.startswith(f"{relying.client.redirect_uri}/other")


@module("oidcc-refresh-token", "grant_types_supported:refresh_token")
def test_a_refresh_token_works_for_its_client_alone(relying: Relying, other: Relying, signed_in: Visitor) -> None:
    login = relying.login(signed_in, scope="openid offline_access")
    token = login.tokens["refresh_token"]

    stolen = other.refresh(token)
    renewed = relying.refresh(token)

    refused_in_json(stolen, "invalid_grant")
    assert renewed.status_code == 200, renewed.text
    assert token.isascii()
    assert token.isprintable()
    if "id_token" in renewed.json():
        claims = relying.id_token(renewed, {"nonce": login.asked["nonce"]} if _has_nonce(renewed.json()) else {})
        kept = ("iss", "sub", "aud", "auth_time")
        assert [claims.get(name) for name in kept] == [login.claims.get(name) for name in kept]


@module("oidcc-ensure-request-with-valid-pkce-succeeds")
def test_pkce_of_an_ordinary_client_is_taken(relying: Relying, signed_in: Visitor) -> None:
    verifier = chance()

    login = relying.login(signed_in, verifier=verifier, code_challenge=s256(verifier), code_challenge_method="S256")

    assert login.claims


def _has_nonce(tokens: dict[str, str]) -> bool:
    return "nonce" in payload(tokens["id_token"])
