"""Refresh tokens: each is used once and gives the next; one that comes back ends the grant (RFC 9700 clause 4.14).

Within REFRESH_GRACE the same old token gives the very same successor, for an answer that was lost on the way.
The successor is kept under a pad that only the old token yields, so the database cannot give it out.
"""

from datetime import timedelta
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp.events import TokenRefreshed
from idp.grants.live import LiveGrant, end_grant, live_grant
from idp.grants.tokens_due import TokensDue
from idp.handles import HandleKind, digest, is_of, new_handle
from idp.policy import REFRESH_GRACE
from idp.tables import Client, Grant, RefreshToken
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Ledger, Taken
from pki.base64url import decode, encode


def first_refresh_token(ledger: Ledger, grant_id: str) -> tuple[RefreshToken, str]:
    """The fact and the text of a grant's first refresh token; the caller adds the fact to its entry."""
    token = new_handle(HandleKind.REFRESH_TOKEN, ledger.randomness)
    return _row(ledger, grant_id, 1, token, None), token


def refresh(ledger: Ledger, client: Client, token: str) -> TokensDue | Refuse:
    """The grant behind the token, with the next refresh token."""
    now = ledger.clock.now()
    with ledger.read() as reading:
        shown = _by_token(reading, token)
        grant = reading.get(Grant, shown.grant_id) if shown else None
        if shown is None or grant is None or grant.client_id != client.id:
            return Refuse("token.refresh-unknown")
        alive = live_grant(reading, grant.id, now)
        successor = _successor(reading, shown)
    if alive is None:
        return Refuse("token.grant-ended")
    if successor is None:
        return _rotate(ledger, shown, token, alive)
    return _again(ledger, successor, token, alive, now - successor.at)


def _rotate(ledger: Ledger, shown: RefreshToken, token: str, alive: LiveGrant) -> TokensDue | Refuse:
    following = new_handle(HandleKind.REFRESH_TOKEN, ledger.randomness)
    client_id, grant_id = alive.grant.client_id, alive.grant.id
    try:
        with ledger.entry(TokenRefreshed(client_id, grant_id), Actor.client(client_id)) as tx:
            tx.add(_row(ledger, grant_id, shown.number + 1, following, _padded(following, token)))
    except Taken:
        with ledger.read() as reading:
            successor = _successor(reading, shown)
        assert successor is not None, "what took the number is there"
        return TokensDue(alive, _unpadded(successor, token))
    return TokensDue(alive, following)


def _again(
    ledger: Ledger, successor: RefreshToken, token: str, alive: LiveGrant, since: timedelta
) -> TokensDue | Refuse:
    with ledger.read() as reading:
        moved_on = _successor(reading, successor) is not None
    if moved_on or not timedelta() <= since <= REFRESH_GRACE:
        end_grant(ledger, alive.grant, "token-reused")
        return Refuse("token.refresh-used")
    return TokensDue(alive, _unpadded(successor, token))


def _row(ledger: Ledger, grant_id: str, number: int, token: str, padded: bytes | None) -> RefreshToken:
    return RefreshToken(
        id=ledger.new_id(),
        grant_id=grant_id,
        number=number,
        token_sha256=digest(token),
        for_predecessor=padded,
        at=ledger.clock.now(),
    )


def _by_token(reading: Reading, token: str) -> RefreshToken | None:
    if not is_of(HandleKind.REFRESH_TOKEN, token):
        return None
    return reading.scalar(select(RefreshToken).where(RefreshToken.token_sha256 == digest(token)))


def _successor(reading: Reading, shown: RefreshToken) -> RefreshToken | None:
    statement = select(RefreshToken).where(RefreshToken.grant_id == shown.grant_id)
    return reading.scalar(statement.where(RefreshToken.number == shown.number + 1))


def _padded(following: str, token: str) -> bytes:
    octets = decode(following.removeprefix(HandleKind.REFRESH_TOKEN.value))
    return bytes(a ^ b for a, b in zip(octets, _pad(token), strict=True))


def _unpadded(successor: RefreshToken, token: str) -> str:
    assert successor.for_predecessor is not None, "only the first has no predecessor"
    octets = bytes(a ^ b for a, b in zip(successor.for_predecessor, _pad(token), strict=True))
    return HandleKind.REFRESH_TOKEN.value + encode(octets)


def _pad(token: str) -> bytes:
    """32 octets that need the whole 256-bit token; used for one successor only."""
    return sha256(b"laotrust refresh successor\n" + token.encode()).digest()
