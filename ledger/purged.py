"""What `purge` leaves behind: the entry that names each row that it took away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from ledger.event import Code, Event, Id

ABANDONED = "abandoned"
"""The rule by which requests that led to nothing go without anybody's order."""
ABANDONABLE = frozenset({"pushed_request", "device_request", "backchannel_request"})
KEPT = timedelta(days=1)
"""So long after their end."""


@dataclass(frozen=True)
class Purged(Event):
    """Rows were taken away by the rules of retention, or because a person asked to be forgotten.

    Each of `rows` is `table/key=version:hash`, as the entry that made the row names it; `entry/id=digest` for
    an entry whose body is gone. `ledger-verify` accepts these as missing, and no others.
    """

    kind: ClassVar[str] = "ledger.purged"
    rule: Code
    rows: tuple[Id, ...]
    order: Id | None = None
    """What somebody signed for it."""


def may_go_by_itself(rule: str, rows: Sequence[str], at: datetime) -> bool:
    """Whether rows, named as in `Purged`, may have gone at that time without an order.

    That they led to nothing cannot be seen any more: what something hangs on the database gives nobody away. How old
    they were their ids say (RFC 9562 clause 5.7).
    """
    return rule == ABANDONED and all(_is_abandonable(row, at) for row in rows)


def _is_abandonable(row: str, at: datetime) -> bool:
    table, _, rest = row.partition("/")
    try:
        made = datetime.fromtimestamp((UUID(rest.partition("=")[0]).int >> 80) / 1000, UTC)
    except ValueError:
        return False
    return table in ABANDONABLE and at - made >= KEPT
