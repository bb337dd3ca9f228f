"""Tokens for whoever waits for an answer: a device (RFC 8628 clause 3.4) or a service (CIBA Core clause 10.1).

They are fetched once. Within REFRESH_GRACE the same device, with the same key, is told the very same grant and refresh
token again, for an answer that was lost on the way: that is the one redemption told once more, not another. Whatever
else comes a second time ends the grant, as a refresh token that comes back; a service's request id always, which is
over with the first answer to the letter (CIBA Core clause 10.1.1).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from idp.binding import Confirmation, text_of
from idp.details import Detail
from idp.elsewhere.pace import is_out_of_patience, not_yet
from idp.elsewhere.tables import BackchannelUse, DeviceUse
from idp.elsewhere.ways import DEVICE, Answer, Asked, Way
from idp.grants.live import LiveGrant, end_grant, live_grant
from idp.grants.refresh_token import first_again, first_refresh_token
from idp.grants.tokens_due import TokensDue
from idp.policy import REFRESH_GRACE
from idp.tables import Client, Grant
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import CLOCK_TOLERANCE, Ledger, Taken


@dataclass(frozen=True)
class _Shown:
    """Who comes with which handle, and the key that he shows."""

    way: Way
    client: Client
    handle: str
    bound_to: Confirmation


def redeem(
    ledger: Ledger,
    way: Way,
    client: Client,
    handle: str,
    bound_to: Confirmation,
    resources: Collection[str] = (),
    details: Collection[Detail] = (),
) -> TokensDue | Refuse:
    """The grant that the person agreed to, once; a second time ends it, unless the answer may have been lost.

    Until he has answered: Refuse `token.pending`, or `token.slow-down` to who asks too soon (`idp.elsewhere.pace`).
    """
    now, shown = ledger.clock.now(), _Shown(way, client, handle, bound_to)
    with ledger.read() as reading:
        asked = way.by_handle(reading, handle)
        if asked is None or asked.client_id != client.id:
            return Refuse("token.request-unknown")
        answer = way.answer_to(reading, asked)
        grant = reading.get(Grant, answer.grant_id) if answer and answer.grant_id else None
        use = way.use_of(reading, asked)
        alive = live_grant(reading, grant.id, now) if grant else None
    if grant is not None and use is not None and (alive is None or not _may_be_lost(use, shown, now)):
        return _ended(ledger, grant)
    refusal = _unfit(ledger, asked, answer, bound_to, now) if use is None else None
    if refusal is not None or alive is None:
        return Refuse("token.grant-ended") if refusal is None else refusal
    if (beyond := alive.beyond(resources, details)) is not None:
        return beyond
    return _use(ledger, shown, asked, alive) if use is None else _again(ledger, shown, alive)


def _use(ledger: Ledger, shown: _Shown, asked: Asked, alive: LiveGrant) -> TokensDue | Refuse:
    way, client, now = shown.way, shown.client, ledger.clock.now()
    handle = shown.handle if way is DEVICE else None
    refresh, token = first_refresh_token(ledger, client, alive.grant.id, shown.bound_to, handle)
    try:
        with ledger.entry(way.redeemed(client.id, alive.grant.id), Actor.client(client.id)) as tx:
            tx.add(way.used(asked, text_of(shown.bound_to), now), *refresh)
    except Taken:
        with ledger.read() as reading:
            use = way.use_of(reading, asked)
        lost = use is not None and _may_be_lost(use, shown, now)
        return _again(ledger, shown, alive) if lost else _ended(ledger, alive.grant)
    return TokensDue(alive, token, None, shown.bound_to)


def _may_be_lost(use: DeviceUse | BackchannelUse, shown: _Shown, now: datetime) -> bool:
    """Whether the device that fetched them may not have got them: it was just now, and with this key."""
    if not isinstance(use, DeviceUse) or use.at is None or not -CLOCK_TOLERANCE <= now - use.at <= REFRESH_GRACE:
        return False
    return use.bound_to == text_of(shown.bound_to)


def _again(ledger: Ledger, shown: _Shown, alive: LiveGrant) -> TokensDue | Refuse:
    """The same, told again.

    Not to whom nothing ties to the one who fetched it: without a secret, a key and a refresh token, whose next use
    would show that two have it (RFC 9700 clause 4.14.2), a second use of the handle is the one sign of a theft.
    """
    with ledger.read() as reading:
        token = first_again(reading, alive.grant.id, shown.handle)
    is_anybody = shown.client.auth_method == "none" and not shown.bound_to and token is None
    if isinstance(token, Refuse) or is_anybody:
        return _ended(ledger, alive.grant)
    return TokensDue(alive, token, None, shown.bound_to)


def _ended(ledger: Ledger, grant: Grant) -> Refuse:
    end_grant(ledger, grant, "code-reused")
    return Refuse("token.request-used")


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
