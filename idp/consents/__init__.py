"""What a person agreed that services get: remembered until a day, reviewed and taken back by the person.

Each word of the person is a new version of the consent for one client; taken back, it is one without scopes, and
what the client was given before is dead (`idp.grants.live`). A consent is for the client that the person was shown:
under another name, or where its answers go to another host, it counts no more.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp.clients import current
from idp.consents.tables import ConsentVersion
from idp.events import ConsentGiven, ConsentRevoked
from idp.policy import CONSENT_LIFE
from idp.sessions import LiveSession
from idp.since import since
from idp.tables import Client
from ledger.event import Actor, Event
from ledger.ledger import Ledger, Taken


@dataclass(frozen=True)
class Remembered:
    """A consent that is kept: for which client, what, and from when until when."""

    client: Client
    scopes: Sequence[str]
    at: datetime
    until: datetime


def agreed(reading: Reading, account_id: str, client_id: str, now: datetime) -> Sequence[str]:
    """The scopes that the person's consent for this client has now."""
    newest = _newest(reading, account_id, client_id)
    if newest is None or now >= newest.until:
        return ()
    became = became_known(reading, client_id)
    return newest.scope.split() if became is None or became < newest.at else ()


def became_known(reading: Reading, client_id: str) -> datetime | None:
    """From when on the client has had the names, hosts and sector by which people know it; None for always."""
    return since(reading, client_id, _known_by)


def remembered(reading: Reading, account_id: str, now: datetime) -> Sequence[Remembered]:
    """All consents of the person whose time is not over, the newest first.

    Also for a client that has become another since: he may take back what it still holds.
    """
    own = select(ConsentVersion).where(ConsentVersion.account_id == account_id, ConsentVersion.until > now)
    found: dict[str, ConsentVersion] = {}
    for version in reading.scalars(own.order_by(ConsentVersion.number.desc())):
        found.setdefault(version.client_id, version)
    kept = sorted((one for one in found.values() if one.scope), key=lambda one: one.at, reverse=True)
    clients = [current(reading, one.client_id) for one in kept]
    return [
        Remembered(client, one.scope.split(), one.at, one.until)
        for client, one in zip(clients, kept, strict=True) if client is not None
    ]  # fmt: skip


def give(ledger: Ledger, account_id: str, client_id: str, scopes: Collection[str], actor: Actor) -> None:
    """The person's word counts for CONSENT_LIFE, also for what the client was given before."""
    with ledger.read() as reading:
        before = agreed(reading, account_id, client_id, ledger.clock.now())
    wanted = " ".join(dict.fromkeys([*before, *scopes]))
    _enter(ledger, ConsentGiven(account_id, client_id), account_id, client_id, wanted, actor)


def revoke(ledger: Ledger, session: LiveSession, client_id: str) -> None:
    """The client gets nothing more, and what it holds is dead; again is no harm."""
    account_id = session.account_id
    with ledger.read() as reading:
        newest = _newest(reading, account_id, client_id) if client_id.isprintable() else None
    if newest is not None and newest.scope and ledger.clock.now() < newest.until:
        actor = Actor.person(session.person_id)
        _enter(ledger, ConsentRevoked(account_id, client_id), account_id, client_id, "", actor)


def _known_by(client: Client) -> object:
    hosts = {urlsplit(uri).hostname for uri in client.redirect_uris.split()}
    return client.name_lo, client.name_en, client.sector, hosts


def _newest(reading: Reading, account_id: str, client_id: str) -> ConsentVersion | None:
    own = select(ConsentVersion).where(ConsentVersion.account_id == account_id, ConsentVersion.client_id == client_id)
    return reading.scalar(own.order_by(ConsentVersion.number.desc()).limit(1))


def _enter(ledger: Ledger, event: Event, account_id: str, client_id: str, scope: str, actor: Actor) -> None:
    """The next version: of two words at once both are kept, one after the other."""
    with ledger.read() as reading:
        newest = _newest(reading, account_id, client_id)
    number, entered = newest.number if newest is not None else 0, False
    while not entered:
        number += 1
        entered = _entered(ledger, event, account_id, client_id, number, scope, actor)


def _entered(
    ledger: Ledger, event: Event, account_id: str, client_id: str, number: int, scope: str, actor: Actor
) -> bool:
    now = ledger.clock.now()
    try:
        with ledger.entry(event, actor) as tx:
            tx.add(
                ConsentVersion(
                    id=tx.new_id(), account_id=account_id, client_id=client_id, number=number, scope=scope, at=now,
                    until=now + CONSENT_LIFE,
                )
            )  # fmt: skip
    except Taken:
        return False
    return True
