"""What services read by themselves: discovery (OpenID Connect Discovery 1.0) and the keys of our tokens."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, cast

from flask import Blueprint, Response, current_app, json, request

from idp.assurance import REACHABLE
from idp.authorization import DISPLAYS, PROMPTS
from idp.claims import SUPPORTED
from idp.client_authentication import METHODS
from idp.clients import BACKCHANNEL_ALGORITHMS, BACKCHANNEL_MODES
from idp.details import PARAMETER, TYPES
from idp.dpop import ALGORITHMS as DPOP_ALGORITHMS
from idp.encryption import ALGORITHMS as ENCRYPTION_ALGORITHMS
from idp.encryption import CONTENTS
from idp.profiles import BY_NAME
from idp.routes.assurance import PATH as ASSURANCE
from idp.routes.here import provider
from idp.routes.token import GRANT_TYPES
from idp.scopes import SCOPES
from web.guards import Guard, guard

routes = Blueprint("metadata", __name__)
ENCRYPTED = ("id_token", "userinfo", "authorization", "introspection")
"""What a service may register to get encrypted."""
_CACHED = "public, max-age=3600"
"""Short against the days for which a new key is announced before it signs."""


@routes.get("/.well-known/openid-configuration")
@guard(Guard.PUBLIC)
def configuration() -> Response:
    """What we do, and nothing that we do not."""
    here = provider()
    return cacheable(octets_of(discovery(here.issuer, here.keys.algorithms, current_app.extensions["mtls_url"])))


@routes.get("/jwks")
@guard(Guard.PUBLIC)
def jwks() -> Response:
    """The public keys of our tokens (RFC 7517 clause 5)."""
    return cacheable(octets_of({"keys": provider().keys.published()}))


def discovery(issuer: str, algorithms: Sequence[str], mtls_url: str = "") -> dict[str, Any]:
    """The provider's metadata (OpenID Connect Discovery clause 3, RFC 8414): tokens are signed with `algorithms`."""
    ours, theirs = list(algorithms), sorted(BY_NAME["standard"].algorithms)
    methods, proofs = list(METHODS), [method for method in METHODS if method != "none"]
    endpoints = {
        "token_endpoint": "/token",
        "userinfo_endpoint": "/userinfo",
        "pushed_authorization_request_endpoint": "/par",
        "introspection_endpoint": "/introspect",
        "revocation_endpoint": "/revoke",
        "device_authorization_endpoint": "/device-authorization",
        "backchannel_authentication_endpoint": "/backchannel-authentication",
    }
    at_certificates = {name: mtls_url + path for name, path in endpoints.items()}
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        **{name: issuer + path for name, path in endpoints.items()},
        **({"mtls_endpoint_aliases": at_certificates} if mtls_url else {}),
        "jwks_uri": f"{issuer}/jwks",
        "end_session_endpoint": f"{issuer}/end-session",
        "registration_endpoint": f"{issuer}/register",
        "scopes_supported": list(SCOPES),
        f"{PARAMETER}_types_supported": list(TYPES),
        "response_types_supported": ["code"],
        "response_modes_supported": list(BY_NAME["standard"].response_modes),
        "grant_types_supported": list(GRANT_TYPES),
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ours,
        "userinfo_signing_alg_values_supported": ours,
        "authorization_signing_alg_values_supported": ours,
        "introspection_signing_alg_values_supported": ours,
        **{f"{what}_encryption_alg_values_supported": list(ENCRYPTION_ALGORITHMS) for what in ENCRYPTED},
        **{f"{what}_encryption_enc_values_supported": list(CONTENTS) for what in ENCRYPTED},
        "request_object_signing_alg_values_supported": theirs,
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": theirs,
        "introspection_endpoint_auth_methods_supported": proofs,
        "introspection_endpoint_auth_signing_alg_values_supported": theirs,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": theirs,
        "dpop_signing_alg_values_supported": list(DPOP_ALGORITHMS),
        "tls_client_certificate_bound_access_tokens": bool(mtls_url),
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": list(REACHABLE),
        "service_documentation": issuer + ASSURANCE,
        "claims_supported": list(SUPPORTED),
        "claim_types_supported": ["normal"],
        "display_values_supported": list(DISPLAYS),
        "prompt_values_supported": list(PROMPTS),
        "ui_locales_supported": ["lo", "en"],
        "claims_locales_supported": ["lo", "en"],
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "require_pushed_authorization_requests": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_token_delivery_modes_supported": list(BACKCHANNEL_MODES),
        "backchannel_authentication_request_signing_alg_values_supported": list(BACKCHANNEL_ALGORITHMS),
        "backchannel_user_code_parameter_supported": False,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
    }


def octets_of(body: dict[str, Any]) -> bytes:
    """As it is sent."""
    return json.dumps(body).encode()


def cacheable(octets: bytes) -> Response:
    """What is the same for all, and may be read from any origin.

    With a weak tag: what is sent may be compressed, what is said is the same (RFC 9110 clause 8.8.1).
    """
    response = Response(octets, mimetype="application/json")
    response.headers["Cache-Control"] = _CACHED
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.set_etag(sha256(octets).hexdigest()[:32], weak=True)
    return cast("Response", response.make_conditional(request))
