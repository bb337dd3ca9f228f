"""`private_key_jwt`: a short-lived assertion, signed by a key of the client, taken once (RFC 7523 clause 3)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from idp.client_authentication.presented import Presented
from idp.declared import declared_by
from idp.profiles import Profile, own_algorithms, profile_of
from idp.provider import Provider
from idp.tables import Client
from idp.usable_keys import signing_keys
from ledger.replay import spend
from pki.errors import PkiError
from pki.jws import is_numeric_date, unverified_claims, unverified_header, verify

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TYPES = ("", "JWT", "client-authentication+jwt")
SKEW = timedelta(seconds=15)
"""By how much another's clock may run before ours (FAPI 2.0 clause 5.3.2.1: 10 s taken, 60 s refused)."""


def client_id(presented: Presented) -> str | None:
    """Whom the assertion names, which nobody has verified yet."""
    if "client_assertion" not in presented.form and "client_assertion_type" not in presented.form:
        return None
    try:
        subject = unverified_claims(presented.form.get("client_assertion", "")).get("sub")
    except PkiError:
        return ""
    return subject if isinstance(subject, str) else ""


def is_proven(provider: Provider, client: Client, presented: Presented) -> bool:
    """Whether the assertion is the client's, for us, of now, and shown for the first time."""
    token, now = presented.form.get("client_assertion", ""), provider.ledger.clock.now()
    profile = profile_of(client)
    if presented.form.get("client_assertion_type") != TYPE:
        return False
    try:
        header = unverified_header(token)
        keys = signing_keys(provider, client, header, now)
        algorithms = own_algorithms(profile, declared_by(client).assertion_alg)
        claims = verify(token, keys, TYPES, algorithms=algorithms).claims()
    except PkiError:
        return False
    if not claims.get("iss") == claims.get("sub") == client.id or not _is_timely(claims, profile, now):
        return False
    if not _is_for_us(claims.get("aud"), client, provider.issuer, presented):
        return False
    jti, until = claims.get("jti"), now + profile.assertion_life + SKEW
    return isinstance(jti, str) and bool(jti) and spend(provider.ledger, f"assertion/{client.id}", jti, until)


def _is_for_us(aud: Any, client: Client, issuer: str, presented: Presented) -> bool:
    if profile_of(client).issuer_alone:
        by_name = presented.audiences_by_name if client.backchannel_mode else ()
        return isinstance(aud, str) and aud in {issuer, *by_name}
    named = aud if isinstance(aud, list) else [aud]
    return any(isinstance(one, str) and one in {issuer, *presented.audiences} for one in named)


def _is_timely(claims: Mapping[str, Any], profile: Profile, now: datetime) -> bool:
    """Not over, not of the future, and not to be valid for longer than a replay mark is kept."""
    at, skew, life = now.timestamp(), SKEW.total_seconds(), profile.assertion_life.total_seconds()
    exp, begins = claims.get("exp"), [claims.get(name, 0) for name in ("nbf", "iat")]
    if exp is None or not all(map(is_numeric_date, (exp, *begins))):
        return False
    return at < exp <= at + life + skew and all(begin <= at + skew for begin in begins)
