"""Desks as the rules look at them. Reads only: a change that two persons agree on opens, changes and closes desks."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.policy import DeskSpan
from ca.registration.applicants import sliced
from ca.tables.registration import Desk, DeskTerm
from ledger.base import latest


def desks(session: Session, codes: Collection[str]) -> Mapping[str, DeskSpan]:
    """The desks of these codes, by code; one that does not exist is missing."""
    term = latest(DeskTerm, DeskTerm.desk_id).subquery()
    statement = select(Desk, term.c.valid_from, term.c.valid_to).join(term, term.c.desk_id == Desk.id)
    found: dict[str, DeskSpan] = {}
    for some in sliced(codes):
        for desk, begins, ends in session.execute(statement.where(Desk.code.in_(some))):
            of_the_ca = desk.organisation_id is None
            found[desk.code] = DeskSpan(desk.id, desk.code, desk.province, of_the_ca, begins, ends)
    return found
