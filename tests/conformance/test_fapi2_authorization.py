"""Plans FAPI 2.0: from the pushed request to the code."""

from json import dumps
from urllib.parse import urlencode

import pytest

from tests.conformance.answers import granted, refused, refused_anyhow, refused_in_json, refused_on_a_page
from tests.conformance.description import Provider
from tests.conformance.modules import module
from tests.conformance.strict import STRICT, Strict
from tests.conformance.tokens import chance, new_ec, now
from tests.conformance.visitor import Visitor

NAME = "fapi2-security-profile-final"
BAD = ("invalid_request", "invalid_request_object", "request_uri_not_supported")


@module("fapi2-security-profile-final-discovery-end-point-verification", *STRICT)
def test_discovery_says_what_fapi_2_demands(provider: Provider) -> None:
    said = provider.metadata

    assert said["authorization_response_iss_parameter_supported"] is True
    assert set(said["response_types_supported"]) == {"code"}
    assert "S256" in said["code_challenge_methods_supported"]
    assert "plain" not in said["code_challenge_methods_supported"]
    assert {"PS256", "ES256", "EdDSA"} & set(said["token_endpoint_auth_signing_alg_values_supported"])
    assert {"PS256", "ES256", "EdDSA"} & set(said["dpop_signing_alg_values_supported"])
    assert not {"none", "HS256"} & set(said["dpop_signing_alg_values_supported"])
    assert {"client_secret_basic", "private_key_jwt"} & set(said["token_endpoint_auth_methods_supported"])


@module("fapi2-security-profile-final-happy-flow", *STRICT)
def test_two_clients_get_bound_tokens(strict: Strict, second: Strict, signed_in: Visitor) -> None:
    first_tokens = strict.tokens(signed_in)
    second_tokens = second.tokens(signed_in)

    assert strict.resource(first_tokens["access_token"]).status_code == 200
    assert second.resource(second_tokens["access_token"]).status_code == 200
    assert strict.resource(second_tokens["access_token"]).status_code == 401


@module("fapi2-security-profile-final-user-rejects-authentication", *STRICT)
def test_a_person_may_say_no(strict: Strict, visitor: Visitor) -> None:
    asked = strict.ask(prompt="consent")

    answer = strict.authorize(visitor, strict.handle(asked), agree=False)

    refused(strict.provider, asked, answer, "access_denied")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            {"state": None}, marks=module(f"{NAME}-ensure-authorization-request-without-state-success", *STRICT)
        ),
        pytest.param(
            {"nonce": None}, marks=module(f"{NAME}-ensure-authorization-request-without-nonce-success", *STRICT)
        ),
        pytest.param(
            {"nonce": "n" * 64},
            marks=module(f"{NAME}-ensure-authorization-request-with-64-char-nonce-success", *STRICT),
        ),
        pytest.param({"scope": "email openid"}, marks=module(f"{NAME}-ensure-other-scope-order-succeeds", *STRICT)),
    ],
    ids=["no-state", "no-nonce", "nonce-of-64", "scopes-turned"],
)
def test_what_is_free_to_the_client_succeeds(
    strict: Strict, signed_in: Visitor, changes: dict[str, str | None]
) -> None:
    asked = strict.ask(**changes)

    tokens = strict.checked(strict.redeem(strict.code(signed_in, asked)), asked)

    assert strict.resource(tokens["access_token"]).status_code == 200


@module("fapi2-security-profile-final-test-claims-parameter-identity-claims", *STRICT, "claims_parameter_supported")
def test_claims_that_were_asked_for_come_from_userinfo(strict: Strict, signed_in: Visitor) -> None:
    wish = dumps({"userinfo": {"given_name": {"essential": True}, "family_name": None}})

    tokens = strict.tokens(signed_in, claims=wish)

    found = strict.resource(tokens["access_token"]).json()
    strict.provider.advise(holds={"given_name", "family_name"} <= set(found), otherwise=f"only {set(found)}")


