"""`desk.close`: an office registers no more from the moment of application."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from ca.governance.effects import on_deciders
from ca.governance.held import desk_of, unfinished
from ca.governance.kind import ChangeKind, Effect, Given, Resolved, Values
from ca.governance.kinds import desk_change
from ca.tables.registration import Desk
from ledger.canonical import microseconds
from ledger.decision import Refuse
from ledger.roles import Action


def _resolve(session: Session, given: Given, now: datetime) -> Resolved | Refuse:
    found = desk_of(session, str(given["desk"]))
    if found is None:
        return Refuse("change.desk-unknown")
    desk, term = found
    if term.valid_to is not None and term.valid_to <= now:
        return Refuse("change.desk-closed")
    begins = microseconds(term.valid_from)
    values = {"desk": desk.id, "number": term.number + 1, "from": begins, "until": "application"}
    return Resolved(values, {f"desk {desk.code}": ("open", "closed")})


def _effects(session: Session, values: Values, now: datetime) -> Sequence[Effect]:
    code = session.get_one(Desk, values["desk"]).code
    there = {one.duty.id for one in unfinished(session, now) if one.span.desk == code}
    return on_deciders(session, now, ended=there)


KIND = ChangeKind(
    name="desk.close",
    planning=Action.PLAN_PEOPLE,
    approving=Action.APPROVE_PEOPLE,
    needed=frozenset({"desk"}),
    possible=frozenset(),
    resolve=_resolve,
    facts=desk_change.facts,
    effects=_effects,
)
