"""Tokens that come back to us: judged by their grant at this moment, so that what has ended is dead at once."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp.binding import Keys, is_in_right_hands
from idp.claims import SCOPE_OF, Claims, Described, claims_for, claims_named, scopes_of
from idp.claims_parameter import parse_claims
from idp.clients import current, find
from idp.details import PARAMETER, Detail, as_json, leaves_of
from idp.exchange.live import end_exchange, live_exchange
from idp.grants.live import LiveGrant, end_grant, live_grant
from idp.handles import HandleKind, digest, is_of
from idp.policy import SESSION_LIFE
from idp.provider import Provider
from idp.scopes import common
from idp.tables import Client, Grant, RefreshToken
from idp.tokens import AccessToken, TokenInvalid, authentication_claims, read_access_token, seconds
from idp.told import Known, known_of
from ledger.decision import Allow, Decision, Refuse
from ledger.standing import first_post

_INNER = frozenset({"grant", "exchange"})
"""Claims by which we find our own rows again."""


@dataclass(frozen=True)
class Userinfo:
    """What the service of this token learns of its person."""

    claims: Claims
    client: Client


def userinfo(provider: Provider, token: str, keys: Keys) -> Userinfo | Refuse:
    """The claims that the token's scopes give, from the register as it stands now (OpenID Connect Core clause 5.3).

    But for those that the person withholds from the service.
    """
    now = provider.ledger.clock.now()
    try:
        read = read_access_token(token, provider, ours=True)
    except TokenInvalid:
        return Refuse("token.invalid")
    with provider.ledger.read() as reading:
        alive = live_grant(reading, read.grant_id, now)
        client = current(reading, alive.grant.client_id) if alive else None
        known = known_of(reading, alive.session.account_id, alive.grant.client_id) if alive else None
        if alive is None or client is None or known is None:
            return Refuse("token.grant-ended")
        scopes = common(read.claims["scope"], alive.scope).split()
        named = _permitted(client, parse_claims(alive.grant.claims or "").userinfo)
        described = _described_person(reading, known, {*scopes, *scopes_of(named)}, now)
    refusal = is_in_right_hands(provider, client, read.claims.get("cnf"), keys, token)
    if refusal is not None:
        return refusal
    found = {**claims_for(scopes, alive.sub, described), **claims_named(named, described)}
    return Userinfo({name: value for name, value in found.items() if name not in known.withheld}, client)


def asked_in_id_token(provider: Provider, alive: LiveGrant) -> Claims:
    """The claims that the service asked by name to have in the ID token (OpenID Connect Core clause 5.5)."""
    names = parse_claims(alive.grant.claims or "").id_token
    if not names:
        return {}
    with provider.ledger.read() as reading:
        client = current(reading, alive.grant.client_id)
        known = known_of(reading, alive.session.account_id, alive.grant.client_id)
        if client is None or known is None:
            return {}
        permitted = [name for name in _permitted(client, names) if name not in known.withheld]
        described = _described_person(reading, known, scopes_of(permitted), provider.ledger.clock.now())
    return claims_named(permitted, described)


def _permitted(client: Client, names: Iterable[str]) -> list[str]:
    """Claims of scopes that the client may ask for at all."""
    return [name for name in names if SCOPE_OF[name] in client.scopes.split(" ")]


def _described_person(reading: Reading, known: Known, scopes: Collection[str], now: datetime) -> Described:
    """What claims of these scopes are composed of."""
    post = first_post(reading, known.person.id, now) if "organisation" in scopes else None
    return Described(known.person.number, known.detail, post, known.own)


def introspect(provider: Provider, client: Client, token: str) -> dict[str, Any]:
    """RFC 7662 clause 2.2: `active` only for a token of this client, or for it, that all it hangs on still bears."""
    now = provider.ledger.clock.now()
    with provider.ledger.read() as reading:
        if is_of(HandleKind.REFRESH_TOKEN, token):
            return _of_refresh_token(reading, provider, client, token)
        try:
            read = read_access_token(token, provider)
        except TokenInvalid:
            return {"active": False}
        left = _left(reading, read, now)
    if left is None or not _may_see(client, read.client_id, left["aud"]):
        return {"active": False}
    kind = "DPoP" if "jkt" in left.get("cnf", {}) else "Bearer"
    return {"active": True, "token_type": kind, **{k: v for k, v in left.items() if k not in _INNER and v != []}}


def _left(reading: Reading, read: AccessToken, now: datetime) -> dict[str, Any] | None:
    """What the token says, but for what its service has lost since; None where nothing is left that it hangs on.

    A token that names no person hangs on its service alone.
    """
    client, lives = find(reading, read.client_id, now)
    alive = live_grant(reading, read.grant_id, now) if read.grant_id else None
    if client is None or not lives or (read.grant_id and alive is None):
        return None
    if "exchange" in read.claims:
        places = set(_named(read)) if live_exchange(reading, str(read.claims["exchange"]), now) else set()
    else:
        places = {str(read.claims["iss"]), *(alive.resources if alive else (client.resources or "").split())}
    still = [one for one in _named(read) if one in places]
    if alive is None or not still:
        return {**read.claims, "aud": _one_or_all(still)} if still else None
    said = dict(read.claims) | {"aud": _one_or_all(still), "scope": common(read.claims["scope"], alive.scope)}
    if PARAMETER in said:
        leaves = leaves_of(alive.details)
        said[PARAMETER] = as_json(one for one in map(Detail, said[PARAMETER]) if one.leaves <= leaves)
    return said


def _named(read: AccessToken) -> list[str]:
    named = read.claims["aud"]
    return [named] if isinstance(named, str) else list(named)


def _one_or_all(audiences: list[str]) -> str | list[str]:
    return audiences[0] if len(audiences) == 1 else audiences


def _may_see(client: Client, owner: str, audiences: str | list[str]) -> bool:
    """A client sees its own tokens, and those that are for itself (RFC 7662 clause 4)."""
    named = {audiences} if isinstance(audiences, str) else set(audiences)
    return owner == client.id or bool(named & {client.id, *(client.serves or "").split()})


def revoke(provider: Provider, client: Client, token: str) -> Decision:
    """What the token hangs on is over, with every token of it (RFC 7009 clause 2.1). Unknown tokens are no error.

    Only the service to which it was issued may say so (`token.foreign`). What it got in exchange ends alone, not the
    sign-in of the first service. A service's token for itself hangs on nothing: Refuse `token.own`.
    """
    with provider.ledger.read() as reading:
        found = _hanging(reading, provider, token)
    if found is None:
        return Allow()
    if found.owner != client.id:
        return Refuse("token.foreign")
    if found.exchange_id is not None:
        end_exchange(provider.ledger, found.exchange_id, client.id)
    elif found.grant is not None:
        end_grant(provider.ledger, found.grant, "revoked")
    else:
        return Refuse("token.own")
    return Allow()


def _of_refresh_token(reading: Reading, provider: Provider, client: Client, token: str) -> dict[str, Any]:
    shown = reading.scalar(select(RefreshToken).where(RefreshToken.token_sha256 == digest(token)))
    if shown is None:
        return {"active": False}
    used = select(RefreshToken.id).where(RefreshToken.grant_id == shown.grant_id, RefreshToken.number > shown.number)
    alive = live_grant(reading, shown.grant_id, provider.ledger.clock.now())
    if alive is None or alive.grant.client_id != client.id or reading.scalar(used.limit(1)):
        return {"active": False}
    return {"active": True, **_described(provider, alive)}


def _described(provider: Provider, alive: LiveGrant) -> dict[str, Any]:
    return {
        "iss": provider.issuer,
        "client_id": alive.grant.client_id,
        "sub": alive.sub,
        "scope": alive.scope,
        **({PARAMETER: as_json(alive.details)} if alive.details else {}),
        "exp": seconds(alive.authentication.at + SESSION_LIFE),
        **authentication_claims(alive.authentication),
    }


@dataclass(frozen=True)
class _Hanging:
    """What a token hangs on, and the client to which it was issued."""

    owner: str
    grant: Grant | None = None
    exchange_id: str | None = None


def _hanging(reading: Reading, provider: Provider, token: str) -> _Hanging | None:
    if is_of(HandleKind.REFRESH_TOKEN, token):
        shown = reading.scalar(select(RefreshToken).where(RefreshToken.token_sha256 == digest(token)))
        grant = reading.get(Grant, shown.grant_id) if shown else None
        return _Hanging(grant.client_id, grant) if grant else None
    try:
        read = read_access_token(token, provider)
    except TokenInvalid:
        return None
    grant = reading.get(Grant, read.grant_id) if read.grant_id else None
    exchanged = read.claims.get("exchange")
    return _Hanging(read.client_id, grant, str(exchanged) if exchanged else None)
