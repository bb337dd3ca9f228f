"""Plan Config: what discovery says (OpenID Connect Discovery clause 3, RFC 8414)."""

import re
from urllib.parse import urlsplit

from tests.conformance.description import Provider
from tests.conformance.modules import module

ENDPOINTS = (
    "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "registration_endpoint",
    "end_session_endpoint", "introspection_endpoint", "revocation_endpoint", "pushed_authorization_request_endpoint",
    "device_authorization_endpoint", "backchannel_authentication_endpoint", "check_session_iframe",
)  # fmt: skip
REQUIRED = (
    "issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported",
    "subject_types_supported", "id_token_signing_alg_values_supported",
)  # fmt: skip
LISTS = (
    "scopes_supported", "response_types_supported", "response_modes_supported", "grant_types_supported",
    "acr_values_supported", "subject_types_supported", "id_token_signing_alg_values_supported",
    "id_token_encryption_alg_values_supported", "id_token_encryption_enc_values_supported",
    "userinfo_signing_alg_values_supported", "userinfo_encryption_alg_values_supported",
    "userinfo_encryption_enc_values_supported", "request_object_signing_alg_values_supported",
    "request_object_encryption_alg_values_supported", "request_object_encryption_enc_values_supported",
    "token_endpoint_auth_methods_supported", "token_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_methods_supported", "introspection_endpoint_auth_signing_alg_values_supported",
    "introspection_signing_alg_values_supported", "introspection_encryption_alg_values_supported",
    "introspection_encryption_enc_values_supported",
    "revocation_endpoint_auth_methods_supported", "revocation_endpoint_auth_signing_alg_values_supported",
    "display_values_supported", "claim_types_supported", "claims_supported", "claims_locales_supported",
    "ui_locales_supported", "code_challenge_methods_supported", "prompt_values_supported",
    "dpop_signing_alg_values_supported", "authorization_signing_alg_values_supported",
    "authorization_encryption_alg_values_supported", "authorization_encryption_enc_values_supported",
    "authorization_details_types_supported", "backchannel_token_delivery_modes_supported",
    "backchannel_authentication_request_signing_alg_values_supported",
)  # fmt: skip
YES_OR_NO = (
    "claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported",
    "require_request_uri_registration", "authorization_response_iss_parameter_supported",
    "require_pushed_authorization_requests", "require_signed_request_object",
    "tls_client_certificate_bound_access_tokens", "backchannel_logout_supported",
    "backchannel_logout_session_supported", "frontchannel_logout_supported", "frontchannel_logout_session_supported",
    "backchannel_user_code_parameter_supported",
)  # fmt: skip
OTHERS = (
    "issuer", "service_documentation", "op_policy_uri", "op_tos_uri", "mtls_endpoint_aliases", "signed_metadata",
    "protected_resources", "challenge_endpoint",
)  # fmt: skip
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}


@module("oidcc-discovery-endpoint-verification")
def test_discovery_is_complete_consistent_and_public(provider: Provider) -> None:
    answer = provider.http.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=15)
    said = answer.json()

    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "application/json")
    assert said["issuer"] == provider.issuer
    assert urlsplit(said["issuer"])[3:] == ("", "")
    assert set(REQUIRED) <= set(said)
    assert all(said[name].startswith("https://") for name in ENDPOINTS if name in said)
    assert all(
        isinstance(said[name], list) and len(said[name]) == len(set(said[name])) for name in LISTS if name in said
    )
    assert all(isinstance(said[name], bool) for name in YES_OR_NO if name in said)
    provider.advise(
        holds=set(said) <= {*ENDPOINTS, *LISTS, *YES_OR_NO, *OTHERS},
        otherwise=f"unknown members: {set(said) - {*ENDPOINTS, *LISTS, *YES_OR_NO, *OTHERS}}",
    )
    assert "code" in said["response_types_supported"]
    assert set(said["subject_types_supported"]) <= {"public", "pairwise"}
    assert "authorization_code" in said["grant_types_supported"]
    assert "openid" in said["scopes_supported"]
    assert all(SCOPE.fullmatch(scope) for scope in said["scopes_supported"])
    languages = said.get("ui_locales_supported", []) + said.get("claims_locales_supported", [])
    assert all(LANGUAGE.fullmatch(tag) for tag in languages)
    provider.advise(holds=bool(said.get("claims_supported")), otherwise="claims_supported is missing")
    assert "sub" in said.get("claims_supported", ["sub"])
    assert "none" not in said["id_token_signing_alg_values_supported"]
    assert "RS256" in said["id_token_signing_alg_values_supported"]


@module("oidcc-discovery-endpoint-verification")
def test_the_published_keys_are_public_and_tell_themselves_apart(provider: Provider) -> None:
    answer = provider.http.get(provider.metadata["jwks_uri"], timeout=15)
    keys = answer.json()["keys"]

    assert answer.status_code == 200
    assert not [key for key in keys if PRIVATE & set(key)]
    assert len({key["kid"] for key in keys}) == len(keys)
    assert all("use" in key or "key_ops" in key or "alg" in key for key in keys)
