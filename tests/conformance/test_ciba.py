"""Plan FAPI-CIBA: the person is asked on a device of his own (CIBA Core, FAPI-CIBA clause 5)."""

from collections.abc import Callable
from datetime import timedelta
from json import loads
from time import sleep

import pytest

from tests.conformance.answers import refused_in_json
from tests.conformance.decoupled import GRANT_TYPE, NEEDS, Decoupled
from tests.conformance.description import Provider
from tests.conformance.listener import Listener
from tests.conformance.modules import module
from tests.conformance.strict import JWT_BEARER
from tests.conformance.tokens import chance, new_rsa, signed, spoilt, timed, unsigned

NAME = "fapi-ciba-id1"
BAD = ("invalid_request",)
NO_CLIENT = ("invalid_client", "invalid_request")
NO_GRANT = ("invalid_grant", "invalid_request")
STRANGER = new_rsa()
ONCE = "ping-with-mtls-ciba-notification-endpoint-response-401-and-require-server-does-not-retry"
PING = (*NEEDS, "backchannel_token_delivery_modes_supported:ping", "registration_endpoint")


@pytest.fixture
def service(provider: Provider, _announced: None) -> Decoupled:
    return Decoupled.of(provider, provider.of("fapi2"))


@pytest.fixture
def second(provider: Provider, _announced: None) -> Decoupled:
    return Decoupled.of(provider, provider.of("fapi2", 1))


@module("fapi-ciba-id1-discovery-end-point-verification", *NEEDS)
def test_discovery_says_how_answers_are_delivered(provider: Provider) -> None:
    said = provider.metadata

    assert set(said["backchannel_token_delivery_modes_supported"]) <= {"poll", "ping"}
    assert "poll" in said["backchannel_token_delivery_modes_supported"]
    algorithms = set(said.get("backchannel_authentication_request_signing_alg_values_supported", ["ES256"]))
    assert algorithms & {"PS256", "ES256", "EdDSA"}
    assert "none" not in algorithms


@module("fapi-ciba-id1", *NEEDS)
def test_who_agrees_elsewhere_is_signed_in_here(service: Decoupled) -> None:
    tokens = service.tokens()

    assert service.strict.resource(tokens["access_token"]).status_code == 200


@module("fapi-ciba-id1", *NEEDS)
def test_the_request_id_counts_once(service: Decoupled) -> None:
    auth_req_id = service.begun()
    service.person(auth_req_id, "allow")
    service.strict.checked(service.redeem(auth_req_id), {})

    refused_in_json(service.redeem(auth_req_id), "invalid_grant")


@module("fapi-ciba-id1-user-rejects-authentication", *NEEDS)
def test_who_says_no_is_not(service: Decoupled) -> None:
    auth_req_id = service.begun()
    service.person(auth_req_id, "deny")

    refused_in_json(service.redeem(auth_req_id), "access_denied")


@module("fapi-ciba-id1-multiple-call-to-token-endpoint", *NEEDS)
def test_who_asks_too_soon_is_told_to_wait(service: Decoupled) -> None:
    auth_req_id = service.begun()

    answers = [service.redeem(auth_req_id) for _ in range(3)]

    refused_in_json(answers[0], "authorization_pending")
    refused_in_json(answers[1], "authorization_pending", "slow_down")
    refused_in_json(answers[2], "authorization_pending", "slow_down")


@module("fapi-ciba-id1-auth-req-id-expired", *NEEDS)
def test_a_request_that_nobody_answered_ends(service: Decoupled) -> None:
    answer = service.ask(service.wish(requested_expiry=1))
    life = answer.json()["expires_in"]
    if life > 5:
        pytest.skip(f"a request lives for {life} seconds here, whatever was asked for")
    sleep(life + 1)

    refused_in_json(service.redeem(answer.json()["auth_req_id"]), "expired_token", "invalid_grant")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            {"binding_message": "1234"},
            marks=module(f"{NAME}-ensure-authorization-request-with-binding-message-succeeds", *NEEDS),
        ),
        pytest.param({"scope": "email openid"}, marks=module(f"{NAME}-ensure-other-scope-order-succeeds", *NEEDS)),
        pytest.param(
            {"requested_expiry": "300"}, marks=module(f"{NAME}-ensure-requested-expiry-as-string-succeeds", *NEEDS)
        ),
    ],
    ids=["binding-message", "scopes-turned", "expiry-as-text"],
)
def test_what_is_free_to_the_service_succeeds(service: Decoupled, changes: dict[str, str]) -> None:
    assert service.tokens(service.wish(**changes))["access_token"]


@module("fapi-ciba-id1-ensure-authorization-request-with-potentially-bad-binding-message", *NEEDS)
def test_an_odd_binding_message_is_shown_or_refused(service: Decoupled) -> None:
    answer = service.ask(service.wish(binding_message=f"{chance()} \U0001f44d\U0001f3ff 品川 & <b>"))

    if answer.status_code != 200:
        refused_in_json(answer, "invalid_binding_message")


