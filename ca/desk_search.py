"""What came of a desk: the certificates that rest on a paper seen there, and those of machines that were allowed there.

What follows a certificate, and what a machine asks for, carries the papers of the request that it rests on. So each is
found under its root: the request for which the paper was seen, or the allowance. Roots' ids begin with the time, so
their order is the order in which they came, and a page is a walk along the index of the desk's papers.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from ca.tables.machines import Allowance, MachineRequest
from ca.tables.registration import CarriedEvidence, Desk, Evidence
from ledger.base import without
from ledger.certificates import Certificate, Intent, Revocation
from ledger.clock import uuid7

Pair = tuple[str, str]
"""Ids of a root and of a certificate that rests on it."""
_RequestId = ColumnElement[str] | InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
_PAPERS = 2
"""Seen for a request, mostly at most."""


def found_at(session: Session, desk: str, since: datetime | None, after: Pair | None, limit: int) -> Sequence[Pair]:
    """The first `limit` pairs behind `after` of the desk of this code, with roots from `since` on, in their order.

    What carries papers is looked for only as far as what was asked for there itself fills the page: among requests that
    carry nothing nobody walks to the desk's last.
    """
    begin = None if since is None else uuid7(since, bytes)
    own = _rows(session, _asked_for(desk), Evidence.enrolment_id, begin, after, None, limit)
    last = own[-1][0] if len(own) == limit else None
    carried = _rows(session, _carried(desk), Evidence.enrolment_id, begin, after, last, limit)
    allowed = _rows(session, _allowed(desk, begin), Allowance.id, begin, after, last, limit)
    return sorted({*own, *carried, *allowed})[:limit]


def walk(session: Session, desk: str, since: datetime | None, some: int = 500) -> Iterator[Sequence[Pair]]:
    """All that came of the desk, `some` at a time."""
    pairs = found_at(session, desk, since, None, some)
    while pairs:
        yield pairs
        pairs = found_at(session, desk, since, pairs[-1], some)


def unended(session: Session, ids: Sequence[str], now: datetime) -> Sequence[Certificate]:
    """Those of these certificates that live."""
    found = select(Certificate).where(Certificate.id.in_(ids), Certificate.not_after > now).order_by(Certificate.id)
    return session.scalars(without(found, Certificate.id, Revocation)).all()


def came_of(session: Session, desk: str, since: datetime, enrolment_id: str | None) -> bool:
    """Whether this request is of the desk's from then on, by its papers or its machine's allowance."""
    begin = uuid7(since, bytes)
    seen = select(Evidence.id).where(Evidence.enrolment_id == enrolment_id)
    seen = seen.where(Evidence.place == desk, Evidence.enrolment_id >= begin)
    allowed = select(Allowance.id).join(Desk, Desk.id == Allowance.desk_id)
    allowed = allowed.join(MachineRequest, MachineRequest.allowance_id == Allowance.id)
    allowed = allowed.where(Desk.code == desk, Allowance.id >= begin, MachineRequest.enrolment_id == enrolment_id)
    return bool(session.scalar(select(or_(seen.exists(), _carries(desk, begin, enrolment_id), allowed.exists()))))


def rests_on(desk: str, enrolment_id: _RequestId) -> ColumnElement[bool]:
    """Whether a paper seen at this desk supports the request, seen for it or carried."""
    seen = select(Evidence.id).where(Evidence.place == desk, Evidence.enrolment_id == enrolment_id)
    return or_(seen.exists(), _carries(desk, None, enrolment_id))


def _asked_for(desk: str) -> Select[str, str]:
    return (
        select(Evidence.enrolment_id, Certificate.id)
        .join(Intent, Intent.enrolment_id == Evidence.enrolment_id)
        .join(Certificate, Certificate.id == Intent.id)
        .where(Evidence.place == desk)
    )


def _carried(desk: str) -> Select[str, str]:
    return (
        select(Evidence.enrolment_id, Certificate.id)
        .join(CarriedEvidence, CarriedEvidence.evidence_id == Evidence.id)
        .join(Intent, Intent.enrolment_id == CarriedEvidence.enrolment_id)
        .join(Certificate, Certificate.id == Intent.id)
        .where(Evidence.place == desk)
    )


def _allowed(desk: str, begin: str | None) -> Select[str, str]:
    """Of machines whose responsible person was seen elsewhere: the others are there by their papers."""
    return (
        select(Allowance.id, Certificate.id)
        .join(Desk, Desk.id == Allowance.desk_id)
        .join(MachineRequest, MachineRequest.allowance_id == Allowance.id)
        .join(Intent, Intent.enrolment_id == MachineRequest.enrolment_id)
        .join(Certificate, Certificate.id == Intent.id)
        .where(Desk.code == desk, ~_carries(desk, begin, MachineRequest.enrolment_id))
    )


def _carries(
    desk: str, begin: str | None, enrolment_id: _RequestId | str | None
) -> ColumnElement[bool]:
    papers = select(Evidence.id).join(CarriedEvidence, CarriedEvidence.evidence_id == Evidence.id)
    papers = papers.where(Evidence.place == desk, CarriedEvidence.enrolment_id == enrolment_id)
    return (papers if begin is None else papers.where(Evidence.enrolment_id >= begin)).exists()


def _rows(
    session: Session,
    statement: Select[str, str],
    root: InstrumentedAttribute[str],
    begin: str | None,
    after: Pair | None,
    last: str | None,
    limit: int,
) -> list[Pair]:
    """By several papers a request is met several times: to let the database leave that out would make it sort all."""
    bounds: list[ColumnElement[bool]] = [root >= begin] if begin is not None else []
    if last is not None:
        bounds.append(root <= last)
    ordered = statement.where(*bounds).order_by(root, Certificate.id).limit(limit * _PAPERS)
    found: dict[Pair, None] = {}
    while len(found) < limit:
        rows = session.execute(ordered if after is None else ordered.where(*_behind(root, after))).all()
        found |= dict.fromkeys((key, certificate) for key, certificate in rows)
        if len(rows) < limit * _PAPERS:
            break
        after = (rows[-1][0], rows[-1][1])
    return list(found)[:limit]


def _behind(root: InstrumentedAttribute[str], after: Pair) -> tuple[ColumnElement[bool], ...]:
    return root >= after[0], or_(root != after[0], Certificate.id > after[1])
