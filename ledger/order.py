"""The order in which committed entries become leaves, and which of them may: one statement, one snapshot.

SQLite commits one transaction after the other, so `position` grows with the commits. PostgreSQL does not: an
entry may be sealed once no transaction of a smaller id can still commit, that is, below the horizon
`pg_snapshot_xmin(pg_current_snapshot())`, or when it is of an older incarnation of the database. Reading rows
first and the horizon after would lose entries.
"""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from ledger.entry import Entry
from ledger.incarnation import Incarnation
from ledger.log import Leaf

HORIZON: ColumnElement[int] = literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
"""The smallest transaction id that can still commit in this snapshot."""


def is_postgresql(session: Session) -> bool:
    """Whether the session speaks to PostgreSQL (else to SQLite)."""
    return session.get_bind().dialect.name == "postgresql"


def in_order(session: Session) -> tuple[Any, ...]:
    """The columns that leaves are ordered by."""
    if is_postgresql(session):
        return (Entry.incarnation, Entry.transaction_id, Entry.id)
    return (Entry.position,)


def incarnation() -> Select[int]:
    """Selects the number of the database's present life."""
    return select(func.coalesce(func.max(Incarnation.number), 0))


def unsealed(session: Session, *columns: Any, thorough: bool = True) -> Select[Any]:
    """Selects `columns` of the entries that may be sealed now and are not, in the order of the log.

    On PostgreSQL a thorough look goes through all entries; the other begins where the last leaf is, unless the
    incarnation was raised since.
    """
    statement = select(*columns).order_by(*in_order(session))
    if not is_postgresql(session):
        return statement.where(Entry.position > func.coalesce(_of_last_leaf("position"), 0))
    current = incarnation().scalar_subquery()
    settled = or_(Entry.incarnation < current, Entry.transaction_id < HORIZON)
    statement = statement.where(~select(Leaf.number).where(Leaf.entry_id == Entry.id).exists(), settled)
    if thorough or session.scalar(select(_of_last_leaf("incarnation") == current)) is not True:
        return statement
    # Within one incarnation all that is below the last leaf's transaction was settled when that was sealed.
    return statement.where(Entry.transaction_id >= _of_last_leaf("transaction_id"))


@cache
def _of_last_leaf(column: str) -> Any:
    last = aliased(Entry)
    value = select(getattr(last, column)).join(Leaf, Leaf.entry_id == last.id)
    return value.order_by(Leaf.number.desc()).limit(1).scalar_subquery()
