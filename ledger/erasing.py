"""The one place that takes rows away: personal rows, and only under the entry that names each with its hash.

And marks against replay that are past, which are no facts and tell nobody anything. Of facts the database lets nobody
else: a row goes in the transaction of its entry, by the one role that may delete it (`migrations/roles.py`), or not.
What went is gone; that it was there, and what its hash was, stays.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import cast

from sqlalchemy import Connection, Table, delete, func, select

from ledger.base import Personal
from ledger.entry import Entry, fact_hash, fact_name
from ledger.event import Actor
from ledger.ledger import Ledger, Taken
from ledger.log import Leaf
from ledger.purged import Purged
from ledger.replay import ReplayMark


class NotAsWritten(Exception):
    """A row is not what its entry names, or its entry is not sealed: somebody must look before anything goes."""


class HeldBack(Exception):
    """Meanwhile something holds the rows back: nothing went."""


PAST = timedelta(hours=1)
"""Clocks of our machines differ by less."""
_LOCK = 0x6572617365  # the advisory lock of what is erased and of what forbids it


def before_erasing(connection: Connection) -> None:
    """In a transaction that forbids erasures: none that does not see it yet is committed after it."""
    _lock(connection, "pg_advisory_xact_lock_shared")


def erase(
    ledger: Ledger,
    rule: str,
    order: str | None,
    actor: Actor,
    rows: Sequence[Personal],
    still: Callable[[Connection], bool],
) -> str:
    """The rows are gone, and the entry whose id this is names each. All of it or nothing.

    Without an `order` only what the rule itself lets go (`ledger.purged.may_go_by_itself`).

    `still` says within the transaction whether they may go. Raises HeldBack when they may not, Taken when one of them
    went already, and NotAsWritten: a row that was tampered with is evidence.
    """
    named = {fact_name(row): fact_hash(row) for row in rows}
    _verify(ledger, rows, named)
    event = Purged(rule, tuple(f"{name}={told}" for name, told in named.items()), order)

    def take(connection: Connection) -> None:
        _lock(connection, "pg_advisory_xact_lock")
        if not still(connection):
            raise HeldBack(rule)
        _delete(connection, rows)

    return ledger.record(event, actor, beside=take)


def forget_marks(ledger: Ledger, most: int = 1000) -> int:
    """Of the marks that are past for longer than PAST, the `most` oldest are gone. Returns how many.

    What they marked is refused for its age. The database lets none go sooner, by its own clock.
    """
    before = ledger.clock.now() - PAST
    oldest = select(ReplayMark.sha256).where(ReplayMark.not_after < before).order_by(ReplayMark.not_after).limit(most)
    with ledger.writing.begin() as connection:
        return connection.execute(delete(ReplayMark).where(ReplayMark.sha256.in_(oldest))).rowcount


def _lock(connection: Connection, function: str) -> None:
    """SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(getattr(func, function)(_LOCK)))


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
