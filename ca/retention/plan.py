"""What may be erased now: number and scan of papers on which nothing rests any more. Counted and named, without values.

By the rule of retention papers go when the last certificate that is based on them ended so many years ago as the
configuration says. Who asks to be forgotten cannot shorten that (AU-04); what no certificate came of goes at once
(DP-06). Nothing goes while its person's records are held or a request about him is open, nor before it is sealed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from hashlib import sha256

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from ca.governance.provenance import verified
from ca.registration.applicants import sliced
from ca.tables.endings import EndingRequest, EndingRequestEnd
from ca.tables.registration import CarriedEvidence, Enrolment, EnrolmentEnd, Evidence, EvidenceNumber, EvidenceScan
from ca.tables.retention import RecordsHold, RecordsRelease
from ledger.base import without
from ledger.canonical import canonical
from ledger.certificates import Certificate, Intent, Revocation
from ledger.entry import Entry
from ledger.log import Leaf

ERASABLE = (EvidenceNumber, EvidenceScan)
"""Rows that may go. Each has its Evidence's id for a key."""


class Rule(Enum):
    """Why something may go."""

    RETENTION = "retention"
    REQUEST = "request"
    """The person asked."""


@dataclass(frozen=True)
class Plan:
    """What would go. `kept` counts, by code, the papers that are old enough and that something else holds back."""

    rule: Rule
    person_id: str | None
    ended_by: datetime
    """What was in use later than this stays."""
    rows: tuple[str, ...]
    """`table/key`, sorted."""
    papers: int
    persons: int
    kept: Mapping[str, int]
    lifted: Mapping[str, str]
    """The holds that were ever lifted from these persons' records, and who lifted each."""

    @property
    def digest(self) -> str:
        """Hex SHA-256: what the operator signs is exactly these rows."""
        return plan_digest(self.rule, self.person_id, self.rows, self.lifted)


def plan_digest(rule: Rule, person_id: str | None, rows: Iterable[str], lifted: Iterable[str]) -> str:
    """Hex SHA-256 of what a plan names. Once a hold was lifted it is another: who orders must look again."""
    named = {"rule": rule.value, "person": person_id, "rows": sorted(rows), "lifted": sorted(lifted)}
    return sha256(canonical({name: value for name, value in named.items() if value})).hexdigest()


def plan(session: Session, now: datetime, person_id: str | None = None) -> Plan:
    """By the rule of retention for everybody; with `person_id` on the request of that person."""
    rule = Rule.RETENTION if person_id is None else Rule.REQUEST
    ended_by = years_before(now, verified(session).retention_years) if rule is Rule.RETENTION else now
    found = session.execute(due(rule, person_id, ended_by, now)).all()
    persons = {person for _, person in found}
    rows = rows_of(session, (key for key, _ in found))
    over = _over(rule, person_id, ended_by)
    kept = {code: _count(session, over.where(holds)) for code, holds in _KEPT.items()}
    return Plan(rule, person_id, ended_by, tuple(rows), len(found), len(persons), kept, lifted_from(session, persons))


def due(rule: Rule, person_id: str | None, ended_by: datetime, planned: datetime) -> Select[str, str]:
    """Selects id and person of the papers that may go; what was held at any time since `planned` may not."""
    held_since = (
        select(RecordsHold.id)
        .join(RecordsRelease, RecordsRelease.hold_id == RecordsHold.id)
        .where(RecordsHold.person_id == Enrolment.person_id, RecordsRelease.act_at > planned)
    )
    sealed = select(Leaf.entry_id).where(Leaf.entry_id == Evidence.entry_id)
    free = [~holds for holds in _KEPT.values()]
    found = _over(rule, person_id, ended_by).where(*free, ~held_since.exists(), sealed.exists())
    return found.order_by(Evidence.id)


def years_before(now: datetime, years: int) -> datetime:
    """The same moment so many years earlier; of the 29th of February, the 28th."""
    day = 28 if (now.month, now.day) == (2, 29) else now.day
    return now.replace(year=now.year - years, day=day)


