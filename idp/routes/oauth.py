"""The one table from our codes to OAuth's error words and HTTP statuses, and the shape of OAuth's answers."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from flask import Response
from werkzeug.datastructures import Headers

from idp.authorization import REPEATABLE
from idp.client_authentication import Presented, authenticate
from idp.dpop import nonces
from idp.encryption import has_readers
from idp.routes.here import addresses, provider
from idp.tables import Client
from ledger.decision import Refuse
from pki.json_text import compact
from web.asked import request_itself
from web.limits import repeated
from web.peer import peer_certificate

AUTHORIZE_ERRORS = {
    "authorize.request-object": "invalid_request_object",
    "authorize.request-object-unsigned": "request_not_supported",
    "authorize.request-uri": "invalid_request_uri",
    "authorize.request-uri-unsupported": "request_uri_not_supported",
    "authorize.not-pushed": "invalid_request",
    "authorize.request-unsigned": "invalid_request",
    "authorize.grant": "unauthorized_client",
    "authorize.dpop-jkt": "invalid_request",
    "authorize.resource": "invalid_target",
    "authorize.details": "invalid_authorization_details",
    "authorize.registration": "registration_not_supported",
    "authorize.response-type-missing": "invalid_request",
    "authorize.response-type": "unsupported_response_type",
    "authorize.response-mode": "invalid_request",
    "authorize.scope": "invalid_scope",
    "authorize.pkce": "invalid_request",
    "authorize.pkce-missing": "invalid_request",
    "authorize.prompt": "invalid_request",
    "authorize.max-age": "invalid_request",
    "authorize.claims": "invalid_request",
    "authorize.level-unreachable": "unmet_authentication_requirements",
}
"""What a service reads in its redirect (OpenID Connect Core clause 3.1.2.6, RFC 6749 clause 4.1.2.1).

