"""Walks to the certificates that rest on a desk's roots, each along an index: what a page costs is what is on it.

A root may have a hundred thousand certificates: all that a ministry's machines have by one person's card. An index
gives them in the order of their requests, so a page that begins among them reads none of those before, and none is
sorted but those that it shows.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    String,
    bindparam,
    case,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from ca.registration.succession import papers_of
from ca.tables.machines import Allowance, MachineRequest
from ca.tables.registration import CarriedEvidence, Desk, Evidence
from ledger.certificates import Certificate, Intent
from ledger.facts import Facts

_PAPERS = 2
"""Seen for a request, mostly at most."""
_Keys = tuple[str, str]
_AMONG: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
_OF, _REQUEST, _CERTIFICATE, _FROM, _TO = (
    bindparam(name, type_=String()) for name in ("of", "request", "certificate", "first", "last")
)
_DESK, _LOWEST, _HIGHEST, _AFTER, _AFTER_KEY = (
    bindparam(name, type_=String()) for name in ("desk", "lowest", "highest", "after", "after_key")
)
_MOST = bindparam("most", type_=Integer())
BEHIND_ALL = "\U0010ffff"
"""No id and no name comes after it."""


def _certified(
    group: InstrumentedAttribute[str],
    request: InstrumentedAttribute[str],
    first: BindParameter[str],
    end: ColumnElement[bool],
) -> Select[str, str]:
    """The first requests `of` a group, in their order, with their certificates, behind a request and a certificate.

    The group is bound at both ends and comes first in the order: so it is the index of groups and requests along which
    PostgreSQL walks. By an equation it may take that of all requests, if it thinks that most are this group's.
    """
    return (
        select(request, Certificate.id)
        .join(Intent, Intent.enrolment_id == request)
        .join(Certificate, Certificate.id == Intent.id)
        .where(tuple_(group, request) >= tuple_(_OF, first), end)
        .where(or_(request != _REQUEST, Certificate.id > _CERTIFICATE))
        .order_by(group, request, Certificate.id)
        .limit(_MOST)
    )  # fmt: skip


def _first(statement: Select[str]) -> ScalarSelect[str]:
    """Asked for each row by itself: of an EXISTS PostgreSQL would make a join with everything that there is."""
    return statement.limit(1).scalar_subquery()


_CARRYING = Facts(
    _certified(CarriedEvidence.evidence_id, CarriedEvidence.enrolment_id, _REQUEST, CarriedEvidence.evidence_id <= _OF)
)
_PAPER_OF_THE_DESK = (
    select(Evidence.id)
    .join(CarriedEvidence, CarriedEvidence.evidence_id == Evidence.id)
    .where(CarriedEvidence.enrolment_id == MachineRequest.enrolment_id)
    .where(Evidence.place == _DESK, Evidence.enrolment_id >= bindparam("begin"))
)
_UNDER = MachineRequest.allowance_id, MachineRequest.enrolment_id
_ALLOWED = Facts(
    _certified(*_UNDER, _FROM, tuple_(*_UNDER) <= tuple_(_OF, _TO)).where(_first(_PAPER_OF_THE_DESK).is_(None))
)
"""From a request on, which is none before the one behind which it begins, to another."""
_USE = aliased(CarriedEvidence)
_OF_THE_PAPER = _USE.evidence_id == Evidence.id
_ALONG_PAPERS = _USE.evidence_id, _USE.enrolment_id


def _nearest(what: ColumnElement[Any], bound: ColumnElement[bool], *order: Any) -> ScalarSelect[Any]:
    """Of the use that is the first in the order of papers and requests from a bound on; it may be another paper's.

    Bound and ordered as in `_certified`: because one paper has a hundred thousand uses no other's are sought among
    these.
    """
    return _first(select(what).where(bound).order_by(*order).correlate(Evidence))


_IS_CARRIED = _nearest(_OF_THE_PAPER, _USE.evidence_id >= Evidence.id, *_ALONG_PAPERS)
_ITS_REQUEST = case((_OF_THE_PAPER, _USE.enrolment_id))


def _roots(statement: Select[str, str], root: InstrumentedAttribute[str], key: InstrumentedAttribute[str]) -> Facts:
    """The first of these roots with a key each, in their order, between two and behind one."""
    among = statement.where(root >= _LOWEST, root <= _HIGHEST, or_(root != _AFTER, key > _AFTER_KEY))
    return Facts(among.order_by(root, key).limit(_MOST))


_SEEN_THERE = Facts(
    select(Evidence.enrolment_id, Certificate.id)
    .join(Intent, Intent.enrolment_id == Evidence.enrolment_id)
    .join(Certificate, Certificate.id == Intent.id)
    .where(Evidence.place == _DESK, Evidence.enrolment_id >= _LOWEST, Evidence.enrolment_id <= _HIGHEST)
    .where(
        tuple_(Evidence.enrolment_id, Evidence.enrolment_id, Certificate.id) > tuple_(_AFTER, _REQUEST, _CERTIFICATE)
    )
    .order_by(Evidence.enrolment_id, Certificate.id)
    .limit(_MOST)
)
"""The first requests for which papers were seen at a desk, with their certificates, behind a position."""
_CARRIED_ROOTS = _roots(
    select(Evidence.enrolment_id, Evidence.id).where(Evidence.place == _DESK, _IS_CARRIED),
    Evidence.enrolment_id, Evidence.id,
)  # fmt: skip
_ALLOWED_ROOTS = _roots(
    select(Allowance.id, Allowance.person_id).join(Desk, Desk.id == Allowance.desk_id).where(Desk.code == _DESK),
    Allowance.id, Allowance.person_id,
)  # fmt: skip
_USES = Facts(
    select(
        _nearest(_ITS_REQUEST, tuple_(*_ALONG_PAPERS) >= tuple_(Evidence.id, _REQUEST), *_ALONG_PAPERS),
        _nearest(_ITS_REQUEST, _USE.evidence_id <= Evidence.id, *(column.desc() for column in _ALONG_PAPERS)),
    ).where(Evidence.id.in_(_AMONG))
)
"""Of each paper the first request from one on, and the last, that carries it."""
_OWN = Facts(
    select(Intent.enrolment_id, Certificate.person_id)
    .join(Certificate, Certificate.id == Intent.id)
    .where(Certificate.person_id.in_(_AMONG), Intent.enrolment_id.is_not(None))
)
"""The requests behind certificates of these persons' own, which no machine's is."""


class Position(NamedTuple):
    """Where a certificate stands among what came of a desk, by ids: under its root, by the request that it came of."""

    root: str
    request: str
    certificate: str


@dataclass(frozen=True)
class Stretch:
    """Which of a desk's roots are looked at: from an id on, behind a position, up to a root."""

    desk: str
    begin: str
    behind: Position | None
    last: str = BEHIND_ALL

    @property
    def lowest(self) -> str:
        """Before this no root is looked at."""
        return self.begin if self.behind is None else max(self.begin, self.behind.root)

    def up_to(self, last: str) -> "Stretch":
        """No further than this root."""
        return replace(self, last=last)

    def under(self, root: str) -> Mapping[str, str]:
        """Behind which request and certificate it goes on under this root."""
        request, certificate = self.behind[1:] if self.behind and self.behind.root == root else ("", "")
        return {"request": request, "certificate": certificate}


