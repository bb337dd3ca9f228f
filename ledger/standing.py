"""Who a person was, in which post, with which powers, at a moment: pure questions to the register.

Both clocks are arguments. `at` is valid time: when it was so. `known_at` is ledger time: with it, only what
the ledger had been told by then is seen ("what did we know on that day?"); without it, all that is known now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, bindparam, exists, or_, select, true
from sqlalchemy.orm import Session

from ledger.entry import Entry
from ledger.facts import Facts
from ledger.people import (
    Appointment,
    AppointmentTerm,
    Cutoff,
    Duty,
    DutyEnd,
    Mandate,
    MandateTerm,
    Organisation,
    OrganisationDetail,
    Person,
    PersonDetail,
    Post,
    Succession,
)
from ledger.rounds import looked_up


@dataclass(frozen=True)
class OrganisationThen:
    """An organisation under the name it had at the moment asked for; `valid_to` is set when its end is known."""

    code: str
    name_lo: str
    name_en: str
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True)
class Power:
    """A mandate that counts: `limit_lak` is a whole number of kip, None = no limit."""

    act: str
    limit_lak: int | None
    decree: str


@dataclass(frozen=True)
class Delegation:
    """A mandate that a person has of another, its principal."""

    mandate_id: str
    principal_id: str
    power: Power


@dataclass(frozen=True)
class Held:
    """A post that a person held at a moment, its organisation then, and what succeeded it."""

    appointment_id: str
    post: str
    post_lo: str
    post_en: str
    organisation: OrganisationThen
    successors: tuple[OrganisationThen, ...]
    """What the organisation has become, by all that is known; empty while it stands."""
    acting: bool
    decree: str
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True)
class Standing(Held):
    """A person in a post at a moment, and his powers in it."""

    mandates: tuple[Power, ...]


class _Period(Protocol):
    valid_from: Any
    valid_to: Any
    number: Any


_V = TypeVar("_V", bound=_Period)
_ALWAYS = datetime.max.replace(tzinfo=UTC)


def person_by_number(session: Session, number: str) -> Person | None:
    """The person whose permanent number it is."""
    return session.scalar(select(Person).where(Person.number == number))


def detail_of(session: Session, person_id: str, known_at: datetime | None = None) -> PersonDetail | None:
    """The newest version of the person's names and contacts, by what was known; None once erased."""
    if known_at is None:
        found: PersonDetail | None = looked_up(session, _details, person_id)
        return found
    statement = select(PersonDetail).where(PersonDetail.person_id == person_id, _known(PersonDetail, known_at))
    return session.scalars(statement.order_by(PersonDetail.number.desc()).limit(1)).first()


def standing(session: Session, person_id: str, at: datetime, known_at: datetime | None = None) -> list[Standing]:
    """The posts that the person held at `at`, own posts before acting ones, then the longest held first."""
    held = _held(session, person_id, at, known_at)
    found = [_standing(session, *row, person_id=person_id, at=at, known_at=known_at) for row in held]
    return sorted(found, key=lambda one: (one.acting, one.valid_from, one.post))


def first_post(session: Session, person_id: str, at: datetime) -> Held | None:
    """The post that comes first of `standing`, by all that is known now.

    However many he holds, that is one statement, for all who are asked about in one round; what became of an
    organisation that has been succeeded is further ones.
    """
    found: Mapping[str, _Dated] = looked_up(session, _posts, person_id) or {}
    held = [one for one in found.values() if _holds(one.term, at)]
    if not held:
        return None
    first = min(held, key=lambda one: (one.term.acting, one.term.valid_from, one.post.code))
    name = period_at(first.details, at)
    return Held(
        appointment_id=first.term.appointment_id,
        post=first.post.code,
        post_lo=first.post.name_lo,
        post_en=first.post.name_en,
        organisation=OrganisationThen(first.code, name.name_lo, name.name_en, name.valid_from, name.valid_to),
        successors=successors_of(session, first.post.organisation_id, _ALWAYS) if first.is_succeeded else (),
        acting=first.term.acting,
        decree=first.term.decree,
        valid_from=first.term.valid_from,
        valid_to=first.term.valid_to,
    )


def organisations_of(session: Session, person_id: str, at: datetime) -> set[str]:
    """The ids of the organisations in which the person held a post at `at`."""
    return {post.organisation_id for _, post in _held(session, person_id, at, None)}


def duties(session: Session, person_id: str, at: datetime) -> list[Duty]:
    """What the person may do in this system at `at`: duties begun and neither over nor ended."""
    ended = select(DutyEnd.duty_id).where(DutyEnd.duty_id == Duty.id, DutyEnd.at <= at)
    statement = select(Duty).where(
        Duty.person_id == person_id,
        Duty.valid_from <= at,
        or_(Duty.valid_to.is_(None), Duty.valid_to > at),
        ~ended.exists(),
    )
    return list(session.scalars(statement.order_by(Duty.id)))


