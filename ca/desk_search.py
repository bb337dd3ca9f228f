"""What came of a desk: the certificates that rest on a paper seen there, and those of machines that were allowed there.

What follows a certificate, and what a machine asks for, carries the papers of the request that it rests on. So each is
found under its root: the request for which the paper was seen, or the allowance. Roots' ids begin with the time, so
their order is the order in which they came; under one root, however many rest on it, the order is that of the requests.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from ca.desk_walks import Position, Stretch, allowed, asked_for, carried
from ca.tables.machines import Allowance, MachineRequest
from ca.tables.registration import CarriedEvidence, Desk, Evidence
from ledger.base import without
from ledger.certificates import Certificate, Intent, Revocation
from ledger.clock import uuid7
from ledger.facts import Facts
from ledger.order import is_postgresql

Pair = tuple[str, str]
"""Ids of a root and of a certificate that rests on it."""
_RequestId = ColumnElement[str] | InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
_ALONE = text("SET LOCAL max_parallel_workers_per_gather = 0")
"""Before it knows how few are wanted PostgreSQL plans for a tenth of all, with helpers: to start them takes longer than
the page."""
_REQUEST_BEHIND = Facts(select(Intent.enrolment_id).where(Intent.id == bindparam("certificate")))


class PairUnknown(Exception):
    """There is no such certificate, so nothing is behind it."""


def found_at(session: Session, desk: str, since: datetime | None, after: Pair | None, limit: int) -> Sequence[Pair]:
    """The first `limit` pairs behind `after` of the desk of this code, with roots from `since` on. Raises PairUnknown.

    What carries papers is looked for only as far as what was asked for there itself fills the page: among requests that
    carry nothing nobody walks to the desk's last.
    """
    if is_postgresql(session):
        session.execute(_ALONE)
    begin = "" if since is None else uuid7(since, bytes)
    stretch = Stretch(desk, begin, None if after is None else _position(session, after))
    own = asked_for(session, stretch, limit)
    if len(own) == limit:
        stretch = stretch.up_to(own[-1].root)
    found = {*own, *carried(session, stretch, limit), *allowed(session, stretch, limit)}
    return [(one.root, one.certificate) for one in sorted(found)[:limit]]


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
    return or_(seen.exists(), _carries(desk, "", enrolment_id))


def _carries(desk: str, begin: str, enrolment_id: _RequestId | str | None) -> ColumnElement[bool]:
    papers = select(Evidence.id).join(CarriedEvidence, CarriedEvidence.evidence_id == Evidence.id)
    papers = papers.where(Evidence.place == desk, CarriedEvidence.enrolment_id == enrolment_id)
    return papers.where(Evidence.enrolment_id >= begin).exists()


def _position(session: Session, pair: Pair) -> Position:
    root, certificate = pair
    request = _REQUEST_BEHIND.value(session, {"certificate": certificate})
    if request is None:
        raise PairUnknown("it rests on no request")
    return Position(root, request, certificate)
