"""Token exchange (RFC 8693): a service carries a person's identity to another, or an officer acts for somebody else.

What comes of it is for one service that the table of calls names, with no more scope than before, bound to a key, and
no longer alive than what it was made from. Its chain of actors is made from our own rows, never from what was sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session as Reading

from idp.binding import Confirmation
from idp.clients import current
from idp.events import TokenExchanged
from idp.exchange import calls
from idp.exchange.live import account_of, actors, live_exchange
from idp.exchange.tables import Exchange, ServiceCall
from idp.grants.live import LiveGrant, live_grant
from idp.grants.subjects import subject_for
from idp.profiles import profile_of
from idp.provider import Provider
from idp.scopes import common
from idp.tables import Client, Subject
from idp.tokens import AccessToken, TokenInvalid, access_token, authentication_claims, read_access_token
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Taken
from ledger.standing import Delegation, delegations, person_by_number

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a name
MOST_CALLS = 4
"""Services one behind another."""
_RACES = 4


@dataclass(frozen=True)
class Asked:
    """What a service sends (RFC 8693 clause 2.1). `mandate` is what may be done for the person of this number."""

    subject_token: str
    audience: str
    scope: str
    on_behalf_of: str
    mandate: str
    bound_to: Confirmation


@dataclass(frozen=True)
class Exchanged:
    """The claims of the token that is due, and its scope; signing comes after the entry."""

    claims: Mapping[str, Any]
    scope: str


@dataclass(frozen=True)
class _Basis:
    """What the subject token stands for, all of it alive."""

    token: AccessToken
    alive: LiveGrant
    parent_id: str | None
    callers: Sequence[str]
    scope: str
    mandate: Delegation | None
    account_id: str
    """Of whom the token is about: the person who signed in, or the one for whom he acts."""


def exchange(provider: Provider, client: Client, asked: Asked) -> Exchanged | Refuse:
    """The token by which the client calls the service `asked.audience`; the exchange is entered."""
    if not profile_of(client).proves_itself:
        return Refuse("token.exchange-client")
    if not asked.bound_to:
        return Refuse("token.unbound")
    now = provider.ledger.clock.now()
    for _ in range(_RACES):
        with provider.ledger.read() as reading:
            basis = _basis(reading, provider, client, asked, now)
            call = calls.between(reading, client.id, asked.audience, now) if asked.audience.isprintable() else None
            called = current(reading, call.called_id) if call else None
        if isinstance(basis, Refuse):
            return basis
        if call is None or called is None:
            return Refuse("token.audience")
        scope = _narrowed(asked.scope, basis.scope, call.scopes)
        if isinstance(scope, Refuse):
            return scope
        try:
            return _entered(provider, client, called, call, basis, scope, asked.bound_to)
        except Taken as clash:  # Two exchanges of one person's first call: the subject exists in the next round.
            if clash.table != Subject.__tablename__:
                raise
    raise RuntimeError("the subject is taken and yet not there")


def _basis(reading: Reading, provider: Provider, client: Client, asked: Asked, now: datetime) -> _Basis | Refuse:
    """The subject token, if this client may use it and all that it hangs on lives."""
    try:
        token = read_access_token(asked.subject_token, provider)
    except TokenInvalid:
        return Refuse("token.subject")
    if not _is_for(token, client, asked.bound_to):
        return Refuse("token.subject")
    parent = live_exchange(reading, str(token.claims["exchange"]), now) if "exchange" in token.claims else None
    alive = parent.alive if parent else live_grant(reading, token.grant_id, now)
    if alive is None or ("exchange" in token.claims and parent is None):
        return Refuse("token.subject")
    callers = parent.callers if parent else ()
    if len(callers) >= MOST_CALLS:
        return Refuse("token.chain")
    scope = common(parent.exchange.scope, alive.scope) if parent else alive.scope
    parent_id, mandate = (parent.exchange.id, parent.mandate) if parent else (None, None)
    account_id = (parent.principal_account if parent else None) or alive.session.account_id
    basis = _Basis(token, alive, parent_id, callers, scope, mandate, account_id)
    return _for_another(reading, basis, asked, now) if asked.on_behalf_of or asked.mandate else basis


def _for_another(reading: Reading, basis: _Basis, asked: Asked, now: datetime) -> _Basis | Refuse:
    """The same about the person for whom he acts; a mandate is not handed on, so there is one at most."""
    fit = asked.on_behalf_of.isascii() and asked.on_behalf_of.isprintable() and asked.mandate.isprintable()
    principal = person_by_number(reading, asked.on_behalf_of) if fit else None
    account_id = account_of(reading, principal.id) if principal else None
    if principal is None or account_id is None or basis.mandate is not None:
        return Refuse("token.mandate")
    found = delegations(reading, basis.alive.session.person_id, principal.id, asked.mandate, now)
    if not found:
        return Refuse("token.mandate")
    return _Basis(basis.token, basis.alive, basis.parent_id, basis.callers, basis.scope, found[0], account_id)


def _is_for(token: AccessToken, client: Client, bound_to: Confirmation) -> bool:
    """Its own token under the same key, or one that another got for calling it, whose key it has seen itself."""
    if token.client_id == client.id:
        return token.claims.get("cnf") in (None, dict(bound_to))
    return "exchange" in token.claims and token.claims["aud"] == client.id


def _narrowed(asked: str, had: str, callable_: str) -> str | Refuse:
    """What is asked of what there is, or all of that; never more (RFC 8693 clause 2.1)."""
    most = common(had, callable_).split()
    wanted = asked.split(" ") if asked else most
    return " ".join(wanted) if wanted and set(wanted) <= set(most) else Refuse("token.scope")


def _entered(
    provider: Provider,
    client: Client,
    called: Client,
    call: ServiceCall,
    basis: _Basis,
    scope: str,
    bound_to: Confirmation,
) -> Exchanged:
    ledger, alive = provider.ledger, basis.alive
    now, exchange_id = ledger.clock.now(), ledger.new_id()
    mandate_id = basis.mandate.mandate_id if basis.mandate else None
    accounts = dict.fromkeys((basis.account_id, alive.session.account_id))
    found = {one: subject_for(ledger, one, called.sector) for one in accounts}
    subjects = {one: subject for one, (subject, _) in found.items()}
    event = TokenExchanged(client.id, called.id, alive.grant.id, exchange_id, mandate_id)
    with ledger.entry(event, Actor.client(client.id)) as tx:
        tx.add(*(new for _, fresh in found.values() for new in fresh))
        tx.add(
            Exchange(
                id=exchange_id, grant_id=alive.grant.id, call_id=call.id, parent_id=basis.parent_id,
                mandate_id=mandate_id, scope=scope, at=now,
            )
        )  # fmt: skip
    claims = access_token(provider.issuer, alive, ledger.new_id(), now, bound_to)
    claims |= {
        "aud": called.id,
        "client_id": client.id,
        "scope": scope,
        "exchange": exchange_id,
        "exp": min(claims["exp"], basis.token.claims["exp"]),
    }
    named = claims | _named(basis, client, subjects)
    return Exchanged({name: value for name, value in named.items() if value is not None}, scope)


def _named(basis: _Basis, client: Client, subjects: Mapping[str, Subject]) -> dict[str, Any]:
    """Whom the token is about, and everybody who acts; the officer's sign-in is his own and not his principal's."""
    callers, session = (client.id, *basis.callers), basis.alive.session
    sub = subjects[basis.account_id].sub
    if basis.mandate is None:
        return {"sub": sub, "act": actors(callers, None)}
    officer = {"sub": subjects[session.account_id].sub, **authentication_claims(basis.alive.authentication)}
    power = basis.mandate.power
    mandate = {"act": power.act, "decree": power.decree, "limit_lak": power.limit_lak}
    unsaid = dict.fromkeys(authentication_claims(basis.alive.authentication))
    return {**unsaid, "sub": sub, "act": actors(callers, officer), "mandate": mandate}