@pytest.mark.parametrize(
    ("name", "length"),
    [
        pytest.param("nonce", 384, marks=module(f"{NAME}-ensure-authorization-request-with-long-nonce", *STRICT)),
        pytest.param("state", 384, marks=module(f"{NAME}-ensure-authorization-request-with-long-state", *STRICT)),
    ],
    ids=["nonce", "state"],
)
def test_a_long_value_comes_back_whole_or_is_refused(
    strict: Strict, signed_in: Visitor, name: str, length: int
) -> None:
    asked = strict.ask(**{name: "x" * length})

    pushed = strict.push(asked)

    if pushed.status_code != 201:
        refused_in_json(pushed, *BAD)
        return
    answer = strict.authorize(signed_in, pushed.json()["request_uri"])
    assert strict.checked(strict.redeem(granted(strict.provider, asked, answer)), asked)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(
            "nonce", "other", marks=module(f"{NAME}-ensure-different-nonce-inside-and-outside-request-object", *STRICT)
        ),
        pytest.param(
            "state", "other", marks=module(f"{NAME}-ensure-different-state-inside-and-outside-request-object", *STRICT)
        ),
    ],
    ids=["nonce", "state"],
)
def test_what_was_pushed_counts_not_what_the_browser_brings(
    strict: Strict, signed_in: Visitor, name: str, value: str
) -> None:
    asked = strict.ask()

    answer = strict.authorize(signed_in, strict.handle(asked), {name: value})

    if answer.by == "page" or "error" in answer.parameters:
        refused_anyhow(strict.provider, asked, answer, *BAD)
    else:
        assert strict.checked(strict.redeem(granted(strict.provider, asked, answer)), asked)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param(
            {"redirect_uri": None}, BAD, marks=module(f"{NAME}-ensure-redirect-uri-in-authorization-request", *STRICT)
        ),
        pytest.param(
            {"response_type": "code id_token"}, (*BAD, "unsupported_response_type", "unauthorized_client"),
            marks=module(f"{NAME}-ensure-response-type-code-idtoken-fails", *STRICT),
        ),
        pytest.param(
            {"response_type": "token"}, (*BAD, "unsupported_response_type", "unauthorized_client"),
            marks=module(f"{NAME}-ensure-response-type-token-fails", *STRICT),
        ),
        pytest.param(
            {"code_challenge": None, "code_challenge_method": None}, BAD,
            marks=module(f"{NAME}-par-ensure-pkce-required", *STRICT),
        ),
        pytest.param({"code_challenge_method": "plain"}, BAD, marks=module(f"{NAME}-par-plain-pkce-rejected", *STRICT)),
        pytest.param(
            {"request_uri": "urn:ietf:params:oauth:request_uri:abc"}, BAD,
            marks=module(f"{NAME}-par-authorization-request-containing-request_uri", *STRICT),
        ),
    ],
    ids=["no-redirect-uri", "code-id_token", "token", "no-pkce", "plain-pkce", "request_uri"],
)  # fmt: skip
def test_a_request_against_the_profile_is_refused_when_it_is_pushed(
    strict: Strict, changes: dict[str, str | None], words: tuple[str, ...]
) -> None:
    pushed = strict.push(strict.ask(**changes))

    refused_in_json(pushed, *words)


@module("fapi2-security-profile-final-par-authorization-request-containing-request_uri-form-param", *STRICT)
def test_a_pushed_form_has_no_request_uri(strict: Strict) -> None:
    pushed = strict.push(strict.ask(), request_uri=f"urn:ietf:params:oauth:request_uri:{chance()}")

    refused_in_json(pushed, *BAD)


@module("fapi2-security-profile-final-ensure-registered-redirect-uri", *STRICT)
def test_an_address_that_is_not_registered_is_refused(strict: Strict, visitor: Visitor) -> None:
    pushed = strict.push(strict.ask(redirect_uri=f"{strict.client.redirect_uri}/other"))

    if pushed.status_code == 201:
        refused_on_a_page(strict.authorize(visitor, pushed.json()["request_uri"]))
    else:
        refused_in_json(pushed, *BAD, "invalid_redirect_uri")


