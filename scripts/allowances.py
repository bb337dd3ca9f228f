"""What the verbs of allowances share: how one is found and told."""

import json
from typing import Any

import click
from sqlalchemy.orm import Session

from ca.machines.allowances import granted, protocols_of
from ca.machines.rules import may_run
from ca.registration.applicants import unnamed
from ca.tables.machines import Allowance
from ca.tables.registration import Desk
from ledger.decision import Refuse
from ledger.people import Organisation, Person
from scripts.cli import Run


def shown(run: Run, allowance_id: str) -> Allowance | Refuse:
    """The allowance, which is told on stderr before anybody signs for it."""
    with run.ledger.read() as session:
        found = session.get(Allowance, allowance_id)
        if found is None:
            return Refuse("machine.allowance-unknown")
        lines = lines_of(values_of(run, session, found))
    click.echo("\n".join(lines), err=True)
    return found


def values_of(run: Run, session: Session, allowance: Allowance) -> dict[str, Any]:
    """An allowance for programs. `state` is `counts`, or the code why nothing is issued under it."""
    now = run.clock.now()
    found = granted(session, allowance, now)
    person = unnamed(session, allowance.person_id, now)
    stands = may_run(found, person.applicant, person.posts, now) if person else Refuse("duty.person-unknown")
    return {
        "allowance": allowance.id,
        "organisation": session.get_one(Organisation, allowance.organisation_id).code,
        "person": session.get_one(Person, allowance.person_id).number,
        "desk": session.get_one(Desk, allowance.desk_id).code,
        "profile": allowance.profile,
        **json.loads(allowance.names),
        "protocols": list(protocols_of(allowance)),
        "most": allowance.most,
        "running": found.running,
        "new_keys": allowance.new_keys,
        "from": allowance.valid_from.isoformat(),
        "until": allowance.valid_to.isoformat(),
        "state": stands.code if isinstance(stands, Refuse) else "counts",
    }


def lines_of(values: dict[str, Any]) -> list[str]:
    """An allowance for people."""
    return [f"{name}: {', '.join(value) if isinstance(value, list) else value}" for name, value in values.items()]
