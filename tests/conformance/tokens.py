"""JWTs as services make and read them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from json import dumps, loads
from os import urandom
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from ledger.clock import SystemClock

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]


def now() -> int:
    """Seconds since 1970."""
    return int(SystemClock().now().timestamp())


def timed(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The claims, of which those that are a timedelta are that far from now, and not from when tests were collected."""
    return {
        name: now() + int(value.total_seconds()) if isinstance(value, timedelta) else value
        for name, value in claims.items()
    }


def chance() -> str:
    """256 random bits as text."""
    return base64url(urandom(32))


def base64url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def s256(text: str) -> str:
    """The code challenge of a verifier, and the `ath` of an access token."""
    return base64url(sha256(text.encode()).digest())


def strong(key: Key) -> str:
    """The algorithm of FAPI 2.0 (clause 5.4) for this key."""
    return {"RSA": "PS256", "EC": "ES256", "OKP": "EdDSA"}[key.key_type]


def signed(claims: Mapping[str, Any], key: Key, algorithm: str = "", **header: Any) -> str:
    """A JWT; a claim or header member of None is left out."""
    usual = {"alg": algorithm or strong(key), "kid": key.kid}
    kept = {name: value for name, value in (usual | header).items() if value is not None}
    return jwt.encode(kept, without_none(claims), key, algorithms=[*ALGORITHMS])


def unsigned(claims: Mapping[str, Any]) -> str:
    """A JWT of the algorithm `none`."""
    return f"{_part({'alg': 'none'})}.{_part(without_none(claims))}."


def with_payload(token: str, **changes: Any) -> str:
    """The token with other claims under the old signature."""
    header, _, signature = token.split(".")
    return f"{header}.{_part(payload(token) | changes)}.{signature}"


def spoilt(token: str) -> str:
    """The token with another signature."""
    head, _, signature = token.rpartition(".")
    middle = len(signature) // 2
    return f"{head}.{signature[:middle]}{'A' if signature[middle] != 'A' else 'B'}{signature[middle + 1 :]}"


def relabelled(token: str, **changes: Any) -> str:
    """The token with other header members over the old claims and signature."""
    _, claims, signature = token.split(".")
    return f"{_part(header(token) | changes)}.{claims}.{signature}"


def payload(token: str) -> dict[str, Any]:
    """The claims, unverified."""
    return _read(token, 1)


def header(token: str) -> dict[str, Any]:
    """The header, unverified."""
    return _read(token, 0)


def new_ec() -> ECKey:
    return ECKey.generate_key("P-256", auto_kid=True)


def new_rsa() -> RSAKey:
    return RSAKey.generate_key(2048, auto_kid=True)


def new_ed() -> OKPKey:
    return OKPKey.generate_key("Ed25519", auto_kid=True)


def dpop(key: Key, method: str, url: str, *, claims: Mapping[str, Any], **header: Any) -> str:
    """A DPoP proof (RFC 9449 clause 4.2); a claim or header member of None is left out."""
    usual = {"jti": chance(), "htm": method, "htu": url, "iat": now()}
    head = {"typ": "dpop+jwt", "jwk": key.as_dict(private=False), "kid": None}
    return signed(usual | dict(claims), key, **(head | header))


def without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _part(values: Mapping[str, Any]) -> str:
    return base64url(dumps(values).encode())


def _read(token: str, part: int) -> dict[str, Any]:
    text = token.split(".")[part]
    found: dict[str, Any] = loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found
