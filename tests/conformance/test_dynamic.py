"""Plans Dynamic and 3rd-Party-Init: services that register by themselves (OpenID Connect Registration, RFC 7591)."""

from time import sleep

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.token_keys import LOOK_EVERY
from tests.conformance.answers import refused_in_json, refused_on_a_page
from tests.conformance.asserting import Asserting
from tests.conformance.description import Provider
from tests.conformance.listener import Listener
from tests.conformance.modules import module
from tests.conformance.relying import Relying
from tests.conformance.tokens import ALGORITHMS, chance, header, new_ec, new_rsa, now, signed, unsigned
from tests.conformance.turning import verb
from tests.conformance.visitor import Visitor

REGISTRATION = "registration_endpoint"
BAD = ("invalid_redirect_uri", "invalid_client_metadata")


@module("oidcc-server", REGISTRATION)
def test_who_registered_by_itself_signs_people_in(plain: Relying, signed_in: Visitor) -> None:
    service = plain.registered()

    login = service.login(signed_in, scope="openid profile")

    assert service.userinfo(login.tokens)["sub"] == login.claims["sub"]


@module("oidcc-idtoken-rs256", REGISTRATION, "id_token_signing_alg_values_supported:RS256")
def test_rs256_is_to_be_had_for_id_tokens(plain: Relying, signed_in: Visitor) -> None:
    service = plain.registered(id_token_signed_response_alg="RS256")

    login = service.login(signed_in)

    assert header(login.tokens["id_token"])["alg"] == "RS256"


@module("oidcc-idtoken-unsigned", REGISTRATION)
def test_algorithm_none_is_not_to_be_had(plain: Relying) -> None:
    wanted = {"redirect_uris": [plain.client.redirect_uri], "id_token_signed_response_alg": "none"}

    answer = plain.register(wanted)

    refused_in_json(answer, "invalid_client_metadata")


@module("oidcc-userinfo-rs256", REGISTRATION, "userinfo_signing_alg_values_supported:RS256")
def test_userinfo_is_signed_for_who_asked(plain: Relying, signed_in: Visitor) -> None:
    service = plain.registered(userinfo_signed_response_alg="RS256")
    login = service.login(signed_in)

    endpoint, bearer = plain.provider.metadata["userinfo_endpoint"], f"Bearer {login.tokens['access_token']}"
    answer = plain.provider.http.get(endpoint, headers={"Authorization": bearer}, timeout=15)

    assert answer.headers["Content-Type"].startswith("application/jwt")
    claims = jwt.decode(answer.text, plain.provider.key_set(), algorithms=["RS256"]).claims
    assert claims["iss"] == plain.provider.issuer
    assert claims["aud"] in (service.client.client_id, [service.client.client_id])
    assert claims["sub"] == login.claims["sub"]


@module("oidcc-ensure-redirect-uri-in-authorization-request", REGISTRATION)
def test_with_two_addresses_the_request_must_name_one(plain: Relying, visitor: Visitor) -> None:
    uri = plain.client.redirect_uri
    service = plain.registered(redirect_uris=[uri, f"{uri}/second"])

    answer = visitor.authorize(service.ask(redirect_uri=None), stop_at=uri)

    refused_on_a_page(answer)


@module("oidcc-redirect-uri-query-OK", REGISTRATION)
def test_an_address_may_have_a_query(plain: Relying, signed_in: Visitor) -> None:
    uri = f"{plain.client.redirect_uri}?foo=bar"
    service = plain.registered(redirect_uris=[uri])
    asked = service.ask()

    answer = signed_in.authorize(asked)

    assert answer.parameters["foo"] == "bar"
    assert answer.parameters["state"] == asked["state"]
    assert service.redeem(answer.parameters["code"]).status_code == 200


@pytest.mark.parametrize(
    ("registered", "sent"),
    [
        pytest.param("?foo=bar", "?foo=bar&bar=foo", marks=module("oidcc-redirect-uri-query-added", REGISTRATION)),
        pytest.param("?foo=bar", "?bar=foo", marks=module("oidcc-redirect-uri-query-mismatch", REGISTRATION)),
    ],
    ids=["added", "mismatch"],
)
def test_the_query_of_an_address_is_part_of_it(plain: Relying, visitor: Visitor, registered: str, sent: str) -> None:
    uri = plain.client.redirect_uri
    service = plain.registered(redirect_uris=[uri + registered])

    answer = visitor.authorize(service.ask(redirect_uri=uri + sent))

    refused_on_a_page(answer)


@module("oidcc-redirect-uri-regfrag", REGISTRATION)
def test_an_address_has_no_fragment(plain: Relying) -> None:
    answer = plain.register({"redirect_uris": [f"{plain.client.redirect_uri}#foobar"]})

    refused_in_json(answer, *BAD)


@pytest.mark.parametrize(
    "link",
    [
        pytest.param("logo_uri", marks=module("oidcc-registration-logo-uri", REGISTRATION)),
        pytest.param("policy_uri", marks=module("oidcc-registration-policy-uri", REGISTRATION)),
        pytest.param("tos_uri", marks=module("oidcc-registration-tos-uri", REGISTRATION)),
    ],
)
def test_what_a_service_says_of_itself_is_shown_to_the_person(plain: Relying, visitor: Visitor, link: str) -> None:
    uri = plain.client.redirect_uri.rpartition("/")[0] + f"/{link}"
    service = plain.registered(**{link: uri})

    visitor.authorize(service.ask(prompt="consent"))

    shown = [page for page in visitor.seen if uri in page.text]
    plain.provider.advise(holds=bool(shown) or link == "logo_uri", otherwise=f"no page shows {link}")
    assert service.client.metadata is not None
    assert service.client.metadata[link] == uri


