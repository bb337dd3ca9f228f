"""The order in which committed entries become leaves, and which of them may: one statement, one snapshot.

SQLite commits one transaction after the other, so `position` grows with the commits. PostgreSQL does not: an
entry may be sealed once no transaction of a smaller id can still commit, that is, below the horizon
`pg_snapshot_xmin(pg_current_snapshot())`, or when it is of an older incarnation of the database. Reading rows
first and the horizon after would lose entries.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from ledger.entry import Entry
from ledger.facts import Asked, Facts
from ledger.incarnation import Incarnation
from ledger.log import Leaf

HORIZON: ColumnElement[int] = literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
"""The smallest transaction id that can still commit in this snapshot."""
_REPLAYED: ColumnElement[float | None] = literal_column(
    "CASE WHEN pg_is_in_recovery() THEN coalesce(extract(epoch FROM pg_last_xact_replay_timestamp()), 0)::float8 END"
)
BY_TRANSACTION = (Entry.incarnation, Entry.transaction_id, Entry.id)
"""The order of the log on PostgreSQL."""
BY_POSITION = (Entry.position,)
"""The order of the log on SQLite."""


def is_postgresql(session: Session) -> bool:
    """Whether the session speaks to PostgreSQL (else to SQLite)."""
    return session.get_bind().dialect.name == "postgresql"


def incarnation() -> Select[int]:
    """Selects the number of the database's present life."""
    return select(func.coalesce(func.max(Incarnation.number), 0))


class Horizon(NamedTuple):
    """How far a snapshot sees. `settled` is the smallest transaction id that can still commit in it.

    `replayed` is None on a primary. On a replica it is when (since 1970, by the primary's clock) the last transaction
    was committed that it has replayed, 0 for none: asked behind the snapshot, so only a later one has all of it.
    """

    settled: int
    incarnation: int
    replayed: float | None


def horizon(session: Session) -> Horizon:
    """That of this snapshot; of PostgreSQL alone."""
    [found] = _horizon().once(session)
    return Horizon(*found)


def with_horizon(session: Session, facts: Facts, given: Mapping[str, Any]) -> tuple[Horizon, list[tuple[Any, ...]]]:
    """The horizon, and what is found behind it."""
    [found], rows = Facts.rows_of_each(session, asked_with_horizon(facts, given))
    return Horizon(*found), rows


def asked_with_horizon(facts: Facts, given: Mapping[str, Any]) -> Asked:
    """What `with_horizon` asks."""
    return [(_horizon(), {}), (facts, given)]


def unsealed(
    session: Session, beside: Facts, most: int, *columns: str, thorough: bool = True
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """What `beside` finds, and of the same snapshot, be it a glance, the first entries that may be sealed and are not.

    These columns of them, in the order of the log. On PostgreSQL a thorough look goes through all entries; the other
    begins where the last leaf is, unless the incarnation was raised since.
    """
    if is_postgresql(session) and not thorough:
        # Within one incarnation all that is below the last leaf's transaction was settled when that was sealed.
        onward = _by_transaction(most, columns, onward=True)
        told, of_present, found = Facts.rows_of_each(session, [(beside, {}), (_since_last_leaf(), {}), (onward, {})])
        if of_present == [(True,)]:
            return told, found
    every = _by_transaction(most, columns, onward=False) if is_postgresql(session) else _by_position(most, columns)
    told, found = Facts.rows_of_each(session, [(beside, {}), (every, {})])
    return told, found


# The statements are made once, when the first is asked: what is mapped by then is all there is.
@cache
def _horizon() -> Facts:
    return Facts(select(HORIZON, incarnation().scalar_subquery(), _REPLAYED))


@cache
def _by_position(most: int, columns: Sequence[str]) -> Facts:
    last = func.coalesce(_of_last_leaf("position"), 0)
    return Facts(_selected(columns).where(Entry.position > last).order_by(*BY_POSITION).limit(most))


@cache
def _by_transaction(most: int, columns: Sequence[str], *, onward: bool) -> Facts:
    settled = or_(Entry.incarnation < incarnation().scalar_subquery(), Entry.transaction_id < HORIZON)
    leaf = select(Leaf.number).where(Leaf.entry_id == Entry.id)
    if onward:
        # Few entries come behind the last leaf, which PostgreSQL cannot know: asked for a row that is not there it
        # would read all leaves at each look. A value it looks up entry by entry.
        behind = Entry.transaction_id >= _of_last_leaf("transaction_id")
        statement = _selected(columns).where(leaf.scalar_subquery().is_(None), settled, behind)
    else:
        statement = _selected(columns).where(~leaf.exists(), settled)
    return Facts(statement.order_by(*BY_TRANSACTION).limit(most))


def _selected(columns: Sequence[str]) -> Select[Any]:
    return select(*(getattr(Entry, name) for name in columns))


@cache
def _since_last_leaf() -> Facts:
    """Whether the last leaf is of the present incarnation."""
    return Facts(select(_of_last_leaf("incarnation") == incarnation().scalar_subquery()))


@cache
def _of_last_leaf(column: str) -> Any:
    last = aliased(Entry)
    value = select(getattr(last, column)).join(Leaf, Leaf.entry_id == last.id)
    return value.order_by(Leaf.number.desc()).limit(1).scalar_subquery()
