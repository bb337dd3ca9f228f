"""What machines of the sample ministry may ask for by themselves, as its people and two officers allow it."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from ca.governance.changes import apply, approve, plan
from ca.governance.plan import APPLY, APPROVE, PLAN, Plan, act_for, resolve
from ca.governance.provenance import Provenance
from ca.machines.allowances import act_to_accept, act_to_confirm, granted
from ca.machines.identity import identity_of
from ca.machines.rules import Protocol
from ca.machines.signing import accept, confirm
from ca.statement import terms
from ca.tables.machines import Allowance
from ca.tables.registration import Desk
from ledger.decision import Refuse
from ledger.standing import person_by_number
from scripts.demonstration.certifying import NotIssued
from scripts.demonstration.further_kinds import Body, officers_of_ministries
from scripts.demonstration.installation import Installation

MINISTRY = "MTC"
"""Or, in a small sample, whichever has two officers."""
_DAYS = 365
_MOST = 1000


def allow_machines(installation: Installation, admins: Sequence[str]) -> Allowance:
    """The allowance of the ministry's servers counts; one that is there already is taken as it is."""
    found, body = _there(installation), _people(installation, admins)
    if found is None:
        _grant(installation, body, admins)
        found = _there(installation)
    if found is None:
        raise NotIssued(f"no allowance for {body.code} came of what was agreed")
    with installation.ledger("ca").read() as session:
        state = granted(session, found, installation.clock.now())
        digest = terms.current(session).digest
    ledger, now = installation.ledger("ca"), installation.clock.now()
    if not state.confirmed:
        _done(confirm(ledger, found.id, installation.acting(body.colleague).sign(act_to_confirm(found, now))))
    if not state.accepted:
        _done(accept(ledger, found.id, installation.acting(body.officer).sign(act_to_accept(found, digest, now))))
    return found


def _people(installation: Installation, admins: Sequence[str]) -> Body:
    """Who answers for the keys: an officer whose papers a desk saw, no registration officer; and a colleague of his."""
    listed = officers_of_ministries(installation)
    for code, domain, number in sorted(listed, key=lambda row: (row[0] != MINISTRY, row[0], row[2])):
        colleagues = [other for ministry, _, other in listed if ministry == code and other != number]
        if number not in admins and colleagues and _known(installation, number):
            return Body(code, domain, number, next((one for one in colleagues if one not in admins), colleagues[0]))
    raise NotIssued("no ministry of the sample has an officer who could answer for machines: look at examples/data")


def _known(installation: Installation, number: str) -> bool:
    with installation.ledger("ca").read() as session:
        person = person_by_number(session, number)
        return person is not None and identity_of(session, person.id, installation.clock.now()) is not None


def _there(installation: Installation) -> Allowance | None:
    with installation.ledger("ca").read() as session:
        return session.scalars(select(Allowance).order_by(Allowance.id).limit(1)).first()


def _grant(installation: Installation, body: Body, admins: Sequence[str]) -> None:
    ledger, now = installation.ledger("govern"), installation.clock.now()
    with ledger.read() as session:
        desk = session.scalars(select(Desk.code).order_by(Desk.id).limit(1)).one()
        given = {
            "organisation": body.code, "person": body.officer, "desk": desk, "profile": "tls-server",
            "zones": [body.domain],
            "hosts": ["localhost"], "protocols": [each.value for each in Protocol], "most": _MOST,
            "until": f"{now + timedelta(days=_DAYS):%Y-%m-%d}",
        }  # fmt: skip
        wanted = resolve(Provenance(session), "allowance.grant", given, now)
    if not isinstance(wanted, Plan):
        raise NotIssued(f"an allowance for {body.code} was refused as {wanted.code}")
    first, second = (installation.acting(officer, "govern") for officer in admins)
    _done(plan(ledger, wanted, first.sign(act_for(PLAN, wanted.digest, wanted.planned_at))))
    _done(approve(ledger, wanted.digest, second.sign(act_for(APPROVE, wanted.digest, installation.clock.now()))))
    _done(apply(ledger, wanted.digest, first.sign(act_for(APPLY, wanted.digest, installation.clock.now()))))


def _done(outcome: object) -> None:
    if isinstance(outcome, Refuse):
        raise NotIssued(f"what allows machines was refused as {outcome.code}")
