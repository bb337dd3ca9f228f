"""What is sent and answered, as JSON Schema 2020-12, which OpenAPI 3.1 has; lists of words are those of discovery."""

from collections.abc import Mapping
from typing import Any

from idp.declared import CIBA, DEVICE
from idp.registration.metadata import CONSTANT, MEMBERS

Shape = dict[str, Any]
PROBLEM = "Problem"
_TEXT: Shape = {"type": "string"}
_ADDRESS: Shape = {"type": "string", "format": "uri"}
_NUMBER: Shape = {"type": "integer", "minimum": 0}
_TRUTH: Shape = {"type": "boolean"}
_OBJECT: Shape = {"type": "object"}
_COMPACT: Shape = {"type": "string", "pattern": r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*){2,4}$"}
_AUTHENTICATION = dict.fromkeys(("client_id", "client_secret", "client_assertion", "client_assertion_type"), _TEXT)


def shapes(metadata: Mapping[str, Any]) -> dict[str, Shape]:
    """All shapes by name."""
    grants = metadata["grant_types_supported"]
    return {
        "Error": _with("error", error=_TEXT, error_description=_TEXT),
        PROBLEM: _with(
            "type", "title", "status", "code",
            type=_TEXT, title=_TEXT, status=_NUMBER, detail=_TEXT, code=_TEXT, request_id=_TEXT,
            lang=_one_of(*metadata["ui_locales_supported"]),
        ),
        "Compact": _COMPACT,
        "Configuration": _as_it_is(metadata),
        "KeySet": _with("keys", keys=_some(_with("kty", kty=_TEXT, kid=_TEXT, alg=_TEXT, use=_TEXT))),
        "OpenApi": _with("openapi", "paths", openapi=_TEXT, paths=_OBJECT),
        "AuthorizationForm": _form(
            *("response_type", "scope", "prompt", "state", "nonce", "code_challenge", "request", "login_hint"),
            *("id_token_hint", "max_age", "acr_values", "claims", "claims_locales", "ui_locales", "dpop_jkt"),
            *("authorization_details",),
            redirect_uri=_ADDRESS,
            resource=_some(_ADDRESS),
            response_mode=_one_of(*metadata["response_modes_supported"]),
            code_challenge_method=_one_of(*metadata["code_challenge_methods_supported"]),
            display=_one_of(*metadata["display_values_supported"]),
        ),
        "TokenForm": _required("grant_type", _form(
            *("code", "code_verifier", "refresh_token", "device_code", "auth_req_id", "scope", "subject_token"),
            *("subject_token_type", "requested_token_type", "audience", "on_behalf_of", "mandate"),
            *("authorization_details",),
            grant_type=_one_of(*grants), redirect_uri=_ADDRESS, resource=_some(_ADDRESS),
        )),
        "IntrospectionForm": _required("token", _form("token", "token_type_hint")),
        "BackchannelForm": _required("request", _form("request")),
        "UserinfoForm": {"type": "object", "properties": {"access_token": _TEXT}},
        "Tokens": _with(
            "access_token", "token_type", "expires_in",
            access_token=_COMPACT, token_type=_one_of("Bearer", "DPoP"), expires_in=_NUMBER, refresh_token=_TEXT,
            scope=_TEXT, id_token=_COMPACT, issued_token_type=_TEXT, authorization_details=_some(_OBJECT),
        ),
        "Introspection": _with(
            "active",
            active=_TRUTH, iss=_ADDRESS, sub=_TEXT, client_id=_TEXT, scope=_TEXT, exp=_NUMBER, iat=_NUMBER, jti=_TEXT,
            token_type=_one_of("Bearer", "DPoP"), aud={"type": ["string", "array"]}, acr=_TEXT, amr=_some(_TEXT),
            auth_time=_NUMBER, cnf=_OBJECT, act=_OBJECT, authorization_details=_some(_OBJECT),
        ),
        "Claims": {**_with("sub", sub=_TEXT), "description": f"{' '.join(metadata['claims_supported'])}"},
        "Pushed": _with("request_uri", "expires_in", request_uri=_TEXT, expires_in=_NUMBER),
        "Device": _with(
            "device_code", "user_code", "verification_uri", "expires_in",
            device_code=_TEXT, user_code=_TEXT, verification_uri=_ADDRESS, verification_uri_complete=_ADDRESS,
            expires_in=_NUMBER, interval=_NUMBER,
        ),
        "Backchannel": _with(
            "auth_req_id", "expires_in", auth_req_id=_TEXT, expires_in=_NUMBER, interval=_NUMBER
        ),
        "ClientMetadata": {"type": "object", "properties": _client(metadata)},
        "Registration": _with(
            "client_id", "registration_client_uri", "registration_access_token",
            client_id=_TEXT, client_secret=_TEXT, client_secret_expires_at=_NUMBER, client_id_issued_at=_NUMBER,
            registration_client_uri=_ADDRESS, registration_access_token=_TEXT, **_client(metadata),
        ),
    }  # fmt: skip


