"""What the register says about many persons at once, as the CA's rules look at it. Reads only."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BindParameter, bindparam, func, or_, select
from sqlalchemy.orm import Session

from ca.policy import Applicant
from ledger.base import Instant, latest
from ledger.facts import Facts
from ledger.people import Appointment, AppointmentTerm, Cutoff, Duty, DutyEnd, Person, PersonDetail, Post
from ledger.roles import DutySpan, span_of

_SLICE = 500
"""Values in one IN list: both engines allow more, none needs more."""


@dataclass(frozen=True)
class Names:
    """A person's names as the register spells them now; what a certificate's subject is made of."""

    given_lo: str
    family_lo: str | None
    given_en: str
    family_en: str | None


@dataclass(frozen=True)
class Standing:
    """A person of the register with what the rules ask of him."""

    person_id: str
    applicant: Applicant
    names: Names
    posts: frozenset[str] = frozenset()
    """The ids of the organisations in which he holds a post now."""
    search_key: str = ""
    """His Lao name with look-alike spellings made equal (`ledger.spelling.fold`)."""


_IDS = select(Person.id, Person.number)
_TERM = latest(AppointmentTerm, AppointmentTerm.appointment_id).subquery()
_AMONG: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
_NOW = bindparam("now", type_=Instant())
THEIR_POSTS = Facts(
    select(Appointment.person_id, Post.organisation_id)
    .join(Post, Post.id == Appointment.post_id)
    .join(_TERM, _TERM.c.appointment_id == Appointment.id)
    .where(_TERM.c.valid_from <= _NOW, or_(_TERM.c.valid_to.is_(None), _TERM.c.valid_to > _NOW))
    .where(Appointment.person_id.in_(_AMONG))
)
"""Persons who hold a post at `now`, and in which organisation, by each appointment's newest term."""
_CUT_OFF = select(func.max(Cutoff.at)).where(Cutoff.person_id == PersonDetail.person_id).correlate(PersonDetail)
_OWN_CUT_OFF = select(func.max(Cutoff.at)).where(Cutoff.person_id == Person.id).correlate(Person)
_UNNAMED = Facts(select(Person.number, _OWN_CUT_OFF.scalar_subquery()).where(Person.id.in_(_AMONG)))
"""Each person's number and newest Cutoff."""
DETAILS = Facts(
    latest(PersonDetail, PersonDetail.person_id)
    .join(Person, Person.id == PersonDetail.person_id)
    .add_columns(Person.number, _CUT_OFF.scalar_subquery())
    .where(PersonDetail.person_id.in_(_AMONG))
)
"""Each person's newest detail, his number, and his newest Cutoff."""

NO_NAMES = Names("", None, "", None)
NOBODY = Applicant(known=False, number="", officer_now=False, born=None, cut_off=None)


def by_number(session: Session, numbers: Collection[str], now: datetime) -> Mapping[str, Standing]:
    """The persons with these numbers; who is missing is not in the register."""
    found: dict[str, str] = {}
    for some in sliced(numbers):
        found |= {number: key for key, number in session.execute(_IDS.where(Person.number.in_(some)))}
    standings = by_id(session, list(found.values()), now)
    return {number: standings[key] for number, key in found.items() if key in standings}


def by_id(session: Session, person_ids: Collection[str], now: datetime) -> Mapping[str, Standing]:
    """The persons with these ids, by id, as of `now`."""
    return {standing.person_id: standing for some in sliced(person_ids) for standing in _standings(session, some, now)}


def unnamed(session: Session, person_id: str, now: datetime) -> Standing | None:
    """The person as the rules ask of him, without names and age: for a process that may not read those."""
    known = _UNNAMED.rows(session, {"ids": [person_id]})
    if not known:
        return None
    [(number, cut_off)] = known
    given = {"ids": [person_id], "now": now}
    posts = frozenset(organisation_id for _, organisation_id in THEIR_POSTS.rows(session, given))
    applicant = Applicant(known=True, number=number, officer_now=bool(posts), born=None, cut_off=cut_off)
    return Standing(person_id, applicant, NO_NAMES, posts)


def duties(session: Session, person_ids: Collection[str]) -> Mapping[str, tuple[DutySpan, ...]]:
    """All duties of these persons, by person, with their desks; an early end is taken into account."""
    statement = (
        select(Duty, DutyEnd.at)
        .join(DutyEnd, DutyEnd.duty_id == Duty.id, isouter=True)
        .where(Duty.person_id.in_(set(person_ids)))
    )
    spans: dict[str, tuple[DutySpan, ...]] = {}
    for duty, ended in session.execute(statement):
        spans[duty.person_id] = (*spans.get(duty.person_id, ()), span_of(duty, ended))
    return spans


def sliced(values: Iterable[str]) -> Iterator[list[str]]:
    """The different values in slices fit for an IN list."""
    distinct = sorted(set(values))
    for start in range(0, len(distinct), _SLICE):
        yield distinct[start : start + _SLICE]


def _standings(session: Session, person_ids: list[str], now: datetime) -> Iterator[Standing]:
    given = {"ids": person_ids, "now": now}
    numbers: dict[str, str] = {}
    cutoffs: dict[str, datetime] = {}
    details: list[PersonDetail] = []
    for detail, number, cut_off in DETAILS.rows(session, given):
        details.append(detail)
        numbers[detail.person_id] = number
        if cut_off is not None:
            cutoffs[detail.person_id] = cut_off
    posts: dict[str, set[str]] = {}
    for person_id, organisation_id in THEIR_POSTS.rows(session, given):
        posts.setdefault(person_id, set()).add(organisation_id)
    for detail in details:
        key = detail.person_id
        born = date.fromisoformat(detail.born) if detail.born else None
        applicant = Applicant(
            known=True, number=numbers[key], officer_now=key in posts, born=born, cut_off=cutoffs.get(key)
        )
        names = Names(detail.given_lo, detail.family_lo, detail.given_en, detail.family_en)
        yield Standing(key, applicant, names, frozenset(posts.get(key, ())), detail.search_key)
