"""What tokens say: pure composition of claims, and the reading of tokens that come back to us."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.assurance import ACR
from idp.claims_parameter import parse_claims, told_level
from idp.details import PARAMETER, Detail, as_json
from idp.grants.live import LiveGrant
from idp.policy import ACCESS_TOKEN_LIFE
from idp.provider import Provider
from idp.tables import Authentication
from pki.errors import PkiError

ACCESS_TOKEN, ID_TOKEN, LOGOUT_TOKEN = "at+jwt", "JWT", "logout+jwt"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_LIFE = timedelta(hours=1)
"""Longer than the advised two minutes: the worker without a key repeats it as it is. A replay only logs out."""


@dataclass(frozen=True)
class AccessToken:
    """An access token of ours whose signature and time were verified; whether its grant lives is another question."""

    grant_id: str
    """Empty for a service's token for itself, which hangs on no grant."""
    client_id: str
    claims: Mapping[str, Any]


class TokenInvalid(Exception):
    """The token is not one of ours, or its time is over."""


def id_token(
    issuer: str,
    alive: LiveGrant,
    nonce: str | None,
    now: datetime,
    asked: Mapping[str, Any] | None = None,
    *,
    sid: str | None = None,
) -> dict[str, Any]:
    """The claims of an ID token (OpenID Connect Core clause 2).

    Claims about the person come from userinfo; `asked` are those that the service wants here by name. `sid` is what it
    calls the session; one that takes part in no logout has nothing to do with it.
    """
    return {
        **(asked or {}),
        "iss": issuer,
        "sub": alive.sub,
        "aud": alive.grant.client_id,
        "iat": seconds(now),
        "exp": seconds(now + ACCESS_TOKEN_LIFE),
        **authentication_claims(alive.authentication),
        "acr": ACR[told_level(parse_claims(alive.grant.claims or ""), alive.authentication.level)],
        **({"sid": sid} if sid else {}),
        **({"nonce": nonce} if nonce else {}),
    }


def access_token(
    issuer: str,
    alive: LiveGrant,
    jti: str,
    now: datetime,
    bound_to: Mapping[str, str] | None = None,
    resources: Sequence[str] = (),
    details: Sequence[Detail] = (),
) -> dict[str, Any]:
    """The claims of a JWT access token (RFC 9068 clause 2.2); `grant` is how we find again what it hangs on.

    It is for ourselves unless it is for `resources` (RFC 8707); `bound_to` is the key of whoever may use it, as
    `cnf` (RFC 7800).
    """
    return {
        "iss": issuer,
        "sub": alive.sub,
        "aud": (resources[0] if len(resources) == 1 else list(resources)) if resources else issuer,
        **({"cnf": dict(bound_to)} if bound_to else {}),
        "client_id": alive.grant.client_id,
        "scope": alive.scope,
        **({PARAMETER: as_json(details)} if details else {}),
        "iat": seconds(now),
        "exp": seconds(now + ACCESS_TOKEN_LIFE),
        "jti": jti,
        "grant": alive.grant.id,
        **authentication_claims(alive.authentication),
    }


def logout_token(issuer: str, client_id: str, sub: str, sid: str, jti: str, now: datetime) -> dict[str, Any]:
    """The claims of a logout token (OpenID Connect Back-Channel Logout clause 2.4)."""
    return {
        "iss": issuer,
        "aud": client_id,
        "sub": sub,
        "sid": sid,
        "iat": seconds(now),
        "exp": seconds(now + LOGOUT_LIFE),
        "jti": jti,
        "events": {LOGOUT_EVENT: {}},
    }


def authentication_claims(authentication: Authentication) -> dict[str, Any]:
    """`acr`, `amr` and `auth_time` (OpenID Connect Core clause 2)."""
    return {
        "acr": ACR[authentication.level],
        "amr": authentication.methods.split(" "),
        "auth_time": seconds(authentication.at),
    }


def read_access_token(token: str, provider: Provider, *, ours: bool = False) -> AccessToken:
    """The access token, if we signed it and its time is not over; with `ours` it must be for ourselves.

    Raises TokenInvalid.
    """
    claims, at = _verified(token, provider, ACCESS_TOKEN), provider.ledger.clock.now().timestamp()
    if ours and provider.issuer not in ([claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]):
        raise TokenInvalid("for another audience")
    if not claims["iat"] - 5 <= at < claims["exp"]:
        raise TokenInvalid("its time is over")
    return AccessToken(claims.get("grant", ""), claims["client_id"], claims)


def read_id_token_hint(token: str, provider: Provider) -> Mapping[str, Any]:
    """The claims of an ID token of ours, however old (RP-Initiated Logout clause 2). Raises TokenInvalid.

    Signed answers and userinfo have the same `typ` and keys; these three claims together only an ID token has.
    """
    claims = _verified(token, provider, ID_TOKEN)
    named = all(isinstance(claims.get(name), str) for name in ("sub", "aud"))
    if not named or not isinstance(claims.get("auth_time"), int):
        raise TokenInvalid("no ID token")
    return claims


def seconds(at: datetime) -> int:
    """NumericDate (RFC 7519 clause 2), whole seconds."""
    return int(at.timestamp())


def _verified(token: str, provider: Provider, typ: str) -> Mapping[str, Any]:
    try:
        claims = provider.keys.claims_of(token, typ)
    except PkiError as fault:
        raise TokenInvalid(fault.code) from fault
    if claims.get("iss") != provider.issuer:
        raise TokenInvalid("of another issuer")
    return claims