def _over(rule: Rule, person_id: str | None, ended_by: datetime) -> Select[str, str]:
    """The papers that still have a row to erase, and on which nothing has rested since `ended_by`."""
    left = or_(*(select(table.evidence_id).where(table.evidence_id == Evidence.id).exists() for table in ERASABLE))
    ended = (
        select(EnrolmentEnd.enrolment_id)
        .join(Entry, Entry.id == EnrolmentEnd.entry_id)
        .where(EnrolmentEnd.enrolment_id == Enrolment.id, Entry.at <= ended_by)
    )
    nothing_came_of_it = and_(~_BASED.exists(), ended.exists())
    expired = and_(_BASED.exists(), ~_BASED.where(Certificate.not_after > ended_by).exists())
    over = or_(nothing_came_of_it, expired) if rule is Rule.RETENTION else nothing_came_of_it
    papers = select(Evidence.id, Enrolment.person_id).join(Enrolment, Enrolment.id == Evidence.enrolment_id)
    papers = papers.where(left, over)
    return papers if person_id is None else papers.where(Enrolment.person_id == person_id)


def rows_of(session: Session, papers: Iterable[str]) -> list[str]:
    """What is left of these papers, as `table/key`, sorted."""
    left: list[str] = []
    for some in sliced(papers):
        for table in ERASABLE:
            keys = session.scalars(select(table.evidence_id).where(table.evidence_id.in_(some)))
            left += (f"{table.__tablename__}/{key}" for key in keys)
    return sorted(left)


def lifted_from(session: Session, persons: Iterable[str]) -> Mapping[str, str]:
    """The holds that were lifted from the records of these persons, and who lifted each."""
    released = select(RecordsRelease).join(RecordsHold, RecordsHold.id == RecordsRelease.hold_id)
    found = [session.scalars(released.where(RecordsHold.person_id.in_(some))) for some in sliced(persons)]
    return {one.hold_id: one.officer_id for some in found for one in some}


def _count(session: Session, statement: Select[str, str]) -> int:
    return session.scalar(select(func.count()).select_from(statement.subquery())) or 0


_CARRYING = select(CarriedEvidence.enrolment_id).where(CarriedEvidence.evidence_id == Evidence.id).correlate(Evidence)
"""Later requests that a paper supports too: this very paper, however deep the question is asked."""
_RESTING = or_(Intent.enrolment_id == Enrolment.id, Intent.enrolment_id.in_(_CARRYING))
_BASED = (
    select(Certificate.id).join(Intent, Intent.id == Certificate.id).where(_RESTING).correlate(Enrolment, Evidence)
)
"""The certificates that are based on a paper."""
_HELD = without(
    select(RecordsHold.id).where(RecordsHold.person_id == Enrolment.person_id), RecordsHold.id, RecordsRelease
)
_ASKED = without(
    select(EndingRequest.id).where(
        or_(EndingRequest.subject == Enrolment.person_id, EndingRequest.subject.in_(_BASED))
    ),
    EndingRequest.id,
    EndingRequestEnd,
)
_INTENDED = without(
    select(Intent.id)
    .where(_RESTING, ~select(Certificate.id).where(Certificate.id == Intent.id).exists())
    .correlate(Enrolment, Evidence),
    Intent.id,
    Revocation,
)
_CARRIED = without(
    _CARRYING.where(~select(Intent.id).where(Intent.enrolment_id == CarriedEvidence.enrolment_id).exists()),
    CarriedEvidence.enrolment_id,
    EnrolmentEnd,
)
_KEPT: Mapping[str, ColumnElement[bool]] = {
    "held": _HELD.exists(),
    "request-open": _ASKED.exists(),
    "intended": _INTENDED.exists(),
    "carried": _CARRIED.exists(),
}
"""What holds a paper back, whatever its age: a hold, an open request, something that is about to be signed, or asked
for anew upon it."""
