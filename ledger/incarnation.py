"""Incarnations: the lives of one database. A restore, a migration and a promotion each begin a further one.

PostgreSQL's transaction ids begin again from a low number when a dump is restored, so the order of entries is
(incarnation, transaction id, id). The database stamps each entry with the highest number here. The first one is the
database's founding, and its id the name by which that database is told from every other.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ledger.base import Fact, key_column
from ledger.event import Actor, Code, Event
from ledger.ledger import Ledger, Taken


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


def founded(ledger: Ledger, actor: Actor) -> str:
    """The database has a name, for good; an older one gets it here. Returns the name."""
    with ledger.read() as session:
        name = name_of(session)
    if name is not None:
        return name
    with suppress(Taken):  # by another process, whose row then is the name
        begin_incarnation(ledger, "founding", actor)
    with ledger.read() as session:
        return str(name_of(session))


def name_of(session: Session) -> str | None:
    """The name of this database; None for one that was never founded."""
    return session.scalar(select(Incarnation.id).order_by(Incarnation.number).limit(1))
