"""Clients whose keys have lapsed: the address where they stand was not reached for KEYS_KEPT (`idp.client_keys`).

Each process fetches for itself and says once what it finds; the ledger says what was found last, so that whoever looks
after the clients sees it (`client-list`), and why a client is refused.
"""

import json
import logging
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp.key_events import ClientKeysLapsed, ClientKeysReached
from idp.policy import KEYS_KEPT
from idp.provider import Provider
from idp.tables import Client
from idp.throttle import record_once_a_minute
from ledger.canonical import canonical
from ledger.entry import Entry
from ledger.event import Actor

_KINDS = (ClientKeysLapsed.kind, ClientKeysReached.kind)
_log = logging.getLogger(__name__)


def tell(provider: Provider, client: Client, now: datetime) -> None:
    """If the client's keys have lapsed, or are there again, since this process looked last, the ledger says so."""
    lapsed = provider.client_keys.news_of(client, now)
    if lapsed is None:
        return
    if lapsed:
        hours = int(KEYS_KEPT.total_seconds()) // 3600
        _log.warning("no key of client %s counts: its address was not reached for %s hours", client.id, hours)
    with provider.ledger.read() as reading:
        before = _is_said_to_have_lapsed(reading, client.id)
    if lapsed != before:
        event = ClientKeysLapsed(client.id) if lapsed else ClientKeysReached(client.id)
        record_once_a_minute(provider.ledger, event, Actor.client(client.id))
    provider.client_keys.told(client, lapsed=lapsed)


def lapsed_since(reading: Reading) -> Mapping[str, datetime]:
    """By its id each client whose keys were found to have lapsed, and were not reached since."""
    said = select(Entry.kind, Entry.body, Entry.at).where(Entry.kind.in_(_KINDS)).order_by(Entry.at, Entry.id)
    newest = {json.loads(body)["client"]: (kind, at) for kind, body, at in reading.execute(said) if body}
    return {client_id: at for client_id, (kind, at) in newest.items() if kind == ClientKeysLapsed.kind}


def _is_said_to_have_lapsed(reading: Reading, client_id: str) -> bool:
    body = canonical(ClientKeysLapsed(client_id).body()).decode()
    newest = select(Entry.kind).where(Entry.kind.in_(_KINDS), Entry.body == body).order_by(Entry.at.desc())
    return reading.scalar(newest.order_by(Entry.id.desc()).limit(1)) == ClientKeysLapsed.kind