@module("oidcc-registration-jwks-uri", REGISTRATION, "token_endpoint_auth_methods_supported:private_key_jwt")
def test_keys_are_read_from_where_they_were_said_to_be(plain: Relying, signed_in: Visitor, listener: Listener) -> None:
    key = new_ec()
    place = listener.publish("/registration-keys", KeySet([key]).as_dict(private=False))
    service = Asserting.registered_by(plain, key, jwks_uri=place)

    assert service.login(signed_in).claims
    assert "/registration-keys" in listener.gotten


@module(
    "oidcc-ensure-client-assertion-with-iss-aud-succeeds", REGISTRATION,
    "token_endpoint_auth_methods_supported:private_key_jwt",
)  # fmt: skip
def test_an_assertion_for_the_issuer_is_taken(plain: Relying, signed_in: Visitor) -> None:
    key = new_ec()
    service = Asserting.registered_by(plain, key, jwks=KeySet([key]).as_dict(private=False))

    assert service.login(signed_in).claims


@module("oidcc-registration-sector-uri", REGISTRATION, "subject_types_supported:pairwise")
def test_services_of_one_sector_know_a_person_by_one_name(
    plain: Relying, signed_in: Visitor, listener: Listener
) -> None:
    uris = [plain.client.redirect_uri, "https://other.example.com/callback"]
    sector = listener.publish("/sector", uris)
    first = plain.registered(redirect_uris=uris, sector_identifier_uri=sector, subject_type="pairwise")
    second = plain.registered(redirect_uris=uris[:1], sector_identifier_uri=sector, subject_type="pairwise")

    assert first.login(signed_in).claims["sub"] == second.login(signed_in).claims["sub"]


@module("oidcc-registration-sector-bad", REGISTRATION, "subject_types_supported:pairwise")
def test_a_sector_that_does_not_list_the_address_is_refused(plain: Relying, listener: Listener) -> None:
    sector = listener.publish("/bad-sector", ["https://other.example.com/callback"])

    answer = plain.register({
        "redirect_uris": [plain.client.redirect_uri], "sector_identifier_uri": sector, "subject_type": "pairwise",
    })  # fmt: skip

    refused_in_json(answer, *BAD)


@pytest.mark.parametrize(
    "algorithm",
    [
        pytest.param(
            "RS256", marks=module("oidcc-request-uri-signed-rs256", REGISTRATION, "request_uri_parameter_supported")
        ),
        pytest.param(
            "none", marks=module("oidcc-request-uri-unsigned", REGISTRATION, "request_uri_parameter_supported")
        ),
    ],
)
def test_a_request_is_read_from_its_registered_address(
    plain: Relying, signed_in: Visitor, listener: Listener, algorithm: str
) -> None:
    if algorithm == "none" and not plain.provider.announces("request_object_signing_alg_values_supported:none"):
        pytest.skip("discovery does not announce request_object_signing_alg_values_supported:none")
    key, place = new_rsa(), listener.url + f"/request-{algorithm}.jwt"
    jwks = KeySet([key]).as_dict(private=False)
    service = plain.registered(request_uris=[place], request_object_signing_alg=algorithm, jwks=jwks)
    asked = service.ask()
    inside = {
        **asked,
        "iss": service.client.client_id,
        "aud": plain.provider.issuer,
        "exp": now() + 60,
        "jti": chance(),
    }
    made = unsigned(inside) if algorithm == "none" else signed(inside, key, algorithm)
    listener.publish(f"/request-{algorithm}.jwt", made, "application/oauth-authz-req+jwt")
    few = {name: asked[name] for name in ("client_id", "response_type", "scope")}

    answer = signed_in.authorize({**few, "request_uri": place}, stop_at=asked["redirect_uri"])

    assert answer.parameters["state"] == asked["state"]
    assert service.id_token(service.redeem(answer.parameters["code"]), asked)


@module("oidcc-server-rotate-keys", peer="its keys are turned by who runs it, and there is no verb for that")
def test_a_new_key_is_published_while_the_old_ones_stay(provider: Provider, signed_in: Visitor, plain: Relying) -> None:
    before = {key["kid"] for key in provider.key_set().as_dict()["keys"]}
    old = plain.login(signed_in).tokens["id_token"]

    place = f"file:{provider.home.resolve()}/keys/{chance()}.key.pem"
    uri = f"{place}?passphrase-source=file:{provider.service_tls[2].resolve()}"
    announced = verb(provider, "token-key-announce", "RS256", uri)
    sleep(LOOK_EVERY.total_seconds())

    after = provider.key_set()
    assert {key["kid"] for key in after.as_dict()["keys"]} == before | {announced["kid"]}
    assert jwt.decode(old, after, algorithms=ALGORITHMS).claims["iss"] == provider.issuer
    assert plain.login(signed_in).claims


@module("oidcc-3rd_party-init-login", REGISTRATION)
def test_an_address_to_begin_at_is_kept(plain: Relying) -> None:
    uri = "https://localhost:1/begin"

    service = plain.registered(initiate_login_uri=uri)

    assert service.client.metadata is not None
    assert service.client.metadata["initiate_login_uri"] == uri


@module("oidcc-3rd_party-init-login-nohttps", REGISTRATION)
def test_an_address_to_begin_at_without_tls_is_refused(plain: Relying) -> None:
    wanted = {"redirect_uris": [plain.client.redirect_uri], "initiate_login_uri": "http://localhost:1/begin"}

    answer = plain.register(wanted)

    refused_in_json(answer, "invalid_client_metadata")
