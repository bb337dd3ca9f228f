"""The one place that takes rows away: personal rows, and only under the entry that names each with its hash.

The database lets nobody else: a row goes in the transaction of its entry, by the one role that may delete
(`migrations/roles.py`), or not at all. What went is gone; that it was there, and what its hash was, stays.
"""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, Table, delete, select

from ledger.base import Personal
from ledger.entry import Entry, fact_hash, fact_name
from ledger.event import Actor
from ledger.ledger import Ledger, Taken
from ledger.log import Leaf
from ledger.purged import Purged


class NotAsWritten(Exception):
    """A row is not what its entry names, or its entry is not sealed: somebody must look before anything goes."""


def erase(ledger: Ledger, rule: str, order: str, actor: Actor, rows: Sequence[Personal]) -> str:
    """The rows are gone, and the entry whose id this is names each. All of it or nothing.

    Raises Taken when one of them went already, and NotAsWritten: a row that was tampered with is evidence.
    """
    named = {fact_name(row): fact_hash(row) for row in rows}
    _verify(ledger, rows, named)
    event = Purged(rule, tuple(f"{name}={told}" for name, told in named.items()), order)
    return ledger.record(event, actor, beside=lambda connection: _delete(connection, rows))


def _verify(ledger: Ledger, rows: Sequence[Personal], named: dict[str, str]) -> None:
    entries = {row.entry_id for row in rows}
    with ledger.read() as session:
        told: dict[str, str] = {}
        for facts in session.scalars(select(Entry.facts).where(Entry.id.in_(entries))):
            told |= facts
        sealed = set(session.scalars(select(Leaf.entry_id).where(Leaf.entry_id.in_(entries))))
    strange = sorted(name for name, found in named.items() if told.get(name) != found)
    if strange or sealed != entries:
        raise NotAsWritten(f"not as their entries say, or not sealed: {', '.join(strange) or 'their entries'}")


def _delete(connection: Connection, rows: Sequence[Personal]) -> None:
    for row in rows:
        table = cast("Table", row.__table__)
        key = next(iter(table.primary_key.columns))
        value = getattr(row, key.name)
        if connection.execute(delete(table).where(key == value)).rowcount != 1:
            raise Taken(table.name, {key.name: value})
