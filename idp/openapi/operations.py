"""The table of operations: a line an endpoint and method, with who may call it, what is sent and what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FORM, JSON, JWT = "application/x-www-form-urlencoded", "application/json", "application/jwt"
INTROSPECTION_JWT = "application/token-introspection+jwt"
Answers = Mapping[int, tuple[str, Mapping[str, str]]]
"""By status: what it means, and by media type the shape of the body."""


@dataclass(frozen=True)
class Operation:
    """One endpoint by one method."""

    path: str
    method: str
    name: str
    summary: str
    security: tuple[str, ...]
    """Names of security schemes, any of which will do; an empty one means none is needed, or that the form has it."""
    answers: Answers
    refusals: tuple[int, ...] = ()
    body: tuple[str, str] | None = None
    """Its media type and shape."""
    body_required: bool = True
    parameters: tuple[Mapping[str, Any], ...] = ()
    headers: tuple[str, ...] = ()
    """Of a good answer."""


_TEXT = {"type": "string"}
_PROOF = {"name": "DPoP", "in": "header", "description": "A proof of possession (RFC 9449).", "schema": _TEXT}
_CLIENT_ID = {"name": "client_id", "in": "path", "required": True, "schema": _TEXT}
_NOBODY, _CLIENT = ("",), ("", "client_secret_basic", "tls_client_auth")
_TOKEN = ("bearer", "dpop")
_OWN = ("registration_access_token",)
_OF_CLIENTS = (400, 401, 413, 503)
_MANAGED = (400, 401, 413, 429, 503)
_KEPT = ("Cache-Control",)


def _good(shape: str, status: int = 200, said: str = "As asked.", media_type: str = JSON) -> Answers:
    return {status: (said, {media_type: shape})}


OPERATIONS = (
    Operation("/.well-known/openid-configuration", "get", "configuration", "Discovery (OpenID Connect Discovery 1.0)",
              _NOBODY, _good("Configuration"), (400, 503), headers=_KEPT),
    Operation("/jwks", "get", "jwks", "The keys that tokens are signed with (RFC 7517)",
              _NOBODY, _good("KeySet"), (400, 503), headers=_KEPT),
    Operation("/openapi.json", "get", "openapi", "This document",
              _NOBODY, _good("OpenApi"), (400, 503), headers=_KEPT),
    Operation("/par", "post", "par", "Hand an authorization request in (RFC 9126)",
              _CLIENT, _good("Pushed", 201), (*_OF_CLIENTS, 429), (FORM, "AuthorizationForm"), parameters=(_PROOF,)),
    Operation("/token", "post", "token", "Tokens for a grant (RFC 6749 clause 3.2)",
              _CLIENT, _good("Tokens"), _OF_CLIENTS, (FORM, "TokenForm"), parameters=(_PROOF,), headers=_KEPT),
    Operation("/introspect", "post", "introspect", "Whether a token counts now (RFC 7662, RFC 9701)",
              _CLIENT, {200: ("What it says.", {JSON: "Introspection", INTROSPECTION_JWT: "Compact"})},
              _OF_CLIENTS, (FORM, "IntrospectionForm")),
    Operation("/revoke", "post", "revoke", "A token counts no more (RFC 7009)",
              _CLIENT, {200: ("It counts no more, if it ever did.", {})}, _OF_CLIENTS, (FORM, "IntrospectionForm")),
    Operation("/device-authorization", "post", "device_authorization", "A device without a keyboard asks (RFC 8628)",
              _CLIENT, _good("Device"), (*_OF_CLIENTS, 429), (FORM, "AuthorizationForm"), parameters=(_PROOF,)),
    Operation("/backchannel-authentication", "post", "backchannel_authentication", "Ask for a person by name (CIBA)",
              _CLIENT, _good("Backchannel"), (*_OF_CLIENTS, 403), (FORM, "BackchannelForm"),
              parameters=(_PROOF,)),
    Operation("/userinfo", "get", "userinfo", "Who it is (OpenID Connect Core clause 5.3)",
              _TOKEN, {200: ("Claims.", {JSON: "Claims", JWT: "Compact"})}, (400, 401, 503), parameters=(_PROOF,)),
    Operation("/userinfo", "post", "userinfo_by_post", "The same by POST; the token may be in the form (RFC 6750)",
              ("", *_TOKEN), {200: ("Claims.", {JSON: "Claims", JWT: "Compact"})}, (400, 401, 413, 503),
              (FORM, "UserinfoForm"), body_required=False, parameters=(_PROOF,)),
    Operation("/register", "post", "register", "A service registers itself (RFC 7591)",
              ("initial_access_token",), _good("Registration", 201), _MANAGED, (JSON, "ClientMetadata")),
    Operation("/register/{client_id}", "get", "registration", "Its registration (RFC 7592)",
              _OWN, _good("Registration"), (400, 401, 429, 503), parameters=(_CLIENT_ID,)),
    Operation("/register/{client_id}", "put", "change_registration", "Its registration, said anew (RFC 7592)",
              _OWN, _good("Registration"), _MANAGED, (JSON, "ClientMetadata"), parameters=(_CLIENT_ID,)),
    Operation("/register/{client_id}", "delete", "end_registration", "The client is no more (RFC 7592)",
              _OWN, {204: ("It is no more.", {})}, (400, 401, 429, 503), parameters=(_CLIENT_ID,)),
)  # fmt: skip
