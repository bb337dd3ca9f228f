"""What became of each line of a batch, as of now: read off the facts, slice by slice. Reads only."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.registration.progress import states
from ca.tables.batches import EnrolmentBatch, EnrolmentBatchLine
from ca.tables.registration import Enrolment, EnrolmentEnd
from ledger.certificates import Certificate, Intent
from ledger.people import Person

_SLICE = 500
REFUSED = "refused"
"""State of a line that was not taken up; the others are values of `State`."""


@dataclass(frozen=True)
class LineOutcome:
    """One line: its number in the list, its state and its entry; whose, of which profile, and what it led to."""

    line: int
    state: str
    entry: str
    number: str | None = None
    profile: str | None = None
    enrolment: str | None = None
    certificate_sha256: str | None = None
    code: str | None = None
    """Why it was refused, or will not be issued."""
    field: str | None = None

    def values(self) -> dict[str, Any]:
        """As JSON, without what there is not."""
        return {name: value for name, value in vars(self).items() if value is not None}


def outcomes(session: Session, batch: EnrolmentBatch, now: datetime) -> Iterator[LineOutcome]:
    """The lines that were done, in the order of the list."""
    line = EnrolmentBatchLine
    statement = (
        select(line, Enrolment.profile, Person.number, EnrolmentEnd.code)
        .join(Enrolment, Enrolment.id == line.enrolment_id, isouter=True)
        .join(Person, Person.id == Enrolment.person_id, isouter=True)
        .join(EnrolmentEnd, EnrolmentEnd.enrolment_id == line.enrolment_id, isouter=True)
        .where(line.batch_id == batch.id)
        .order_by(line.number)
        .limit(_SLICE)
    )
    last = 0
    while some := session.execute(statement.where(line.number > last)).all():
        last = some[-1][0].number
        yield from _outcomes(session, [tuple(row) for row in some], now)
        session.expunge_all()  # flat memory, however long the list


def counts(session: Session, batch: EnrolmentBatch, now: datetime) -> dict[str, int]:
    """How many lines are in each state."""
    return dict(sorted(Counter(one.state for one in outcomes(session, batch, now)).items()))


def certificates(session: Session, batch: EnrolmentBatch) -> Iterator[tuple[int, str, Certificate]]:
    """Line, person's number and certificate of each line that has one, in the order of the list."""
    line = EnrolmentBatchLine
    statement = (
        select(line.number, Person.number, Certificate)
        .join(Intent, Intent.enrolment_id == line.enrolment_id)
        .join(Certificate, Certificate.id == Intent.id)
        .join(Enrolment, Enrolment.id == line.enrolment_id)
        .join(Person, Person.id == Enrolment.person_id)
        .where(line.batch_id == batch.id)
        .order_by(line.number)
        .limit(_SLICE)
    )
    last = 0
    while some := session.execute(statement.where(line.number > last)).all():
        last = some[-1][0]
        yield from ((number, person, certificate) for number, person, certificate in some)
        session.expunge_all()


def _outcomes(session: Session, some: Sequence[tuple[Any, ...]], now: datetime) -> Iterator[LineOutcome]:
    ids = [line.enrolment_id for line, *_ in some if line.enrolment_id is not None]
    found = states(session, ids, now)
    issued = (
        select(Intent.enrolment_id, Certificate.sha256)
        .join(Certificate, Certificate.id == Intent.id)
        .where(Intent.enrolment_id.in_(ids))
    )
    digests: dict[Any, str] = {key: digest for key, digest in session.execute(issued)}  # noqa: C416 - rows are no pairs
    for line, profile, number, ended in some:
        key = line.enrolment_id
        yield LineOutcome(
            line=line.number,
            state=found[key].value if key else REFUSED,
            entry=line.entry_id,
            number=number,
            profile=profile,
            enrolment=key,
            certificate_sha256=digests.get(key),
            code=line.code or ended,
            field=line.field,
        )
