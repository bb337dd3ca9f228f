"""Requests that a service has handed in before its person comes (RFC 9126), and others that are kept like them.

The handle is used up when a code is issued, in the same entry, and not when the page is opened: people reload.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy import exists, select
from sqlalchemy.orm import Session as Reading

from idp.events import RequestPushed
from idp.handles import HandleKind, digest, is_of, new_handle
from idp.policy import PUSHED_LIFE
from idp.tables import Client, PushedRequest, PushedRequestUse
from ledger.event import Actor
from ledger.ledger import Ledger

URN = "urn:ietf:params:oauth:request_uri:"


@dataclass(frozen=True)
class Pushed:
    """A request that is kept under a handle."""

    id: str
    client_id: str
    parameters: str
    dpop_jkt: str | None
    at: datetime


def keep(ledger: Ledger, client: Client, pairs: list[tuple[str, str]], dpop_jkt: str | None) -> str:
    """The `request_uri` under which the request is found from now on, for PUSHED_LIFE."""
    handle, now = new_handle(HandleKind.PUSHED_REQUEST, ledger.randomness), ledger.clock.now()
    with ledger.entry(RequestPushed(client.id), Actor.client(client.id)) as tx:
        tx.add(
            PushedRequest(
                id=tx.new_id(),
                handle_sha256=digest(handle),
                client_id=client.id,
                parameters=urlencode(pairs),
                dpop_jkt=dpop_jkt,
                at=now,
            )
        )
    return URN + handle


def find(reading: Reading, ledger: Ledger, request_uri: str, client_id: str) -> Pushed | None:
    """The request of this client behind the `request_uri`, while it lives and has brought no code yet."""
    handle = request_uri.removeprefix(URN)
    if not is_of(HandleKind.PUSHED_REQUEST, handle):
        return None
    row = reading.scalar(select(PushedRequest).where(PushedRequest.handle_sha256 == digest(handle)))
    if row is None or row.client_id != client_id or ledger.clock.now() - row.at >= PUSHED_LIFE:
        return None
    return None if is_used(reading, row.id) else _pushed(row)


def by_id(reading: Reading, pushed_id: str) -> Pushed:
    """The request that somebody has begun to answer, however old."""
    return _pushed(reading.get_one(PushedRequest, pushed_id))


def is_used(reading: Reading, pushed_id: str) -> bool:
    """Whether a code was issued for it."""
    return bool(reading.scalar(select(exists().where(PushedRequestUse.pushed_id == pushed_id))))


def _pushed(row: PushedRequest) -> Pushed:
    return Pushed(row.id, row.client_id, row.parameters, row.dpop_jkt, row.at)