MINUTE = timedelta(minutes=1)
OBJECTS = [
    ("missing-aud", {"aud": None}),
    ("bad-aud", {"aud": "https://other.example.com"}),
    ("missing-iss", {"iss": None}),
    ("bad-iss", {"iss": "https://other.example.com"}),
    ("missing-exp", {"exp": None}),
    ("expired-exp", {"exp": -5 * MINUTE}),
    ("exp-is-70-minutes-in-future", {"exp": 70 * MINUTE}),
    ("missing-iat", {"iat": None}),
    ("missing-nbf", {"nbf": None}),
    ("nbf-is-10-minutes-in-future", {"nbf": 10 * MINUTE}),
    ("nbf-is-70-minutes-in-past", {"nbf": -70 * MINUTE, "iat": -70 * MINUTE}),
    ("missing-jti", {"jti": None}),
]


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param(claims, marks=module(f"{NAME}-ensure-request-object-{name}-fails", *NEEDS), id=name)
        for name, claims in OBJECTS
    ],
)
def test_a_request_object_with_an_unfit_claim_is_refused(service: Decoupled, claims: dict[str, object]) -> None:
    answer = service.ask(service.wish(**timed(claims)))

    refused_in_json(answer, *BAD)


Make = Callable[[Decoupled], str]


def _by_rs256(service: Decoupled) -> str:
    own = [key for key in service.strict.client.keys or () if key.key_type == "RSA"] or [STRANGER]
    return signed(service.claims(service.wish()), own[0], "RS256")


def _by_another_client(service: Decoupled) -> str:
    second = Decoupled.of(service.provider, service.provider.of("fapi2", 1))
    return signed(service.claims(service.wish()), second.strict.key)


SIGNATURES = [
    pytest.param(
        lambda service: unsigned(service.claims(service.wish())),
        marks=module(f"{NAME}-ensure-request-object-signature-algorithm-is-none-fails", *NEEDS),
        id="none",
    ),
    pytest.param(
        lambda service: spoilt(signed(service.claims(service.wish()), service.strict.key)),
        marks=module(f"{NAME}-ensure-request-object-signature-algorithm-is-bad-fails", *NEEDS),
        id="bad",
    ),
    pytest.param(
        _by_rs256,
        marks=module(f"{NAME}-ensure-request-object-signature-algorithm-is-RS256-fails", *NEEDS),
        id="RS256",
    ),
    pytest.param(
        _by_another_client,
        marks=module(f"{NAME}-ensure-request-object-signed-by-other-client-fails", *NEEDS),
        id="of-another",
    ),
]


@pytest.mark.parametrize("make", SIGNATURES)
def test_a_request_object_with_an_unfit_signature_is_refused(service: Decoupled, make: Make) -> None:
    answer = service.ask(request=make(service))

    refused_in_json(answer, *BAD)


@module("fapi-ciba-id1-ensure-unsigned-backchannel-authorization-request-fails", *NEEDS)
def test_a_wish_outside_a_signed_object_is_refused(service: Decoupled) -> None:
    answer = service.ask(request=None, **service.wish())

    refused_in_json(answer, *BAD)


@module("fapi-ciba-id1-ensure-authorization-request-with-multiple-hints-fails", *NEEDS)
def test_two_hints_are_refused(service: Decoupled) -> None:
    answer = service.ask(service.wish(login_hint_token="other"))

    refused_in_json(answer, *BAD)


@module("fapi-ciba-id1-ensure-wrong-auth-req-id-in-token-endpoint-request", *NEEDS)
def test_a_made_up_auth_req_id_gets_nothing(service: Decoupled) -> None:
    refused_in_json(service.redeem(chance()), *NO_GRANT)


@module("fapi-ciba-id1-ensure-wrong-client-id-in-token-endpoint-request", *NEEDS)
def test_an_auth_req_id_is_of_its_service_alone(service: Decoupled, second: Decoupled) -> None:
    auth_req_id = service.begun()
    service.person(auth_req_id, "allow")

    refused_in_json(second.redeem(auth_req_id), *NO_GRANT)


@pytest.mark.parametrize(
    "in_object",
    [
        pytest.param(
            True,
            marks=module(f"{NAME}-ensure-different-client-id-and-issuer-in-backchannel-authorization-request", *NEEDS),
            id="and-issuer",
        ),
        pytest.param(
            False,
            marks=module(f"{NAME}-ensure-wrong-client-id-in-backchannel-authorization-request", *NEEDS),
            id="alone",
        ),
    ],
)
def test_the_client_id_of_another_begins_nothing(service: Decoupled, second: Decoupled, in_object: bool) -> None:
    other = second.strict.client.client_id
    request = signed(service.claims(service.wish(**({"iss": other} if in_object else {}))), service.strict.key)

    answer = service.ask(request=request, client_id=other)

    refused_in_json(answer, *BAD, "invalid_client")


Change = Callable[[Decoupled], dict[str, str | None]]


def _no_assertion(_service: Decoupled) -> dict[str, str | None]:
    return {"client_assertion": None, "client_assertion_type": None}