def asked_for(session: Session, stretch: Stretch, limit: int) -> Sequence[Position]:
    """Those for which papers were seen at the desk.

    By several papers a request is met several times: to let the database leave that out would make it sort all.
    """
    found: dict[Position, None] = {}
    behind, most = stretch.behind or Position("", "", ""), limit * _PAPERS
    bounds = {"desk": stretch.desk, "highest": stretch.last, "most": most}
    while len(found) < limit:
        lowest = max(stretch.lowest, behind.root)
        after = {"after": behind.root, "request": behind.request, "certificate": behind.certificate}
        rows = _SEEN_THERE.rows(session, {**bounds, "lowest": lowest, **after})
        found |= dict.fromkeys(Position(request, request, certificate) for request, certificate in rows)
        if len(rows) < most:
            break
        behind = Position(rows[-1][0], *rows[-1])
    return list(found)[:limit]


def carried(session: Session, stretch: Stretch, limit: int) -> Sequence[Position]:
    """Those that carry a paper that was seen at the desk for an earlier request."""
    papers = chain.from_iterable(_some(session, _CARRIED_ROOTS, stretch, limit))
    found: list[Position] = []
    for root, of_root in groupby(papers, itemgetter(0)):
        given = {**stretch.under(root), "most": limit}
        rows = (_CARRYING.rows(session, {**given, "of": paper}) for _, paper in of_root)
        found += sorted({Position(root, *row) for row in chain.from_iterable(rows)})
        if len(found) >= limit:
            break
    return found[:limit]


def allowed(session: Session, stretch: Stretch, limit: int) -> Sequence[Position]:
    """Those of machines that the desk allowed, by a person who was seen elsewhere then.

    The others are there by his papers. Many a person is always seen where his machines are allowed: so it is asked
    first which of his papers are from elsewhere, and their first and last use bound the walk.
    """
    found: list[Position] = []
    for some in _some(session, _ALLOWED_ROOTS, stretch, limit):
        elsewhere = _seen_elsewhere(session, stretch, {person for _, person in some})
        for root, person in some:
            if person in elsewhere and len(found) < limit:
                found += _by_papers_of_elsewhere(session, stretch, root, elsewhere[person], limit)
        if len(found) >= limit:
            break
    return found[:limit]


def _by_papers_of_elsewhere(
    session: Session, stretch: Stretch, root: str, papers: Sequence[str], limit: int
) -> Iterator[Position]:
    given = stretch.under(root)
    uses = [use for use in _USES.rows(session, {"ids": papers, "request": given["request"]}) if use[0] is not None]
    if not uses:
        return
    bounds = {"first": min(first for first, _ in uses), "last": max(last for _, last in uses)}
    desk = {"of": root, "desk": stretch.desk, "begin": stretch.begin}
    for row in _ALLOWED.rows(session, {**given, **bounds, **desk, "most": limit}):
        yield Position(root, *row)


def _seen_elsewhere(session: Session, stretch: Stretch, persons: Collection[str]) -> Mapping[str, Sequence[str]]:
    """By person the papers behind his own certificates that are none of this desk's from its beginning on."""
    asked: dict[str, str] = dict(_OWN.rows(session, {"ids": sorted(persons)}))
    found: dict[str, list[str]] = {}
    for request, papers in papers_of(session, asked).items():
        strange = [one.id for one in papers if one.place != stretch.desk or one.enrolment_id < stretch.begin]
        if strange:
            found.setdefault(asked[request], []).extend(strange)
    return found


def _some(session: Session, roots: Facts, stretch: Stretch, some: int) -> Iterator[Sequence[_Keys]]:
    """The stretch's roots with a key each, in their order: so many at a time, for as long as they are taken."""
    bounds = {"desk": stretch.desk, "highest": stretch.last, "most": some}
    lowest, after = stretch.lowest, ("", "")
    while True:
        among = {"lowest": lowest, "after": after[0], "after_key": after[1]}
        rows = [(root, key) for root, key in roots.rows(session, {**bounds, **among})]
        if rows:
            yield rows
        if len(rows) < some:
            return
        lowest, after = rows[-1][0], rows[-1]