def cut_off(session: Session, person_id: str, since: datetime) -> bool:
    """Whether what the person began at `since` is dead: a Cutoff came at that moment or later."""
    return bool(_CUT_OFF.rows(session, {"person": person_id, "since": since}))


_CUT_OFF = Facts(
    select(Cutoff.id).where(Cutoff.person_id == bindparam("person"), Cutoff.at >= bindparam("since")).limit(1)
)


def delegation(session: Session, holder_id: str, mandate_id: str, at: datetime) -> Delegation | None:
    """What the mandate lets this person do at `at` for the one who gave it to him; None when it counts no more.

    It dies with its term, with the post that it is bound to, and with a Cutoff of whoever gave it.
    """
    mandate = session.get(Mandate, mandate_id)
    statement = select(MandateTerm).where(MandateTerm.mandate_id == mandate_id).order_by(MandateTerm.number.desc())
    term = session.scalars(statement.limit(1)).first()
    if mandate is None or term is None or not _holds(term, at) or term.delegated_by in {None, holder_id}:
        return None
    if mandate.person_id not in {None, holder_id} or not (mandate.person_id or mandate.post_id):
        return None
    if mandate.post_id and all(post.id != mandate.post_id for _, post in _held(session, holder_id, at, None)):
        return None
    principal = str(term.delegated_by)
    if cut_off(session, principal, term.valid_from):
        return None
    return Delegation(mandate.id, principal, Power(mandate.act, term.limit_lak, term.decree))


def delegations(session: Session, holder_id: str, principal_id: str, act: str, at: datetime) -> list[Delegation]:
    """The mandates for this act that the one person has of the other at `at`."""
    statement = select(Mandate.id).join(MandateTerm, MandateTerm.mandate_id == Mandate.id)
    named = session.scalars(statement.where(Mandate.act == act, MandateTerm.delegated_by == principal_id).distinct())
    found = [delegation(session, holder_id, mandate_id, at) for mandate_id in sorted(named)]
    return [one for one in found if one is not None and one.principal_id == principal_id]


def organisation_then(
    session: Session, organisation_id: str, at: datetime, known_at: datetime | None = None
) -> OrganisationThen | None:
    """The organisation as it was at `at`; under its last name when it had ended, its first when it was not yet."""
    statement = select(OrganisationDetail, Organisation.code).join(Organisation)
    statement = statement.where(OrganisationDetail.organisation_id == organisation_id)
    rows = session.execute(statement.where(_known(OrganisationDetail, known_at))).all()
    if not rows:
        return None
    chosen = period_at([detail for detail, _ in rows], at)
    return OrganisationThen(rows[0].code, chosen.name_lo, chosen.name_en, chosen.valid_from, chosen.valid_to)


def successors_of(
    session: Session, organisation_id: str, at: datetime, known_at: datetime | None = None
) -> tuple[OrganisationThen, ...]:
    """What the organisation has become by `at`, followed through bodies that were themselves succeeded."""
    found: list[OrganisationThen] = []
    waiting, seen = [organisation_id], {organisation_id}
    while waiting:
        following = _following(session, waiting.pop(0), at, known_at)
        for successor_id in [one for one in following if one not in seen]:
            seen.add(successor_id)
            if _following(session, successor_id, at, known_at):
                waiting.append(successor_id)
            elif (view := organisation_then(session, successor_id, at, known_at)) is not None:
                found.append(view)
    return tuple(found)


def period_at(versions: Sequence[_V], at: datetime) -> _V:
    """Of a thing's dated versions, the one that tells of `at`: the highest number among those whose period holds it.

    A version with the same beginning replaces the earlier ones. When no period holds `at`, the nearest one.
    """
    newest: dict[Any, _V] = {}
    for version in sorted(versions, key=lambda one: one.number):
        newest[version.valid_from] = version
    holding = [one for one in newest.values() if _holds(one, at)]
    if holding:
        return max(holding, key=lambda one: one.number)
    past = [one for one in newest.values() if one.valid_from <= at]
    return max(past, key=lambda one: one.valid_from) if past else min(newest.values(), key=lambda one: one.valid_from)


def _held(
    session: Session, person_id: str, at: datetime, known_at: datetime | None
) -> list[tuple[AppointmentTerm, Post]]:
    if known_at is None:
        rows = looked_up(session, _terms, person_id) or []
    else:
        told = _TERMS.where(_known(AppointmentTerm, known_at))
        rows = session.execute(told, {"persons": [person_id]}).all()
    newest = {term.appointment_id: (term, post) for _, term, post in rows}
    return [(term, post) for term, post in newest.values() if _holds(term, at)]


