"""What there is: changes with their state, duties and desks with whether they are believed. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.governance.changes import case_of
from ca.governance.held import Held, unfinished
from ca.governance.plan import Plan, parse_plan
from ca.governance.policy import LIFE
from ca.governance.provenance import Provenance
from ca.tables.configuration import ConfigurationVersion
from ca.tables.governance import Change
from ca.tables.registration import Desk, DeskTerm
from ledger.decision import Refuse
from ledger.people import Organisation, Person

_DIGITS = 16
"""Of a digest, that name a change when somebody types it."""


@dataclass(frozen=True)
class Listed:
    """A change, who is behind it, and how far it is: waiting, approved, applied, refused or expired."""

    plan: Plan
    state: str
    planner: str
    approvers: Sequence[str]


@dataclass(frozen=True)
class ListedDesk:
    """A desk by its newest term. One that is not believed issues nothing."""

    code: str
    province: str
    organisation: str | None
    valid_from: datetime
    valid_to: datetime | None
    believed: bool


def changes(session: Session, now: datetime) -> list[Listed]:
    """All changes, the newest first."""
    return [listed(session, change, now) for change in session.scalars(select(Change).order_by(Change.id.desc()))]


def listed(session: Session, change: Change, now: datetime) -> Listed:
    """One change as people look at it, persons by their numbers."""
    case = case_of(session, change)
    numbers = dict(
        session.execute(select(Person.id, Person.number).where(Person.id.in_({case.planner_id, *case.approvers}))).all()
    )
    state = case.ended or ("approved" if case.approvers else "waiting")
    if case.ended is None and now - case.planned_at > LIFE:
        state = "expired"
    approvers = sorted(numbers[one] for one in case.approvers)
    return Listed(parse_plan(change.body), state, numbers[case.planner_id], approvers)


def find(session: Session, digits: str) -> Change | Refuse:
    """The change whose digest begins with these digits, 16 at least."""
    if len(digits) < _DIGITS or not set(digits) <= set("0123456789abcdef"):
        return Refuse("change.ambiguous")
    found = session.scalars(select(Change).where(Change.digest.startswith(digits)).limit(2)).all()
    if len(found) > 1:
        return Refuse("change.ambiguous")
    return found[0] if found else Refuse("change.unknown")


def passed_over(provenance: Provenance) -> Sequence[ConfigurationVersion]:
    """The versions above the one in force: nobody agreed on them."""
    version = provenance.version
    newer = select(ConfigurationVersion).where(ConfigurationVersion.number > (0 if version is None else version.number))
    return provenance.session.scalars(newer.order_by(ConfigurationVersion.number)).all()


def duties(session: Session, now: datetime) -> Sequence[Held]:
    """Every duty that runs or will."""
    return unfinished(Provenance(session), now)


def desks(session: Session) -> list[ListedDesk]:
    """Every desk, by code."""
    provenance = Provenance(session)
    statement = (
        select(Desk, DeskTerm, Organisation.code)
        .join(DeskTerm, DeskTerm.desk_id == Desk.id)
        .join(Organisation, Organisation.id == Desk.organisation_id, isouter=True)
    )
    newest: dict[str, ListedDesk] = {}
    for desk, term, organisation in session.execute(statement.order_by(Desk.code, DeskTerm.number)):
        believed = provenance.believes(desk) and provenance.believes(term)
        newest[desk.code] = ListedDesk(desk.code, desk.province, organisation, term.valid_from, term.valid_to, believed)
    return list(newest.values())
