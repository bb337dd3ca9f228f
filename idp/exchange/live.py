"""Whether a token that was got in exchange still counts, and whom it names: asked at each use of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp.events import ExchangeEnded
from idp.exchange.calls import stands
from idp.exchange.tables import Exchange, ExchangeEnd, ServiceCall
from idp.grants.live import LiveGrant, live_grant
from idp.tables import Account, AccountEnd
from ledger.event import Actor
from ledger.ledger import Ledger, Taken
from ledger.standing import Delegation, delegation


@dataclass(frozen=True)
class LiveExchange:
    """An exchange that was alive when it was read, with all that it rests on."""

    exchange: Exchange
    call: ServiceCall
    alive: LiveGrant
    callers: Sequence[str]
    """Ids of the services in whose hands the identity was, the latest first."""
    mandate: Delegation | None
    principal_account: str | None
    """Of whom the person acts for, if he acts for somebody."""


def live_exchange(reading: Reading, exchange_id: str, now: datetime) -> LiveExchange | None:
    """The exchange, unless it or anything that it rests on has ended: a call, a service, the grant, the mandate."""
    newest = found = reading.get(Exchange, exchange_id)
    callers: list[str] = []
    mandate_id = None
    while found is not None:
        call = reading.get_one(ServiceCall, found.call_id)
        if not stands(reading, call, now) or reading.get(ExchangeEnd, found.id) is not None:
            return None
        callers.append(call.caller_id)
        mandate_id = mandate_id or found.mandate_id
        found = reading.get(Exchange, found.parent_id) if found.parent_id else None
    alive = live_grant(reading, newest.grant_id, now) if newest else None
    if newest is None or alive is None:
        return None
    mandate = delegation(reading, alive.session.person_id, mandate_id, now) if mandate_id else None
    principal = account_of(reading, mandate.principal_id) if mandate else None
    if mandate_id and principal is None:
        return None
    return LiveExchange(newest, reading.get_one(ServiceCall, newest.call_id), alive, callers, mandate, principal)


def end_exchange(ledger: Ledger, exchange_id: str, client_id: str) -> None:
    """Its token is dead, and so is every one that was got for it; again is no harm."""
    try:
        with ledger.entry(ExchangeEnded(client_id, exchange_id), Actor.client(client_id)) as tx:
            tx.add(ExchangeEnd(exchange_id=exchange_id))
    except Taken:
        return


def account_of(reading: Reading, person_id: str) -> str | None:
    """The id of the person's account that was not ended."""
    statement = select(Account.id).outerjoin(AccountEnd, AccountEnd.account_id == Account.id)
    return reading.scalar(statement.where(Account.person_id == person_id, AccountEnd.account_id.is_(None)))


def actors(callers: Sequence[str], officer: dict[str, Any] | None) -> dict[str, Any]:
    """The claim `act` (RFC 8693 clause 4.1): the latest actor outside, in it whoever acted before, to the first."""
    chain = officer
    for client_id in reversed(callers):
        chain = {"sub": client_id, "client_id": client_id, **({"act": chain} if chain else {})}
    assert chain is not None, "an exchange has a caller"
    return chain
