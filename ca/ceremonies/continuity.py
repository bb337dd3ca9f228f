"""Who holds a ceremony is tied to those who held the ones before: else machine and PINs would do, with new keys.

The ledger knows whose keys were named in ceremonies of this home. In production a further one is begun only if a
quorum of those who approve were among them. Where too few of them are left, the plan says so (`successors`), all whom
it names must approve, and persons on duty in this home stand in for those who are missing (docs/decisions/0032).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.ceremonies.plan import Operator, Plan, operators_of
from ca.governance.provenance import Provenance
from ca.tables.ceremonies import CeremonyRun
from ledger.acts import ActVerifier
from ledger.certificates import Certificate
from ledger.entry import Entry
from ledger.people import DutyKind
from pki.keys import key_sha256
from web.home import Mode

STANDING_IN = (DutyKind.CA_OPERATOR, DutyKind.REGISTRATION_OFFICER)
"""Duties of those who stand in: neither the machine nor the PINs give them."""


@dataclass(frozen=True)
class Earlier:
    """A ceremony of this home before the one that is looked at."""

    title: str
    at: datetime
    """When it was begun."""


@dataclass(frozen=True)
class Standings:
    """What the ledger knows of the operators of a plan, by their codes."""

    first: bool
    """Whether the home has no ceremony before this one: then there is nothing to be tied to."""
    known: Mapping[str, Earlier]
    """Those whose keys an earlier plan named, with the newest such ceremony."""
    on_duty: Mapping[str, str]
    """Of the others those who have one of `STANDING_IN`, with the person's id."""


def standings(session: Session, plan: Plan, now: datetime) -> Standings:
    """How the operators of this plan stand in this home, before its own ceremony was begun."""
    named: dict[str, Earlier] = {}
    first = True
    begun = select(CeremonyRun, Entry.at).join(Entry, Entry.id == CeremonyRun.entry_id).order_by(Entry.position)
    for run, at in session.execute(begun):
        if run.plan_sha256 == plan.digest:
            break
        first = False
        title, operators = operators_of(run.plan)
        named |= {key_sha256(one.spki): Earlier(title, at) for one in operators}
    keys = {operator.code: key_sha256(operator.spki) for operator in plan.operators}
    known = {code: named[key] for code, key in keys.items() if key in named}
    others = {key: code for code, key in keys.items() if code not in known}
    return Standings(first, known, {others[key]: person for key, person in _on_duty(session, others, now)})


def continuity_fault(plan: Plan, found: Standings, there: Collection[Operator]) -> str | None:
    """Why these operators (all of the plan, or those who approved) may not begin its ceremony.

    Practice has no such rule. Of one person who stands in by several keys one counts.
    """
    if plan.mode is Mode.PRACTICE:
        return None
    if found.first:
        return _NOBODY_BEFORE if plan.successors else None
    codes = {operator.code for operator in there}
    known = len(codes & found.known.keys())
    if not plan.successors:
        return None if known >= plan.quorum else _too_few(known, plan.quorum)
    if len(found.known) >= plan.quorum:
        return f"successors: {len(found.known)} operators of earlier ceremonies are named, so leave it out"
    if absent := [operator.code for operator in plan.operators if operator.code not in codes]:
        return f"successors: all who are named must approve: have {', '.join(absent)} run ceremony-approve"
    standing_in = len({person for code, person in found.on_duty.items() if code in codes})
    return None if known + standing_in >= plan.quorum else _too_few_stand_in(known, standing_in, plan.quorum)


_NOBODY_BEFORE = "successors: no ceremony was held in this home yet, so nobody is succeeded: leave it out"


def _too_few(known: int, quorum: int) -> str:
    return (
        f"{known} of the operators were named in an earlier ceremony of this home, {quorum} of those who approve must "
        "have been: take those, or if too few of them are left, say why in the plan, as successors"
    )


def _too_few_stand_in(known: int, standing_in: int, quorum: int) -> str:
    return (
        f"successors: {known} operators of earlier ceremonies and {standing_in} persons on duty here approve, together "
        f"{quorum} must: name CA operators or registration officers, with the keys that they sign in with"
    )


def _on_duty(session: Session, keys: Collection[str], now: datetime) -> Iterator[tuple[str, str]]:
    """Of these keys those with which somebody acts here now who has a believed duty, each with the person's id."""
    certificates = session.scalars(select(Certificate.sha256).where(Certificate.key_sha256.in_(keys))).all()
    holders = ActVerifier(session, certificates).in_force(now)
    duties = Provenance(session).duties(set(holders.values()))
    for key, person in holders.items():
        if any(duty.holds(kind, now) for duty in duties.get(person, ()) for kind in STANDING_IN):
            yield key, person
