"""Desks as the rules look at them. Reads only: a change that two persons agree on opens, changes and closes desks."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam
from sqlalchemy.orm import Session

from ca.policy import DeskSpan
from ca.registration.applicants import sliced
from ca.tables.registration import Desk, DeskTerm
from ledger.base import Fact, latest
from ledger.facts import Facts
from ledger.roles import DutySpan

NEWEST_TERMS = Facts(
    latest(DeskTerm, DeskTerm.desk_id)
    .join(Desk, Desk.id == DeskTerm.desk_id)
    .add_columns(Desk)
    .where(Desk.code.in_(bindparam("codes", expanding=True)))
)


def desks(
    session: Session, codes: Collection[str], believes: Callable[[Fact], bool] = lambda _: True
) -> Mapping[str, DeskSpan]:
    """The desks of these codes, by code; one that does not exist, or is not to be believed, is missing.

    The signing room passes what it believes by: a desk and its newest term must both be accounted for.
    """
    return believed_desks(newest_terms(session, codes), believes)


def newest_terms(session: Session, codes: Collection[str]) -> list[tuple[DeskTerm, Desk]]:
    """Of each desk that exists the newest term."""
    return [(term, desk) for some in sliced(codes) for term, desk in NEWEST_TERMS.rows(session, {"codes": some})]


def believed_desks(
    terms: Sequence[tuple[DeskTerm, Desk]], believes: Callable[[Fact], bool] = lambda _: True
) -> Mapping[str, DeskSpan]:
    """As `desks`, of terms that are at hand."""
    found: dict[str, DeskSpan] = {}
    for term, desk in terms:
        if believes(desk) and believes(term):
            of_the_ca = desk.organisation_id is None
            found[desk.code] = DeskSpan(desk.id, desk.code, desk.province, of_the_ca, term.valid_from, term.valid_to)
    return found


def at_open_desks(
    session: Session, spans: Sequence[DutySpan], at: datetime, believes: Callable[[Fact], bool] = lambda _: True
) -> tuple[DutySpan, ...]:
    """Those of a person's duties that are of no one desk, or of a desk that is open at `at`.

    Who was to register at a closed desk alone ends, pauses and releases nothing either, and tells nobody apart. Changes
    are another matter: somebody must be able to open the desk again.
    """
    known = desks(session, {one.desk for one in spans if one.desk is not None}, believes)
    there = {code for code, desk in known.items() if desk.open_at(at)}
    return tuple(one for one in spans if one.desk is None or one.desk in there)