def _rs256_assertion(service: Decoupled) -> dict[str, str | None]:
    own = [key for key in service.strict.client.keys or () if key.key_type == "RSA"] or [STRANGER]
    return {"client_assertion": service.strict.assertion(own[0], "RS256"), "client_assertion_type": JWT_BEARER}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            _no_assertion,
            marks=module(f"{NAME}-ensure-without-client-assertion-in-backchannel-authorization-request", *NEEDS),
            id="none",
        ),
        pytest.param(
            _rs256_assertion,
            marks=module(
                f"{NAME}-ensure-client-assertion-signature-algorithm-in-backchannel-authorization-request-is-RS256-fails",
                *NEEDS,
            ),
            id="RS256",
        ),
    ],
)
def test_who_is_not_known_begins_nothing(service: Decoupled, change: Change) -> None:
    refused_in_json(service.ask(None, **change(service)), *NO_CLIENT)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            _no_assertion,
            marks=module(f"{NAME}-ensure-without-client-assertion-in-token-endpoint-request", *NEEDS),
            id="none",
        ),
        pytest.param(
            _rs256_assertion,
            marks=module(
                f"{NAME}-ensure-client-assertion-signature-algorithm-in-token-endpoint-request-is-RS256-fails", *NEEDS
            ),
            id="RS256",
        ),
    ],
)
def test_who_is_not_known_gets_no_tokens(service: Decoupled, change: Change) -> None:
    auth_req_id = service.begun()
    service.person(auth_req_id, "allow")

    refused_in_json(service.redeem(auth_req_id, **change(service)), *NO_CLIENT)


@module("fapi-ciba-id1-ensure-client-assertion-with-iss-aud-to-token-endpoint-succeeds", *NEEDS)
def test_an_assertion_for_the_issuer_is_taken(service: Decoupled) -> None:
    auth_req_id = service.begun()
    service.person(auth_req_id, "allow")

    # What `redeem` sends has the issuer as its `aud`; it is made afresh where a proof is asked for once more.
    answer = service.redeem(auth_req_id)

    assert answer.status_code == 200, answer.text


@module("fapi-ciba-id1-ensure-mtls-holder-of-key-required", *NEEDS)
def test_without_a_proof_of_possession_there_are_no_tokens(service: Decoupled) -> None:
    auth_req_id = service.begun()
    service.person(auth_req_id, "allow")

    bare = service.strict.send("token_endpoint", {"grant_type": GRANT_TYPE, "auth_req_id": auth_req_id})

    refused_in_json(bare, *NO_GRANT, "invalid_dpop_proof")


@module("fapi-ciba-id1-refresh-token", *NEEDS, "grant_types_supported:refresh_token")
def test_a_refresh_token_is_of_its_service_alone(service: Decoupled, second: Decoupled) -> None:
    token = service.tokens(service.wish(scope="openid offline_access"))["refresh_token"]

    stolen, renewed = second.strict.refresh(token), service.strict.refresh(token)

    refused_in_json(stolen, *NO_GRANT)
    assert renewed.status_code == 200, renewed.text


@pytest.mark.parametrize(
    ("path", "status", "headers", "body"),
    [
        pytest.param(
            "/ping-body", 200, {}, "{}",
            marks=module(f"{NAME}-ping-backchannel-notification-endpoint-response-has-body", *PING), id="body",
        ),
        pytest.param(
            "/ping-401", 401, {}, "",
            marks=module(f"{NAME}-ping-backchannel-notification-endpoint-response-401", *PING), id="401",
        ),
        pytest.param(
            "/ping-401-once", 401, {}, "",
            marks=module(f"{NAME}-{ONCE}", *PING),
            id="401-once",
        ),
        pytest.param(
            "/ping-403", 403, {}, "",
            marks=module(f"{NAME}-ping-backchannel-notification-endpoint-response-403", *PING), id="403",
        ),
        pytest.param(
            "/ping-redirect", 302, {"Location": "/ping-elsewhere"}, "",
            marks=module(f"{NAME}-ping-backchannel-notification-endpoint-return-redirect-request", *PING),
            id="redirect",
        ),
    ],
)  # fmt: skip
def test_a_ping_is_sent_once_and_followed_nowhere(
    service: Decoupled, listener: Listener, path: str, status: int, headers: dict[str, str], body: str
) -> None:
    listener.answers[path] = (status, headers, body)
    pinged = service.registered(listener.url + path)
    secret = chance()
    auth_req_id = pinged.begun(pinged.wish(client_notification_token=secret))

    pinged.person(auth_req_id, "allow")
    sent = listener.first(lambda received: received.path == path)
    sleep(0.5)

    assert sent.headers["authorization"] == f"Bearer {secret}"
    assert loads(sent.body) == {"auth_req_id": auth_req_id}
    assert len([received for received in listener.received if received.path == path]) == 1
    assert "/ping-elsewhere" not in [received.path for received in listener.received] + listener.gotten
    assert pinged.redeem(auth_req_id).status_code == 200