`unmet_authentication_requirements` is of OpenID Connect Core Error Code 1.0.
"""

PUSH_ERRORS = AUTHORIZE_ERRORS | {
    "authorize.request-uri": "invalid_request",
    "authorize.request-object-unsigned": "invalid_request_object",
    "authorize.parameter-repeated": "invalid_request",
    "authorize.parameter-unfit": "invalid_request",
    "client.algorithm-unserved": "temporarily_unavailable",
    "client.encryption-key": "invalid_request",
    "authorize.client-unknown": "invalid_client",
    "authorize.redirect-uri-unregistered": "invalid_request",
}
"""What a service reads that hands its request in (RFC 9126 clause 2.3)."""

BACKCHANNEL_ERRORS = {code: (word, 400) for code, word in PUSH_ERRORS.items()} | {
    "authorize.request-object": ("invalid_request", 400),
    "authorize.request-object-unsigned": ("invalid_request", 400),
    "token.grant-not-allowed": ("unauthorized_client", 400),
    "backchannel.unsigned": ("invalid_request", 400),
    "backchannel.hints": ("invalid_request", 400),
    "backchannel.expiry": ("invalid_request", 400),
    "backchannel.notification-token": ("invalid_request", 400),
    "backchannel.binding-message": ("invalid_binding_message", 400),
    "backchannel.hint-expired": ("expired_login_hint_token", 400),
    "backchannel.user-unknown": ("unknown_user_id", 400),
    "backchannel.too-many": ("access_denied", 403),
}
"""What a service reads that asks for a person (CIBA Core clause 13)."""

TOKEN_ERRORS = {
    "client.unauthenticated": ("invalid_client", 401),
    "token.parameter-repeated": ("invalid_request", 400),
    "token.parameter-missing": ("invalid_request", 400),
    "token.two-authentications": ("invalid_request", 400),
    "token.grant-type": ("unsupported_grant_type", 400),
    "token.code-unknown": ("invalid_grant", 400),
    "token.code-used": ("invalid_grant", 400),
    "token.code-expired": ("invalid_grant", 400),
    "token.redirect-uri": ("invalid_grant", 400),
    "token.pkce": ("invalid_grant", 400),
    "token.grant-ended": ("invalid_grant", 400),
    "token.refresh-unknown": ("invalid_grant", 400),
    "token.refresh-used": ("invalid_grant", 400),
    "token.pending": ("authorization_pending", 400),
    "token.slow-down": ("slow_down", 400),
    "token.request-expired": ("expired_token", 400),
    "token.hammered": ("invalid_request", 400),
    "token.denied": ("access_denied", 400),
    "token.request-unknown": ("invalid_grant", 400),
    "token.request-used": ("invalid_grant", 400),
    "token.grant-not-allowed": ("unauthorized_client", 400),
    "token.unbound": ("invalid_request", 400),
    "token.dpop-key": ("invalid_grant", 400),
    "token.resource": ("invalid_target", 400),
    "token.details": ("invalid_authorization_details", 400),
    "token.type": ("invalid_request", 400),
    "token.subject": ("invalid_request", 400),
    "token.mandate": ("invalid_request", 400),
    "token.chain": ("invalid_request", 400),
    "token.audience": ("invalid_target", 400),
    "token.scope": ("invalid_scope", 400),
    "token.exchange-client": ("unauthorized_client", 400),
    "dpop.invalid": ("invalid_dpop_proof", 400),
    "dpop.nonce": ("use_dpop_nonce", 400),
    "client.algorithm-unserved": ("temporarily_unavailable", 503),
    "client.encryption-key": ("invalid_request", 400),
    "token.foreign": ("unauthorized_client", 400),
    "token.own": ("unsupported_token_type", 400),
    "token.grant-unregistered": ("unauthorized_client", 400),
}
"""What a service reads in JSON (RFC 6749 clause 5.2)."""
_NOT_KEPT = [("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("Pragma", "no-cache")]
_BY_NAME = frozenset({"/backchannel-authentication", "/token"})
"""Where a client that asks for people by name may name the endpoint instead of the issuer (CIBA Core clause 7.1)."""


def answered(body: Mapping[str, Any], status: int = 200) -> Response:
    """JSON that nobody keeps (RFC 6749 clause 5.1)."""
    headers = Headers()
    headers[:] = _NOT_KEPT
    if request_itself().environ.get("HTTP_DPOP") is not None:
        headers["DPoP-Nonce"] = nonces(provider())[0]
    return Response([compact(body).encode()], status, headers)


def refused(refusal: Refuse) -> Response:
    """OAuth's words for the refusal; `error_description` is our code, which the guide explains."""
    word, status = TOKEN_ERRORS[refusal.code]
    response = answered({"error": word, "error_description": refusal.code}, status)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="laotrust"'
    return response


def parameters() -> dict[str, str] | Refuse:
    """The form's parameters, none of them twice (RFC 6749 clause 3.2) but those of `REPEATABLE`."""
    form = request_itself().form
    if set(repeated(form)) - REPEATABLE:
        return Refuse("token.parameter-repeated")
    return {name: value for name, value in form.items() if value}


def client_of(form: Mapping[str, str]) -> Client | Refuse:
    """The client that authenticates, in exactly one way (RFC 6749 clause 2.3)."""
    return authenticate(provider(), presented(form))


def served(client: Client) -> Client | Refuse:
    """The client, if there are the keys for all that it is registered to get: asked before anything is used up."""
    if not provider().keys.serve(client):
        return Refuse("client.algorithm-unserved")
    return client if has_readers(provider(), client) else Refuse("client.encryption-key")


def presented(form: Mapping[str, str]) -> Presented:
    """What this request shows of its client; an assertion may name this endpoint or the token endpoint."""
    direct = request_itself()
    audiences = _audiences(provider().issuer, addresses())
    by_name = audiences if direct.path in _BY_NAME else frozenset()
    authorization, certificate = direct.headers.get("Authorization", ""), peer_certificate(direct.environ)
    return Presented(form, authorization, certificate, audiences, by_name)


@lru_cache(64)
def _audiences(issuer: str, here: frozenset[str]) -> frozenset[str]:
    return here | {f"{issuer}/token"}
