"""Refresh tokens, in the mode of the client's profile: kept, rotated, or none at all (`idp.profiles.Refreshing`).

One that is rotated is used once and gives the next; one that comes back ends the grant (RFC 9700 clause 4.14).
Within REFRESH_GRACE the same old token gives the very same successor, for an answer that was lost on the way.
Of a client that has changed the mode of today counts; used tokens of another mode count no more than their own.
The successor is kept under a pad that only the old token yields, so the database cannot give it out. In the same way
the first is kept for whoever waited for it elsewhere, under the handle that it was fetched with.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session as Reading
from sqlalchemy.orm import aliased

from idp.binding import Confirmation, text_of
from idp.declared import declared_by
from idp.details import Detail
from idp.events import TokenRefreshed
from idp.grants.live import LiveGrant, end_grant, live_grant
from idp.grants.tokens_due import TokensDue
from idp.handles import HandleKind, digest, is_of, kept_for, new_handle, told_again
from idp.policy import REFRESH_GRACE
from idp.profiles import Refreshing, profile_of
from idp.since import since
from idp.tables import Client, Grant, RefreshToken
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.facts import Facts
from ledger.ledger import CLOCK_TOLERANCE, Ledger, Taken
from ledger.rounds import looked_up


def first_refresh_token(
    ledger: Ledger, client: Client, grant_id: str, bound_to: Confirmation, handle: str | None = None
) -> tuple[list[RefreshToken], str | None]:
    """The fact and the text of a grant's first refresh token; the caller adds the fact to its entry.

    That of a client that proves nothing of itself is bound to the key that it shows, if any (RFC 9449 clause 5).
    With a `handle` of 256 random bits, which brings one such token and no more, `first_again` tells it once more.
    """
    if profile_of(client).refreshing is Refreshing.NONE or not declared_by(client).may_use("refresh_token"):
        return [], None
    token = new_handle(HandleKind.REFRESH_TOKEN, ledger.randomness)
    own = text_of(bound_to) if client.auth_method == "none" else None
    kept = None if handle is None else kept_for(handle, HandleKind.REFRESH_TOKEN, token)
    return [_row(ledger, grant_id, 1, token, kept, own)], token


def first_again(reading: Reading, grant_id: str, handle: str) -> str | Refuse | None:
    """The first refresh token of the grant, for the handle that it was given for; None where there never was one.

    Refuse `token.refresh-used` where it has a successor: whoever got that one had it.
    """
    first = reading.scalar(select(RefreshToken).where(RefreshToken.grant_id == grant_id, RefreshToken.number == 1))
    if first is None:
        return None
    return Refuse("token.refresh-used") if _successor(reading, first) is not None else _told_again(first, handle)


def refresh(
    ledger: Ledger,
    client: Client,
    token: str,
    bound_to: Confirmation,
    resources: Collection[str] = (),
    details: Collection[Detail] = (),
    scope: str = "",
) -> TokensDue | Refuse:
    """The grant behind the token, with the refresh token that counts from now on; nothing is used up in vain."""
    now, mode = ledger.clock.now(), profile_of(client).refreshing
    if mode is Refreshing.NONE:
        return Refuse("token.grant-not-allowed")
    with ledger.read() as reading:
        shown, successor = _by_token(reading, token)
        alive = live_grant(reading, shown.grant_id, now) if shown else None
        grant = alive.grant if alive else (reading.get(Grant, shown.grant_id) if shown else None)
        if shown is None or grant is None or grant.client_id != client.id:
            return Refuse("token.refresh-unknown")
        unproven = _nobody_proves(reading, client, shown)
    if shown.bound_to is not None and text_of(bound_to) != shown.bound_to:
        return Refuse("token.dpop-key")
    if alive is None or unproven:
        return Refuse("token.grant-ended")
    beyond = alive.beyond(resources, details)
    within = alive.within(scope) if beyond is None else beyond
    if isinstance(within, Refuse):
        return within
    if successor is not None:
        due = _again(ledger, successor, token, within, now)
    elif mode is Refreshing.KEPT:
        ledger.record(TokenRefreshed(client.id, grant.id), Actor.client(client.id))
        due = TokensDue(within, token)
    else:
        due = _rotate(ledger, shown, token, within)
    return due if isinstance(due, Refuse) else replace(due, bound_to=bound_to)


def _nobody_proves(reading: Reading, client: Client, shown: RefreshToken) -> bool:
    """Whether the token is from when its client proved itself, which it does no more, and bound to no key instead."""
    if client.auth_method != "none" or shown.bound_to is not None:
        return False
    became = since(reading, client.id, lambda one: one.auth_method == "none")
    return became is not None and shown.at <= became


def _rotate(ledger: Ledger, shown: RefreshToken, token: str, alive: LiveGrant) -> TokensDue:
    following = new_handle(HandleKind.REFRESH_TOKEN, ledger.randomness)
    client_id, grant_id = alive.grant.client_id, alive.grant.id
    kept = kept_for(token, HandleKind.REFRESH_TOKEN, following)
    row = _row(ledger, grant_id, shown.number + 1, following, kept, shown.bound_to)
    try:
        with ledger.entry(TokenRefreshed(client_id, grant_id), Actor.client(client_id)) as tx:
            tx.add(row)
    except Taken:
        with ledger.read() as reading:
            successor = _successor(reading, shown)
        assert successor is not None, "what took the number is there"
        return TokensDue(alive, _told_again(successor, token))
    return TokensDue(alive, following)


def _again(ledger: Ledger, successor: RefreshToken, token: str, alive: LiveGrant, now: datetime) -> TokensDue | Refuse:
    with ledger.read() as reading:
        moved_on = _successor(reading, successor) is not None
    if moved_on or not -CLOCK_TOLERANCE <= now - successor.at <= REFRESH_GRACE:
        end_grant(ledger, alive.grant, "token-reused")
        return Refuse("token.refresh-used")
    return TokensDue(alive, _told_again(successor, token))


def _row(
    ledger: Ledger, grant_id: str, number: int, token: str, kept: bytes | None, bound_to: str | None
) -> RefreshToken:
    return RefreshToken(
        id=ledger.new_id(),
        grant_id=grant_id,
        number=number,
        token_sha256=digest(token),
        for_predecessor=kept,
        at=ledger.clock.now(),
        bound_to=bound_to,
    )


_Next = aliased(RefreshToken)
_BY_TOKEN = Facts(
    select(RefreshToken, _Next)
    .outerjoin(_Next, and_(_Next.grant_id == RefreshToken.grant_id, _Next.number == RefreshToken.number + 1))
    .where(RefreshToken.token_sha256.in_(bindparam("digests", expanding=True)))
)


def _by_token(reading: Reading, token: str) -> tuple[RefreshToken | None, RefreshToken | None]:
    """The token that was shown, and its successor."""
    if not is_of(HandleKind.REFRESH_TOKEN, token):
        return None, None
    return looked_up(reading, _by_digests, digest(token)) or (None, None)


def _by_digests(reading: Reading, digests: Sequence[str]) -> dict[str, tuple[RefreshToken, RefreshToken | None]]:
    found = _BY_TOKEN.rows(reading, {"digests": digests})
    return {shown.token_sha256: (shown, following) for shown, following in found}


def _successor(reading: Reading, shown: RefreshToken) -> RefreshToken | None:
    statement = select(RefreshToken).where(RefreshToken.grant_id == shown.grant_id)
    return reading.scalar(statement.where(RefreshToken.number == shown.number + 1))


def _told_again(successor: RefreshToken, before: str) -> str:
    assert successor.for_predecessor is not None, "it is kept for nobody: the first, of a code or of before 0060"
    return told_again(before, HandleKind.REFRESH_TOKEN, successor.for_predecessor)
