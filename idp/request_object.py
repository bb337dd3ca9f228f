"""Signed request objects (RFC 9101, OpenID Connect Core clause 6): by value, and from a registered address."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from idp.authorization import REPEATABLE
from idp.declared import declared_by
from idp.profiles import Profile, own_algorithms, profile_of
from idp.provider import Provider
from idp.tables import Client
from idp.usable_keys import signing_keys
from ledger.decision import Refuse
from pki.errors import PkiError
from pki.jws import is_numeric_date, unverified_header, verify

TYPES = ("", "JWT", "oauth-authz-req+jwt")
LONGEST = 256 * 1024
"""Characters: as many as the body of a request may have (`web.limits.WIDE`), for what is wanted in detail."""
SKEW = timedelta(seconds=15)
LONGEST_LIFE = timedelta(hours=1)
Pairs = list[tuple[str, str]]
_OWN = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti", "sub"})
"""Members that are about the object and no parameters."""


def opened(provider: Provider, client: Client, token: str, demanded: Collection[str] = ()) -> Pairs | Refuse:
    """The parameters in the object, proven to be the client's; Refuse `authorize.request-object…` if they are not.

    `demanded` are members about the object that must be there besides; then its times are judged strictly too.
    """
    now, profile = provider.ledger.clock.now(), profile_of(client)
    try:
        header = unverified_header(token, LONGEST)
        if header.get("alg") == "none":
            return Refuse("authorize.request-object-unsigned")
        keys = signing_keys(provider, client, header, now)
        algorithms = own_algorithms(profile, declared_by(client).request_alg)
        claims = verify(token, keys, TYPES, algorithms=algorithms, longest=LONGEST).claims()
    except PkiError:
        return Refuse("authorize.request-object")
    if not set(demanded) <= claims.keys():
        return Refuse("authorize.request-object")
    if demanded:
        profile = replace(profile, object_times_demanded=True)
    if not _is_for_us(claims, provider.issuer, client.id, profile) or not _is_timely(claims, profile, now):
        return Refuse("authorize.request-object")
    if {"request", "request_uri"} & claims.keys() or claims.get("client_id", client.id) != client.id:
        return Refuse("authorize.request-object")
    said = [pair for name, value in claims.items() if name not in _OWN for pair in _pairs(name, value)]
    parameters = [(name, text) for name, text in said if text is not None]
    return parameters if len(parameters) == len(said) else Refuse("authorize.request-object")


def fetched(provider: Provider, client: Client, address: str) -> str | Refuse:
    """The object behind one of the client's registered addresses; Refuse `authorize.request-uri`."""
    if not profile_of(client).request_by_address:
        return Refuse("authorize.request-uri-unsupported")
    if address.partition("#")[0] not in {uri.partition("#")[0] for uri in (client.request_uris or "").split()}:
        return Refuse("authorize.request-uri")
    try:
        answer = provider.client_keys.fetcher.get(address.partition("#")[0])
        return answer.body.decode("ascii").strip() if answer.status == 200 else Refuse("authorize.request-uri")
    except (OSError, UnicodeDecodeError):
        return Refuse("authorize.request-uri")


def merged(outer: Pairs, inner: Pairs, client: Client) -> Pairs:
    """What the request asks: the object's word, and where the profile lets it, the query's where it has none.

    Of a client that has to sign its requests nothing else counts (RFC 9101 clauses 6.3 and 10.5).
    """
    outer_counts = profile_of(client).outer_counts and not client.signed_requests
    kept = [(name, value) for name, value in outer if name not in {"request", *dict(inner)}]
    named = [(name, value) for name, value in kept if outer_counts or name == "client_id"]
    return [*named, *inner]


def _is_for_us(claims: Mapping[str, Any], issuer: str, client_id: str, profile: Profile) -> bool:
    """RFC 9101 clause 4: `iss` is the client, `aud` is us; old software leaves both out.

    With the client as `sub` it is an assertion, which is no request (clause 10.8).
    """
    aud = claims.get("aud", None if profile.object_times_demanded else issuer)
    audiences = aud if isinstance(aud, list) else [aud]
    iss = claims.get("iss", None if profile.object_times_demanded else client_id)
    return issuer in audiences and iss == client_id and claims.get("sub") != client_id


def _is_timely(claims: Mapping[str, Any], profile: Profile, now: datetime) -> bool:
    at, skew, most = now.timestamp(), SKEW.total_seconds(), LONGEST_LIFE.total_seconds()
    times = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
    if not all(map(is_numeric_date, times.values())):
        return False
    begins, ends = times.get("nbf"), times.get("exp")
    lasts = begins is not None and ends is not None and at - begins <= most and ends - begins <= most
    if profile.object_times_demanded and not lasts:
        return False
    begun = all(times.get(name, at) <= at + skew for name in ("nbf", "iat"))
    return begun and at < times.get("exp", at + 1)


def _pairs(name: str, value: Any) -> list[tuple[str, str | None]]:
    """A member as what it stands for; what may be repeated may be an array of texts (RFC 8707 clause 2.1)."""
    if name in REPEATABLE and isinstance(value, list) and value:
        return [(name, one if isinstance(one, str) else None) for one in value]
    return [(name, _text(value))]


def _text(value: Any) -> str | None:
    """A member as the parameter that it stands for: numbers as digits, objects as JSON (RFC 9101 clause 4)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else None
