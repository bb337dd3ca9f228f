"""Proofs of possession in a header (RFC 9449): which key a request shows, fresh, for this very address, once.

Our nonces are kept nowhere: each is the keyed digest of two minutes, and counts in these and the next two.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from idp.provider import Provider
from ledger.decision import Refuse
from ledger.replay import spend
from pki.base64url import encode
from pki.errors import PkiError
from pki.jwk import spki_of, thumbprint
from pki.jws import is_numeric_date, unverified_header, verify
from pki.keys import check_strength

ALGORITHMS = ("ES256", "PS256", "EdDSA")
"""FAPI 2.0 clause 5.4.1; a proof needs no older one, since its key is made for it."""
RSA_BITS = range(2048, 8193)
NONCE_SECONDS = 120
OLDEST, AHEAD = timedelta(seconds=60), timedelta(seconds=15)
"""How far a proof's `iat` may be from our clock (FAPI 2.0 clause 5.3.2.1: 10 s is taken)."""
_VISIBLE = re.compile(r"[!-~]+")
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Shown:
    """The header as it came, and the request that it is about."""

    proof: str
    method: str
    urls: frozenset[str]
    """The addresses that this endpoint has."""


def prove(provider: Provider, shown: Shown, *, token: str | None = None, nonce_demanded: bool = False) -> str | Refuse:
    """The thumbprint of the key that the request proves to have (clause 4.3).

    `token` is the access token that the proof must name. Refuse `dpop.nonce` asks for the same again with our nonce.
    """
    try:
        header = unverified_header(shown.proof)
        spki = _key(header)
        kid = header.get("kid")
        keys = {kid if isinstance(kid, str) else "-": spki}
        claims = verify(shown.proof, keys, {"dpop+jwt"}, algorithms=ALGORITHMS, brings_key=True).claims()
    except PkiError:
        return Refuse("dpop.invalid")
    if not _is_about(claims, shown, token) or not _is_timely(claims, provider.ledger.clock.now().timestamp()):
        return Refuse("dpop.invalid")
    said = claims.get("nonce")
    if said not in nonces(provider) if "nonce" in claims else nonce_demanded:
        return Refuse("dpop.nonce")
    jkt, until = thumbprint(spki), provider.ledger.clock.now() + OLDEST + AHEAD
    first = spend(provider.ledger, f"dpop/{jkt}", str(claims["jti"]), until)
    return jkt if first else Refuse("dpop.invalid")


def nonces(provider: Provider) -> tuple[str, str]:
    """The nonce of now, and the one before it, which still counts."""
    window = int(provider.ledger.clock.now().timestamp()) // NONCE_SECONDS
    now, before = (provider.fields.index(f"dpop.nonce/{number}") for number in (window, window - 1))
    return now, before


def _key(header: Mapping[str, Any]) -> bytes:
    """The public key that the proof brings. Raises PkiError."""
    key = header.get("jwk")
    spki = spki_of(key if isinstance(key, dict) else {})
    check_strength(spki, RSA_BITS)
    return spki


def _is_about(claims: Mapping[str, Any], shown: Shown, token: str | None) -> bool:
    jti, htm, htu, ath = (claims.get(name) for name in ("jti", "htm", "htu", "ath"))
    if not isinstance(jti, str) or not 0 < len(jti) <= 512 or htm != shown.method:
        return False
    address = _plain(htu) if isinstance(htu, str) else None
    if address is None or address not in {_plain(url) for url in shown.urls}:
        return False
    expected = encode(sha256(token.encode()).digest()) if token is not None else None
    return expected is None or (isinstance(ath, str) and hmac.compare_digest(ath.encode(), expected.encode()))


def _is_timely(claims: Mapping[str, Any], at: float) -> bool:
    times = {name: claims[name] for name in ("iat", "exp", "nbf") if name in claims}
    if not all(map(is_numeric_date, times.values())):
        return False
    ahead = at + AHEAD.total_seconds()
    fresh = "iat" in times and at - OLDEST.total_seconds() <= times["iat"] <= ahead
    return bool(fresh and times.get("nbf", at) <= ahead and at < times.get("exp", at + 1))


def _plain(url: str) -> str | None:
    """Scheme, host, port and path in one form (RFC 3986 clause 6.2.2, 6.2.3), without query and fragment.

    None for what a lenient reader would mend first: white space, other scripts, somebody before the host.
    """
    if not _VISIBLE.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        port = _DEFAULT_PORTS.get(parts.scheme.lower()) if parts.port is None else parts.port
    except ValueError:
        return None
    if "@" in parts.netloc:
        return None
    return f"{parts.scheme.lower()}://{(parts.hostname or '').lower()}:{port}{parts.path or '/'}"