_TERMS = (
    select(Appointment.person_id, AppointmentTerm, Post)
    .join(Appointment, Appointment.id == AppointmentTerm.appointment_id)
    .join(Post, Post.id == Appointment.post_id)
    .where(Appointment.person_id.in_(bindparam("persons", expanding=True)))
    .order_by(AppointmentTerm.number)
)
_HELD = Facts(_TERMS)
_DETAILS = Facts(
    select(PersonDetail)
    .where(PersonDetail.person_id.in_(bindparam("persons", expanding=True)))
    .order_by(PersonDetail.number)
)


@dataclass(frozen=True)
class _Dated:
    """An appointment by its newest term, its post, and all names that the organisation of the post has had."""

    term: AppointmentTerm
    post: Post
    details: list[OrganisationDetail]
    code: str
    is_succeeded: bool


_POSTS = Facts(
    select(
        Appointment.person_id, AppointmentTerm, Post, OrganisationDetail, Organisation.code,
        exists().where(Succession.organisation_id == Post.organisation_id).label("succeeded"),
    )
    .join(Appointment, Appointment.id == AppointmentTerm.appointment_id)
    .join(Post, Post.id == Appointment.post_id)
    .join(Organisation, Organisation.id == Post.organisation_id)
    .join(OrganisationDetail, OrganisationDetail.organisation_id == Organisation.id)
    .where(Appointment.person_id.in_(bindparam("persons", expanding=True)))
    .order_by(AppointmentTerm.number, OrganisationDetail.number)
)  # fmt: skip


def _posts(session: Session, persons: Sequence[str]) -> dict[str, dict[str, _Dated]]:
    """By person and appointment: of several terms the highest number comes last."""
    found: dict[str, dict[str, _Dated]] = {}
    for person_id, term, post, detail, code, is_succeeded in _POSTS.rows(session, {"persons": persons}):
        of_person = found.setdefault(person_id, {})
        known = of_person.get(term.appointment_id)
        if known is None or known.term.number != term.number:
            known = of_person[term.appointment_id] = _Dated(term, post, [], code, bool(is_succeeded))
        known.details.append(detail)
    return found


def _terms(session: Session, persons: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in _HELD.rows(session, {"persons": persons}):
        found.setdefault(row[0], []).append(row)
    return found


def _details(session: Session, persons: Sequence[str]) -> dict[str, PersonDetail]:
    """Of each the newest: of several the highest number comes last."""
    ordered = _DETAILS.rows(session, {"persons": persons})
    return {detail.person_id: detail for (detail,) in ordered}


def _standing(
    session: Session, term: AppointmentTerm, post: Post, *, person_id: str, at: datetime, known_at: datetime | None
) -> Standing:
    organisation = organisation_then(session, post.organisation_id, at, known_at)
    if organisation is None:  # A post is written after its organisation's first version, in a later entry.
        raise LookupError(f"organisation {post.organisation_id} has no name")
    by = known_at or _ALWAYS
    return Standing(
        appointment_id=term.appointment_id,
        post=post.code,
        post_lo=post.name_lo,
        post_en=post.name_en,
        organisation=organisation,
        successors=successors_of(session, post.organisation_id, by, known_at),
        acting=term.acting,
        decree=term.decree,
        valid_from=term.valid_from,
        valid_to=term.valid_to,
        mandates=_powers(session, person_id, post.id, at, known_at),
    )


def _powers(
    session: Session, person_id: str, post_id: str, at: datetime, known_at: datetime | None
) -> tuple[Power, ...]:
    statement = (
        select(MandateTerm, Mandate.act)
        .join(Mandate, Mandate.id == MandateTerm.mandate_id)
        .where(or_(Mandate.person_id == person_id, Mandate.person_id.is_(None)))
        .where(or_(Mandate.post_id == post_id, Mandate.post_id.is_(None)))
        .where(or_(Mandate.person_id.is_not(None), Mandate.post_id.is_not(None)))
        .where(_known(MandateTerm, known_at))
        .order_by(MandateTerm.number)
    )
    newest: dict[str, tuple[MandateTerm, str]] = {}
    for term, act in session.execute(statement):
        newest[term.mandate_id] = (term, act)
    counting = [Power(act, term.limit_lak, term.decree) for term, act in newest.values() if _holds(term, at)]
    return tuple(sorted(counting, key=lambda power: (power.act, power.decree)))


def _following(session: Session, organisation_id: str, at: datetime, known_at: datetime | None) -> list[str]:
    statement = select(Succession.successor_id).where(Succession.organisation_id == organisation_id)
    statement = statement.where(Succession.at <= at, _known(Succession, known_at))
    return list(session.scalars(statement.order_by(Succession.successor_id)))


def _holds(period: _Period, at: datetime) -> bool:
    return bool(period.valid_from <= at and (period.valid_to is None or at < period.valid_to))


def _known(fact: Any, known_at: datetime | None) -> ColumnElement[bool]:
    """Whether an entry at `known_at` or before had told the ledger of the fact."""
    if known_at is None:
        return true()
    return select(Entry.id).where(Entry.id == fact.entry_id, Entry.at <= known_at).exists()
