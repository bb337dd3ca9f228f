"""What services read by themselves: discovery (OpenID Connect Discovery 1.0) and the keys of our tokens."""

from typing import Any

from flask import Blueprint, Response, json

from idp.assurance import ACR, HIGHEST
from idp.claims import SUPPORTED
from idp.routes.here import provider
from idp.scopes import SCOPES
from pki.jws import jwk
from web.guards import Guard, guard

routes = Blueprint("metadata", __name__)
_CACHED = "public, max-age=3600"
"""Short against the days for which a new key is announced before it signs."""


@routes.get("/.well-known/openid-configuration")
@guard(Guard.PUBLIC)
def configuration() -> Response:
    """What we do, and nothing that we do not."""
    return _cacheable(discovery(provider().issuer, provider().signer.algorithm.value))


@routes.get("/jwks")
@guard(Guard.PUBLIC)
def jwks() -> Response:
    """The public keys of our tokens (RFC 7517 clause 5)."""
    return _cacheable({"keys": [jwk(provider().signer.public_key)]})


def discovery(issuer: str, algorithm: str) -> dict[str, Any]:
    """The provider's metadata; tokens are signed with `algorithm` only."""
    methods = ["client_secret_basic", "client_secret_post"]
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "end_session_endpoint": f"{issuer}/end-session",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": [algorithm],
        "token_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": [acr for level, acr in ACR.items() if level <= HIGHEST],
        "claims_supported": list(SUPPORTED),
        "claim_types_supported": ["normal"],
        "display_values_supported": ["page"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": ["lo", "en"],
        "claims_locales_supported": ["lo", "en"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }


def _cacheable(body: dict[str, Any]) -> Response:
    response = Response(json.dumps(body), mimetype="application/json")
    response.headers["Cache-Control"] = _CACHED
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