def _client(metadata: Mapping[str, Any]) -> dict[str, Shape]:
    """Members of RFC 7591 clause 2: those of `idp.registration.metadata.MEMBERS`, and what stands beside them."""
    said = {
        "redirect_uris": _some(_ADDRESS),
        "post_logout_redirect_uris": _some(_ADDRESS),
        "request_uris": _some(_ADDRESS),
        "scope": _TEXT,
        "token_endpoint_auth_method": _one_of(*metadata["token_endpoint_auth_methods_supported"]),
        "jwks": _OBJECT,
        "backchannel_token_delivery_mode": _one_of(*metadata["backchannel_token_delivery_modes_supported"]),
        "application_type": _one_of("web", "native"),
        "grant_types": _some(_one_of("authorization_code", "refresh_token", CIBA, DEVICE)),
        "response_modes": _some(_one_of(*metadata["response_modes_supported"])),
        "contacts": _some({"type": "string", "format": "email"}),
        "default_max_age": _NUMBER,
        "default_acr_values": _some(_one_of(*metadata["acr_values_supported"])),
    }
    known = {member.name: said.get(member.name) or _by_ending(member.name) for member in MEMBERS}
    constant = {name: {"type": "boolean"} if value is True else _one_of(value) for name, value in CONSTANT.items()}
    names = dict.fromkeys(("client_name", "client_name#lo", "client_name#en"), _TEXT)
    subjects = dict.fromkeys(("tls_client_auth_subject_dn", "tls_client_auth_san_dns"), _TEXT)
    return {**known, **constant, **names, **subjects, "response_types": _some(_one_of("code"))}


def _by_ending(name: str) -> Shape:
    """Algorithms end with `alg` or `enc`; flags say what is required or bound; all others are addresses."""
    if name.endswith(("_alg", "_enc")):
        return _TEXT
    return _TRUTH if name.startswith("require_") or name.endswith("_access_tokens") else _ADDRESS


def _with(*required: str, **properties: Shape) -> Shape:
    return {"type": "object", "required": list(required), "properties": properties}


def _form(*names: str, **properties: Shape) -> Shape:
    """A form that has the client's authentication in it too, where it is not in the header or the connection."""
    return {"type": "object", "properties": {**_AUTHENTICATION, **dict.fromkeys(names, _TEXT), **properties}}


def _required(name: str, form: Shape) -> Shape:
    return {**form, "required": [name]}


def _some(of: Shape) -> Shape:
    return {"type": "array", "items": of}


def _one_of(*words: str) -> Shape:
    return {"enum": list(words)}


def _as_it_is(value: Any) -> Shape:
    """The shape of this very value: all members that it has are always there."""
    match value:
        case bool():
            return _TRUTH
        case str():
            return _TEXT
        case list():
            return _some(_TEXT)
    return _with(*value, **{name: _as_it_is(held) for name, held in value.items()})