@module("fapi2-security-profile-final-plain-fapi-tolerate-unregistered-redirect-uri", *STRICT)
def test_an_address_with_a_query_of_its_own_is_tolerated_or_refused(strict: Strict) -> None:
    pushed = strict.push(strict.ask(redirect_uri=f"{strict.client.redirect_uri}?dummy1=lorem"))

    if pushed.status_code != 201:
        refused_in_json(pushed, *BAD, "invalid_redirect_uri")


@module("fapi2-security-profile-final-ensure-unsigned-authorization-request-without-using-par-fails", *STRICT)
def test_a_request_that_was_not_pushed_is_refused(strict: Strict, signed_in: Visitor) -> None:
    asked = strict.ask()

    answer = strict.opened(signed_in.authorize(asked))

    refused_anyhow(strict.provider, asked, answer, *BAD)


@module("fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds", *STRICT)
def test_a_page_may_be_loaded_again_before_the_login_is_complete(strict: Strict, visitor: Visitor) -> None:
    asked = strict.ask()
    request_uri = strict.handle(asked)
    visitor.browser.open(f"{strict.provider.metadata['authorization_endpoint']}?{_query(strict, request_uri)}")

    answer = strict.authorize(visitor, request_uri)

    assert strict.checked(strict.redeem(granted(strict.provider, asked, answer)), asked)


@module("fapi2-security-profile-final-par-attempt-reuse-request_uri", *STRICT)
def test_a_request_uri_is_used_up_when_a_code_was_issued(strict: Strict, signed_in: Visitor) -> None:
    asked = strict.ask()
    request_uri = strict.handle(asked)
    granted(strict.provider, asked, strict.authorize(signed_in, request_uri))

    again = strict.authorize(signed_in, request_uri)

    strict.provider.advise(holds="code" not in again.parameters, otherwise="a second code for one request_uri")


@module("fapi2-security-profile-final-par-attempt-to-use-request_uri-for-different-client", *STRICT)
def test_a_request_uri_is_of_its_client_alone(strict: Strict, second: Strict, signed_in: Visitor) -> None:
    asked = strict.ask()

    answer = second.authorize(signed_in, strict.handle(asked))

    assert "code" not in answer.parameters


@module("fapi2-security-profile-final-par-attempt-invalid-http-method", *STRICT)
def test_par_is_not_for_get(strict: Strict) -> None:
    url = strict.provider.metadata["pushed_authorization_request_endpoint"]

    answer = strict.provider.http.get(url, params=strict.ask(), timeout=15)

    assert answer.status_code in {404, 405, 400}


@module("fapi2-security-profile-final-par-without-duplicate-parameters", *STRICT)
def test_the_browser_needs_to_bring_client_and_handle_alone(strict: Strict, signed_in: Visitor) -> None:
    asked = strict.ask()

    door = strict.at_door(strict.handle(asked))
    answer = strict.opened(signed_in.authorize(door, stop_at=strict.client.redirect_uri))

    assert set(door) == {"client_id", "request_uri"}
    assert granted(strict.provider, asked, answer)


@module("fapi2-security-profile-final-ensure-mismatched-dpop-jkt-fails", *STRICT)
def test_a_thumbprint_of_another_key_than_the_proofs_is_refused(strict: Strict) -> None:
    asked = strict.ask(dpop_jkt=new_ec().thumbprint())
    sent = {"request": strict.request_object(asked), "client_id": asked["client_id"]} if strict.signs else asked

    pushed = strict.send("pushed_authorization_request_endpoint", sent, strict.proof_key)

    refused_in_json(pushed, *BAD, "invalid_dpop_proof")


@module(
    "fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted", *STRICT
)
def test_a_clock_eight_seconds_ahead_is_borne(strict: Strict) -> None:
    pushed = strict.push(strict.ask(), client_assertion=strict.assertion(nbf=now() + 8, iat=now() + 8))

    assert pushed.status_code == 201, pushed.text


def _query(strict: Strict, request_uri: str) -> str:
    return urlencode(strict.at_door(request_uri))
