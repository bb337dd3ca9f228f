"""Plans FAPI 2.0: from the code to tokens, and who may ask for them."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.conformance.answers import refused_in_json
from tests.conformance.modules import module
from tests.conformance.strict import STRICT, Strict
from tests.conformance.tokens import chance, new_ec, new_rsa, now, s256, timed
from tests.conformance.visitor import Visitor

NAME = "fapi2-security-profile-final"
NO_CLIENT = ("invalid_client", "invalid_request")
NO_GRANT = ("invalid_grant", "invalid_request")
NO_PROOF = ("invalid_request", "invalid_dpop_proof", "invalid_grant")
STRANGER = new_rsa()


@module("fapi2-security-profile-final-ensure-holder-of-key-required", *STRICT)
def test_without_a_proof_of_possession_there_are_no_tokens(strict: Strict, signed_in: Visitor) -> None:
    code = strict.code(signed_in, strict.ask())

    bare = strict.send("token_endpoint", {
        "grant_type": "authorization_code", "code": code, "redirect_uri": strict.client.redirect_uri,
        "code_verifier": strict.verifier,
    })  # fmt: skip

    refused_in_json(bare, *NO_PROOF)


@module("fapi2-security-profile-final-ensure-authorization-code-is-bound-to-client", *STRICT)
def test_a_code_is_of_its_client_alone(strict: Strict, second: Strict, signed_in: Visitor) -> None:
    code = strict.code(signed_in, strict.ask())

    stolen = second.redeem(code, code_verifier=strict.verifier, redirect_uri=strict.client.redirect_uri)

    refused_in_json(stolen, *NO_GRANT)


@module("fapi2-security-profile-final-ensure-client-id-in-token-endpoint", *STRICT)
def test_the_client_id_of_another_does_not_go_with_ones_own_assertion(
    strict: Strict, second: Strict, signed_in: Visitor
) -> None:
    code = strict.code(signed_in, strict.ask())

    mixed = strict.redeem(code, client_id=second.client.client_id)

    refused_in_json(mixed, *NO_CLIENT, "invalid_grant")


@module("fapi2-security-profile-final-attempt-reuse-authorization-code-after-one-second", *STRICT)
def test_a_code_is_used_once(strict: Strict, signed_in: Visitor) -> None:
    asked = strict.ask()
    code = strict.code(signed_in, asked)
    tokens = strict.checked(strict.redeem(code), asked)

    again = strict.redeem(code)

    refused_in_json(again, "invalid_grant")
    after = strict.resource(tokens["access_token"]).status_code
    strict.provider.advise(holds=after == 401, otherwise="the tokens of a code that was used twice still count")


@pytest.mark.parametrize(
    "verifier",
    [
        pytest.param(None, marks=module(f"{NAME}-ensure-pkce-code-verifier-required", *STRICT)),
        pytest.param("w" * 43, marks=module(f"{NAME}-incorrect-pkce-code-verifier-rejected", *STRICT)),
    ],
    ids=["none", "wrong"],
)
def test_a_code_needs_its_verifier(strict: Strict, signed_in: Visitor, verifier: str | None) -> None:
    code = strict.code(signed_in, strict.ask())

    answer = strict.redeem(code, code_verifier=verifier)

    refused_in_json(answer, *NO_GRANT)


@module("fapi2-security-profile-final-refresh-token", *STRICT, "grant_types_supported:refresh_token")
def test_a_refresh_token_is_bound_and_needs_its_client(strict: Strict, second: Strict, signed_in: Visitor) -> None:
    token = strict.tokens(signed_in, scope="openid offline_access", prompt="consent")["refresh_token"]

    stolen = second.refresh(token)
    unauthenticated = strict.refresh(token, client_assertion=None, client_assertion_type=None)
    renewed = strict.refresh(token)
    again = strict.refresh(token)

    refused_in_json(stolen, *NO_GRANT)
    refused_in_json(unauthenticated, *NO_CLIENT)
    assert renewed.status_code == 200, renewed.text
    assert again.status_code == 200, again.text
    assert strict.resource(renewed.json()["access_token"]).status_code == 200


Change = Callable[[Strict], dict[str, str | None]]


def _with(**claims: object) -> Change:
    return lambda strict: {"client_assertion": strict.assertion(**timed(claims))}


def _ending(endpoint: str, *, array: bool = False) -> Change:
    def change(strict: Strict) -> dict[str, str | None]:
        url = strict.provider.metadata[endpoint]
        return {"client_assertion": strict.assertion(aud=[url] if array else url)}

    return change


def _in_array(strict: Strict) -> dict[str, str | None]:
    return {"client_assertion": strict.assertion(aud=[strict.provider.issuer])}


def _by_rs256(strict: Strict) -> dict[str, str | None]:
    own = [key for key in strict.client.keys or () if key.key_type == "RSA"] or [STRANGER]
    return {"client_assertion": strict.assertion(own[0], "RS256")}


def _none(_strict: Strict) -> dict[str, str | None]:
    return {"client_assertion": None, "client_assertion_type": None}


ASSERTIONS = [
    pytest.param(_by_rs256, marks=module(f"{NAME}-ensure-signed-client-assertion-with-RS256-fails", *STRICT)),
    pytest.param(_none, marks=module(f"{NAME}-ensure-client-assertion-in-token-endpoint", *STRICT)),
    pytest.param(
        _with(exp=timedelta(minutes=-5)),
        marks=module(f"{NAME}-ensure-client-assertion-with-exp-is-5-minutes-in-past-fails", *STRICT),
    ),
    pytest.param(
        _with(aud="https://other.example.com"),
        marks=module(f"{NAME}-ensure-client-assertion-with-wrong-aud-fails", *STRICT),
    ),
    pytest.param(_with(sub=None), marks=module(f"{NAME}-ensure-client-assertion-with-no-sub-fails", *STRICT)),
]


@pytest.mark.parametrize("change", ASSERTIONS, ids=["RS256", "none", "expired", "wrong-aud", "no-sub"])
def test_an_assertion_that_is_unfit_gets_no_tokens(strict: Strict, signed_in: Visitor, change: Change) -> None:
    code = strict.code(signed_in, strict.ask())

    answer = strict.redeem(code, **change(strict))

    refused_in_json(answer, *NO_CLIENT)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_in_array, marks=module(f"{NAME}-par-test-array-as-audience-fails", *STRICT)),
        pytest.param(
            _ending("pushed_authorization_request_endpoint"),
            marks=module(f"{NAME}-par-test-par-endpoint-url-as-audience-fails", *STRICT),
        ),
        pytest.param(
            _ending("token_endpoint"), marks=module(f"{NAME}-par-test-token-endpoint-url-as-audience-fails", *STRICT)
        ),
        pytest.param(
            lambda strict: {"client_assertion": strict.assertion(nbf=now() + 90, exp=now() + 180)},
            marks=module(f"{NAME}-par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails", *STRICT),
        ),
    ],
    ids=["array", "par-endpoint", "token-endpoint", "not-yet"],
)
def test_an_assertion_that_is_unfit_pushes_nothing(strict: Strict, change: Change) -> None:
    pushed = strict.push(strict.ask(), **change(strict))

    refused_in_json(pushed, *NO_CLIENT)


@pytest.mark.parametrize(
    "offset",
    [
        pytest.param(-10, marks=module(f"{NAME}-ensure-dpopproof-with-iat-10seconds-before-succeeds", *STRICT)),
        pytest.param(10, marks=module(f"{NAME}-ensure-dpopproof-with-iat-10seconds-after-succeeds", *STRICT)),
    ],
)
def test_a_proof_of_a_clock_ten_seconds_off_is_borne(strict: Strict, signed_in: Visitor, offset: int) -> None:
    token = strict.tokens(signed_in)["access_token"]

    assert strict.resource(token, iat=now() + offset).status_code == 200


@module("fapi2-security-profile-final-check-dpop-proof-nbf-exp", *STRICT)
def test_a_proof_may_have_times_of_its_own(strict: Strict, signed_in: Visitor) -> None:
    token = strict.tokens(signed_in)["access_token"]

    assert strict.resource(token, nbf=now() - 5, exp=now() + 60).status_code == 200


@module("fapi2-security-profile-final-access-token-type-header-case-sensitivity", *STRICT)
def test_the_name_of_the_scheme_has_no_case(strict: Strict, signed_in: Visitor) -> None:
    token = strict.tokens(signed_in)["access_token"]

    answers = [strict.resource(token, scheme=scheme).status_code for scheme in ("dpop", "DPOP", "DPoP")]

    assert answers == [200, 200, 200]


@module("fapi2-security-profile-final-ensure-dpop-auth-code-binding-success", *STRICT)
def test_a_code_bound_by_thumbprint_goes_to_its_key(strict: Strict, signed_in: Visitor) -> None:
    asked = strict.ask(dpop_jkt=strict.proof_key.thumbprint())

    assert strict.checked(strict.redeem(strict.code(signed_in, asked)), asked)


@module("fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-jkt", *STRICT)
def test_a_code_bound_by_thumbprint_goes_to_no_other_key(strict: Strict, signed_in: Visitor) -> None:
    asked = strict.ask(dpop_jkt=new_ec().thumbprint())

    answer = strict.redeem(strict.code(signed_in, asked))

    refused_in_json(answer, *NO_PROOF)


@module("fapi2-security-profile-final-ensure-dpopproof-at-par-endpoint-binding-success", *STRICT)
def test_a_code_bound_by_proof_goes_to_its_key(strict: Strict, signed_in: Visitor) -> None:
    asked, code = strict.proven_code(signed_in)

    assert strict.checked(strict.redeem(code), asked)


@module("fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt", *STRICT)
def test_a_code_bound_by_proof_goes_to_no_other_key(strict: Strict, signed_in: Visitor) -> None:
    _, code = strict.proven_code(signed_in)

    answer = strict.with_key(new_ec()).redeem(code)

    refused_in_json(answer, *NO_PROOF)


@module("fapi2-security-profile-final-dpop-negative-tests", *STRICT)
def test_a_proof_in_a_spelling_of_its_own_is_borne(strict: Strict, signed_in: Visitor) -> None:
    token = strict.tokens(signed_in)["access_token"]
    url = strict.provider.metadata["userinfo_endpoint"]

    capital = strict.resource(token, htu=url.replace("https://localhost", "HTTPS://LOCALHOST"))
    extra = strict.resource(token, extra="claim")
    query = strict.resource_at(f"{url}?dummy=1", token, htu=url)

    assert [capital.status_code, extra.status_code, query.status_code] == [200, 200, 200]


PROOFS = {
    "no-jti": {"jti": None},
    "no-htm": {"htm": None},
    "no-htu": {"htu": None},
    "no-iat": {"iat": None},
    "no-ath": {"ath": None},
    "other-htm": {"htm": "POST"},
    "other-htu": {"htu": "https://example.com/userinfo"},
    "other-ath": {"ath": s256("other")},
    "ath-of-nothing": {"ath": ""},
}


@pytest.mark.parametrize("claims", PROOFS.values(), ids=PROOFS)
@module("fapi2-security-profile-final-dpop-negative-tests", *STRICT)
def test_a_proof_with_an_unfit_claim_opens_nothing(
    strict: Strict, signed_in: Visitor, claims: dict[str, object]
) -> None:
    token = strict.tokens(signed_in)["access_token"]

    answer = strict.resource(token, **claims)  # type: ignore[arg-type]

    assert answer.status_code in {400, 401}
    assert "DPoP" in answer.headers["WWW-Authenticate"]


HEADERS = {
    "no-typ": {"typ": None},
    "other-typ": {"typ": "JWT"},
    "no-jwk": {"jwk": None},
    "other-key-in-the-header": {"jwk": new_ec().as_dict(private=False)},
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
@module("fapi2-security-profile-final-dpop-negative-tests", *STRICT)
def test_a_proof_with_an_unfit_header_opens_nothing(
    strict: Strict, signed_in: Visitor, header: dict[str, object]
) -> None:
    token = strict.tokens(signed_in)["access_token"]

    answer = strict.bare(token, [strict.proof(token, **header)])

    assert answer.status_code in {400, 401}


@module("fapi2-security-profile-final-dpop-negative-tests", *STRICT)
def test_what_is_no_proof_opens_nothing(strict: Strict, signed_in: Visitor) -> None:
    token = strict.tokens(signed_in)["access_token"]
    good = strict.proof(token)

    answers = {
        "none at all": strict.bare(token, []),
        "no JWT": strict.bare(token, ["abc"]),
        "two": strict.bare(token, [good, strict.proof(token)]),
        "spoilt": strict.bare(token, [strict.spoilt_proof(token)]),
        "algorithm none": strict.bare(token, [strict.unsigned_proof(token)]),
        "private key": strict.bare(token, [strict.proof(token, jwk=strict.proof_key.as_dict(private=True))]),
        "RS256": strict.bare(token, [strict.proof_by(STRANGER, "RS256", token)]),
        "HS256": strict.bare(token, [strict.proof_by(STRANGER, "PS256", token, alg="HS256")]),
        "another key": strict.bare(token, [strict.proof_by(new_ec(), "ES256", token)]),
        "an hour ago": strict.bare(token, [strict.dated_proof(token, now() - 3600)]),
        "in an hour": strict.bare(token, [strict.dated_proof(token, now() + 3600)]),
        "as bearer": strict.bare(token, [], scheme="Bearer"),
        "as bearer with proof": strict.bare(token, [good], scheme="Bearer"),
    }

    assert {name for name, answer in answers.items() if answer.status_code not in {400, 401}} == set()


@module("fapi2-security-profile-final-dpop-negative-tests", *STRICT)
def test_a_proof_is_used_once(strict: Strict, signed_in: Visitor) -> None:
    token = strict.tokens(signed_in)["access_token"]
    jti = chance()

    first, again = strict.resource(token, jti=jti), strict.resource(token, jti=jti)

    assert first.status_code == 200
    strict.provider.advise(holds=again.status_code == 401, otherwise="a proof was taken twice")
