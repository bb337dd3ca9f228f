"""Plan FAPI 2.0 Message Signing: the signed request object (RFC 9101, FAPI 2.0 Message Signing clause 5.3)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.conformance.answers import granted, refused_in_json
from tests.conformance.description import Provider
from tests.conformance.modules import module
from tests.conformance.strict import SIGNING, STRICT, Strict
from tests.conformance.tokens import chance, new_rsa, now, spoilt, timed, unsigned
from tests.conformance.visitor import Visitor

NAME = "fapi2-security-profile-final"
BAD = ("invalid_request", "invalid_request_object")
STRANGER = new_rsa()
NEEDS = (*STRICT, *SIGNING)
MINUTE = timedelta(minutes=1)
Make = Callable[[Strict, dict[str, str]], str]


@pytest.fixture
def signing(provider: Provider, _announced: None) -> Strict:
    return Strict(provider, provider.of("fapi2"), signs=True)


def _claims(**changes: object) -> Make:
    return lambda strict, asked: strict.request_object(asked, **timed(changes))


def _by_rs256(strict: Strict, asked: dict[str, str]) -> str:
    own = [key for key in strict.client.keys or () if key.key_type == "RSA"] or [STRANGER]
    return strict.request_object(asked, own[0], "RS256")


def _by_another_client(strict: Strict, asked: dict[str, str]) -> str:
    second = Strict(strict.provider, strict.provider.of("fapi2", 1), signs=True)
    return strict.request_object(asked, second.key)


def _by_nobody(strict: Strict, asked: dict[str, str]) -> str:
    return unsigned(
        {**asked, "iss": strict.client.client_id, "aud": strict.provider.issuer, "exp": now() + 60, "nbf": now()}
    )


REFUSED = [
    pytest.param(_claims(exp=None), marks=module(f"{NAME}-ensure-request-object-without-exp-fails", *NEEDS)),
    pytest.param(_claims(nbf=None), marks=module(f"{NAME}-ensure-request-object-without-nbf-fails", *NEEDS)),
    pytest.param(
        _claims(exp=-5 * MINUTE, nbf=-6 * MINUTE), marks=module(f"{NAME}-ensure-expired-request-object-fails", *NEEDS)
    ),
    pytest.param(
        _claims(aud="https://other.example.com"),
        marks=module(f"{NAME}-ensure-request-object-with-bad-aud-fails", *NEEDS),
    ),
    pytest.param(
        _claims(exp=70 * MINUTE), marks=module(f"{NAME}-ensure-request-object-with-exp-over-60-fails", *NEEDS)
    ),
    pytest.param(
        _claims(nbf=-70 * MINUTE), marks=module(f"{NAME}-ensure-request-object-with-nbf-over-60-fails", *NEEDS)
    ),
    pytest.param(_by_rs256, marks=module(f"{NAME}-ensure-signed-request-object-with-RS256-fails", *NEEDS)),
    pytest.param(_by_nobody, marks=module(f"{NAME}-ensure-request-object-signature-algorithm-is-not-none", *NEEDS)),
    pytest.param(
        lambda strict, asked: spoilt(strict.request_object(asked)),
        marks=module(f"{NAME}-ensure-request-object-with-invalid-signature-fails", *NEEDS),
    ),
    pytest.param(_by_another_client, marks=module(f"{NAME}-ensure-matching-key-in-authorization-request", *NEEDS)),
]
CASES = [
    "no-exp", "no-nbf", "expired", "bad-aud", "exp-in-70-minutes", "nbf-70-minutes-ago", "RS256", "none",
    "bad-signature", "key-of-another",
]  # fmt: skip


@pytest.mark.parametrize("make", REFUSED, ids=CASES)
def test_a_request_object_that_is_unfit_is_refused(signing: Strict, make: Make) -> None:
    asked = signing.ask()

    pushed = signing.push(asked, request=make(signing, asked))

    refused_in_json(pushed, "invalid_request_object")


@module(f"{NAME}-ensure-request-object-without-redirect-uri-fails", *NEEDS)
def test_a_request_object_without_redirect_uri_is_refused(signing: Strict) -> None:
    pushed = signing.push(signing.ask(redirect_uri=None))

    refused_in_json(pushed, *BAD)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(
            lambda strict, asked: strict.request_object(
                asked, aud=[strict.provider.issuer, "https://other.example.com"]
            ),
            marks=module(f"{NAME}-ensure-request-object-with-multiple-aud-succeeds", *NEEDS),
        ),
        pytest.param(
            lambda strict, asked: strict.request_object(asked, nbf=now() + 8),
            marks=module(f"{NAME}-ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted", *NEEDS),
        ),
    ],
    ids=["two-audiences", "clock-8-seconds-ahead"],
)
def test_a_request_object_that_is_fit_succeeds(signing: Strict, signed_in: Visitor, make: Make) -> None:
    asked = signing.ask()

    request_uri = signing.handle(asked, request=make(signing, asked))

    assert granted(signing.provider, asked, signing.authorize(signed_in, request_uri))


@module("fapi2-security-profile-final-state-only-outside-request-object-not-used", *NEEDS)
def test_a_state_beside_the_object_is_not_used(signing: Strict, signed_in: Visitor) -> None:
    asked = signing.ask(state=None)

    pushed = signing.push(asked, state=chance())

    if pushed.status_code == 201:
        assert granted(signing.provider, asked, signing.authorize(signed_in, pushed.json()["request_uri"]))
    else:
        refused_in_json(pushed, *BAD)


@module("fapi2-security-profile-final-ensure-unsigned-request-at-par-endpoint-fails", *NEEDS, "registration_endpoint")
def test_who_registered_to_sign_pushes_nothing_unsigned(signing: Strict) -> None:
    unsigned_one = signing.registered(require_signed_request_object=True)

    pushed = unsigned_one.push(unsigned_one.ask())

    refused_in_json(pushed, *BAD)
