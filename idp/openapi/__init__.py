"""The provider's endpoints for programs as an OpenAPI 3.1 document: put together from the tables that they work by.

What must never be here: an endpoint, an algorithm or an error that is only wished for. A test compares the operations
with the routes, and another sends what the document allows and what it does not.
"""

from collections.abc import Collection, Mapping
from typing import Any

from idp.openapi.operations import OPERATIONS, Operation
from idp.openapi.shapes import PROBLEM, shapes

_SECURITY: Mapping[str, Any] = {
    "client_secret_basic": {"type": "http", "scheme": "basic"},
    "tls_client_auth": {"type": "mutualTLS", "description": "At the endpoints of mtls_endpoint_aliases (RFC 8705)."},
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "dpop": {"type": "http", "scheme": "dpop", "description": "RFC 9449; with a proof in the header DPoP."},
    "initial_access_token": {"type": "http", "scheme": "bearer", "description": "Of an invitation (RFC 7591)."},
    "registration_access_token": {"type": "http", "scheme": "bearer", "description": "Of the client (RFC 7592)."},
}


def document(metadata: Mapping[str, Any], words: Mapping[str, Collection[str]], release: str) -> dict[str, Any]:
    """The whole document. `metadata` is what discovery says; `words` are the error words of each operation's name."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation, words.get(operation.name, ()))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "laotrust: OpenID provider",
            "summary": "What relying services call. People are sent to the authorization_endpoint of discovery.",
            "version": release,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": metadata["issuer"]}],
        "paths": paths,
        "components": {"schemas": shapes(metadata), "securitySchemes": dict(_SECURITY)},
    }


def _described(operation: Operation, words: Collection[str]) -> dict[str, Any]:
    answers = {str(status): _answer(operation, *answer) for status, answer in operation.answers.items()}
    for status in operation.refusals:
        answers[str(status)] = _refusal(status, words)
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "security": [{name: []} if name else {} for name in operation.security],
        **({"parameters": list(operation.parameters)} if operation.parameters else {}),
        **({"requestBody": _body(operation)} if operation.body else {}),
        "responses": answers,
    }


def _answer(operation: Operation, said: str, media_types: Mapping[str, str]) -> dict[str, Any]:
    """A good one. A member that would be empty is left out."""
    headers = {name: {"required": True, "schema": {"type": "string"}} for name in operation.headers}
    content = {media_type: {"schema": _named(shape)} for media_type, shape in media_types.items()}
    members = {"headers": headers, "content": content}
    return {"description": said, **{name: value for name, value in members.items() if value}}


def _body(operation: Operation) -> dict[str, Any]:
    media_type, shape = operation.body or ("", "")
    return {"required": operation.body_required, "content": {media_type: {"schema": _named(shape)}}}


def _refusal(status: int, words: Collection[str]) -> dict[str, Any]:
    """OAuth's words where it is spoken, also for what is refused before anybody looks at it; else RFC 9457's form."""
    content: dict[str, Any] = {"application/problem+json": {"schema": _named(PROBLEM)}}
    if words:
        known = {"type": "object", "properties": {"error": {"enum": sorted(words)}}}
        content = {"application/json": {"schema": {"allOf": [_named("Error"), known]}}}
    challenge = {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}
    return {
        "description": _REFUSALS[status],
        **({"headers": challenge} if status == 401 else {}),
        "content": content,
    }


def _named(shape: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{shape}"}


_REFUSALS = {
    400: "The request is not as it should be.",
    401: "Who asks is not known, or what was shown does not count.",
    403: "Who asks may not have it.",
    413: "The body is too large.",
    429: "Too many from this address: ask again after Retry-After.",
    503: "Not now: ask again after Retry-After.",
}
