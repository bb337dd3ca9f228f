"""Incarnations: the lives of one database. A restore, a migration and a promotion each begin a further one.

PostgreSQL's transaction ids begin again from a low number when a dump is restored, so the order of entries is
(incarnation, transaction id, id). The database stamps each entry with the highest number here.
"""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from ledger.base import Fact, key_column
from ledger.event import Actor, Code, Event
from ledger.ledger import Ledger


class Incarnation(Fact):
    """Thing: from this row's entry on, further entries carry `number`. Before the first one the number is 0."""

    __tablename__ = "incarnation"
    id: Mapped[str] = key_column()
    number: Mapped[int] = mapped_column(unique=True)
    cause: Mapped[str] = mapped_column(String(16))
    """`founding`, `restore`, `migration` or `promotion`."""


@dataclass(frozen=True)
class IncarnationBegun(Event):
    """The database began a further life."""

    kind: ClassVar[str] = "ledger.incarnation-begun"
    number: int
    cause: Code


def begin_incarnation(ledger: Ledger, cause: str, actor: Actor) -> int:
    """Entries written from now on carry the returned number. Raises Taken when another process was first."""
    with ledger.read() as session:
        number = (session.scalar(select(func.max(Incarnation.number))) or 0) + 1
    with ledger.entry(IncarnationBegun(number, cause), actor) as tx:
        tx.add(Incarnation(id=tx.new_id(), number=number, cause=cause))
    return number
