"""The duties and desks that there are, as changes look at them. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ca.governance.days import shown
from ca.governance.kind import Belief
from ca.tables.registration import Desk, DeskTerm
from ledger.canonical import microseconds
from ledger.entry import Entry
from ledger.people import Duty, DutyEnd, Person
from ledger.roles import DutySpan, span_of

ENDS = (
    select(DutyEnd.duty_id, Entry.at, Entry.position)
    .join(Entry, Entry.id == DutyEnd.entry_id)
    .where(DutyEnd.at <= Entry.at)
    .subquery("ends")
)
"""The ends of duties that count, from their entries on. A change ends a duty when it is applied: no end is agreed on
for a later day, and none undoes what its holder agreed on before."""


@dataclass(frozen=True)
class Held:
    """A person's duty. One that is not believed allows nothing, but can be ended."""

    duty: Duty
    number: str
    span: DutySpan
    believed: bool

    def __str__(self) -> str:
        place = f" at {self.span.desk}" if self.span.desk else ""
        until = f" until {shown(self.span.ends)}" if self.span.ends else ""
        return f"{self.span.kind.value}{place} from {shown(self.span.begins)}{until}"


@dataclass(frozen=True)
class HeldDesk:
    """A desk by the newest of its terms that counts."""

    desk: Desk
    term: DeskTerm
    newest: int
    """The number of its newest term, which may be one that nobody agreed on."""

    def renewed_from(self, now: datetime) -> int | None:
        """When a further term begins, in microseconds. None: with its application, so that a gap stays a gap."""
        return None if self.over(now) else microseconds(self.term.valid_from)

    def over(self, at: datetime) -> bool:
        """Whether its licence has ended by then."""
        return self.term.valid_to is not None and self.term.valid_to <= at


def unfinished(belief: Belief, now: datetime, person_id: str | None = None) -> Sequence[Held]:
    """Every duty that runs or will, of one person or of all, in the order in which they were given."""
    statement = (
        select(Duty, Person.number, ENDS.c.at)
        .join(Person, Person.id == Duty.person_id)
        .join(ENDS, ENDS.c.duty_id == Duty.id, isouter=True)
        .where(or_(Duty.valid_to.is_(None), Duty.valid_to > now), or_(ENDS.c.at.is_(None), ENDS.c.at > now))
    )
    if person_id is not None:
        statement = statement.where(Duty.person_id == person_id)
    rows = belief.session.execute(statement.order_by(Duty.id))
    return [Held(duty, number, span_of(duty, ended), belief.believes(duty)) for duty, number, ended in rows]


def desk_of(belief: Belief, code: str) -> HeldDesk | None:
    """The believed desk of this code with its newest believed term."""
    statement = select(Desk, DeskTerm).join(DeskTerm, DeskTerm.desk_id == Desk.id).where(Desk.code == code)
    rows = belief.session.execute(statement.order_by(DeskTerm.number.desc())).all()
    for desk, term in rows:
        if belief.believes(desk) and belief.believes(term):
            return HeldDesk(desk, term, rows[0][1].number)
    return None


def is_desk(session: Session, code: str) -> bool:
    """Whether the code is taken, by a desk that counts or by another."""
    return session.scalar(select(Desk.id).where(Desk.code == code)) is not None
