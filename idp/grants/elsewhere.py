"""Tokens for whoever waits for an answer: a device (RFC 8628 clause 3.4) or a service (CIBA Core clause 10.1)."""

from collections.abc import Collection
from datetime import datetime

from idp.binding import Confirmation, text_of
from idp.details import Detail
from idp.elsewhere.pace import is_out_of_patience, not_yet
from idp.elsewhere.ways import Answer, Asked, Way
from idp.grants.live import LiveGrant, end_grant, live_grant
from idp.grants.refresh_token import first_refresh_token
from idp.grants.tokens_due import TokensDue
from idp.tables import Client, Grant
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Ledger, Taken


def redeem(
    ledger: Ledger,
    way: Way,
    client: Client,
    handle: str,
    bound_to: Confirmation,
    resources: Collection[str] = (),
    details: Collection[Detail] = (),
) -> TokensDue | Refuse:
    """The grant that the person agreed to, once; a second time ends it with all its tokens.

    Until he has answered: Refuse `token.pending`, or `token.slow-down` to who asks too soon (`idp.elsewhere.pace`).
    """
    now = ledger.clock.now()
    with ledger.read() as reading:
        asked = way.by_handle(reading, handle)
        if asked is None or asked.client_id != client.id:
            return Refuse("token.request-unknown")
        answer = way.answer_to(reading, asked)
        grant = reading.get(Grant, answer.grant_id) if answer and answer.grant_id else None
        used = reading.get(way.use, asked.id) is not None
        alive = live_grant(reading, grant.id, now) if grant else None
    if grant is not None and used:
        end_grant(ledger, grant, "code-reused")
        return Refuse("token.request-used")
    refusal = _unfit(ledger, asked, answer, bound_to, now)
    if refusal is not None or alive is None:
        return Refuse("token.grant-ended") if refusal is None else refusal
    if (beyond := alive.beyond(resources, details)) is not None:
        return beyond
    return _use(ledger, way, client, asked, alive, bound_to)


def _use(
    ledger: Ledger, way: Way, client: Client, asked: Asked, alive: LiveGrant, bound_to: Confirmation
) -> TokensDue | Refuse:
    refresh, token = first_refresh_token(ledger, client, alive.grant.id, bound_to)
    try:
        with ledger.entry(way.redeemed(client.id, alive.grant.id), Actor.client(client.id)) as tx:
            tx.add(way.use(request_id=asked.id), *refresh)
    except Taken:
        end_grant(ledger, alive.grant, "code-reused")
        return Refuse("token.request-used")
    return TokensDue(alive, token, None, bound_to)


def _unfit(ledger: Ledger, asked: Asked, answer: Answer | None, bound_to: Confirmation, now: datetime) -> Refuse | None:
    if asked.bound_to is not None and text_of(bound_to) != asked.bound_to:
        return Refuse("token.dpop-key")
    if not asked.at <= now < asked.until:
        return Refuse("token.request-expired")
    if is_out_of_patience(ledger, asked):
        return Refuse("token.hammered")
    if answer is None:
        return not_yet(ledger, asked, now)
    return Refuse("token.denied") if answer.grant_id is None else None
