"""The duties and desks that there are, as changes look at them. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ca.governance.days import shown
from ca.tables.registration import Desk, DeskTerm
from ledger.people import Duty, DutyEnd, Person
from ledger.roles import DutySpan, span_of


@dataclass(frozen=True)
class Held:
    """A person's duty."""

    duty: Duty
    number: str
    span: DutySpan

    def __str__(self) -> str:
        place = f" at {self.span.desk}" if self.span.desk else ""
        until = f" until {shown(self.span.ends)}" if self.span.ends else ""
        return f"{self.span.kind.value}{place} from {shown(self.span.begins)}{until}"


def unfinished(session: Session, now: datetime, person_id: str | None = None) -> Sequence[Held]:
    """Every duty that runs or will, of one person or of all, in the order in which they were given."""
    statement = (
        select(Duty, Person.number, DutyEnd.at)
        .join(Person, Person.id == Duty.person_id)
        .join(DutyEnd, DutyEnd.duty_id == Duty.id, isouter=True)
        .where(or_(Duty.valid_to.is_(None), Duty.valid_to > now), or_(DutyEnd.at.is_(None), DutyEnd.at > now))
    )
    if person_id is not None:
        statement = statement.where(Duty.person_id == person_id)
    rows = session.execute(statement.order_by(Duty.id))
    return [Held(duty, number, span_of(duty, ended)) for duty, number, ended in rows]


def desk_of(session: Session, code: str) -> tuple[Desk, DeskTerm] | None:
    """The desk of this code with its newest term."""
    statement = select(Desk, DeskTerm).join(DeskTerm, DeskTerm.desk_id == Desk.id).where(Desk.code == code)
    found = session.execute(statement.order_by(DeskTerm.number.desc()).limit(1)).first()
    return None if found is None else (found[0], found[1])
