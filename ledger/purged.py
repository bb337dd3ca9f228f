"""What `purge` leaves behind: the entry that names each row that it took away."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.event import Code, Event, Id


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
