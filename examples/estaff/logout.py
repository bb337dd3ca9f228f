"""Sessions on the server, and the logout token by which the provider ends them."""

from threading import Lock
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

EVENT = "http://schemas.openid.net/event/backchannel-logout"


class LogoutRefused(Exception):
    """The logout token is not one to obey; the sentence says why."""


class Sessions:
    """Sessions by their secret key, in this process's memory: run the service as one process, with many threads."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, Any]] = {}
        self._seen: set[str] = set()
        self._lock = Lock()

    def open(self, key: str, kept: dict[str, Any]) -> None:
        """The session is found by `key` from now on."""
        with self._lock:
            self._kept[key] = kept

    def find(self, key: str) -> dict[str, Any] | None:
        """What was kept, if the session lives."""
        return self._kept.get(key)

    def close(self, key: str) -> dict[str, Any] | None:
        """Ends one session; what was kept in it."""
        with self._lock:
            return self._kept.pop(key, None)

    def end(self, jti: str, sub: str | None, sid: str | None) -> int:
        """Ends the sessions of `sid`, or all of `sub` when no sid is named. Raises LogoutRefused for a used `jti`."""
        with self._lock:
            if jti in self._seen:
                raise LogoutRefused("this logout token was used before")
            self._seen.add(jti)
            ended = [key for key, kept in self._kept.items() if _is_of(kept["claims"], sub, sid)]
            for key in ended:
                del self._kept[key]
        return len(ended)


def _is_of(claims: dict[str, Any], sub: str | None, sid: str | None) -> bool:
    return claims.get("sid") == sid if sid else claims.get("sub") == sub


def verify_logout_token(token: str, jwks: KeySetSerialization, issuer: str, client_id: str, sessions: Sessions) -> int:
    """Checks the token as OpenID Connect Back-Channel Logout 1.0 clause 2.6 says, then ends what it names.

    Returns how many sessions ended. Raises LogoutRefused.
    """
    try:
        decoded = jwt.decode(token, KeySet.import_key_set(jwks), algorithms=["ES256"])
        registry = jwt.JWTClaimsRegistry(
            leeway=60,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": client_id},
            iat={"essential": True},
            exp={"essential": True},
            jti={"essential": True},
            events={"essential": True},
        )
        registry.validate(decoded.claims)
    except (JoseError, ValueError) as error:
        raise LogoutRefused(f"the logout token does not verify ({type(error).__name__})") from error
    claims = decoded.claims
    if (
        decoded.header.get("typ") != "logout+jwt"
        or not isinstance(claims["events"], dict)
        or EVENT not in claims["events"]
    ):
        raise LogoutRefused("this is no logout token")
    if "nonce" in claims:
        raise LogoutRefused("a logout token has no nonce: this is an ID token")
    if not (claims.get("sid") or claims.get("sub")):
        raise LogoutRefused("the logout token names nobody")
    return sessions.end(str(claims["jti"]), claims.get("sub"), claims.get("sid"))
