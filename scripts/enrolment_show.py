"""`enrolment-show`: what is recorded of an enrolment, what backs each attribute, and what it waits for."""

import click

from ca.registration.dossier import dossier
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, verb


@verb("ca", example="python -m scripts enrolment-show 01932a5c-…")
@click.argument("enrolment")
def enrolment_show(run: Run, *, enrolment: str) -> Outcome | Refuse:
    """Shows papers, backing, agreement, confirmation, decisions and state of an enrolment; no number in clear."""
    with run.ledger.read() as session:
        found = dossier(session, enrolment, run.clock.now())
    if found is None:
        return Refuse("decision.enrolment-unknown")
    values = found.values
    lines = [f"{values['profile']} for {values['person']}: {values['state']}"]
    lines += [f"  {attribute} is backed by {kind} {key}" for attribute, (kind, key) in values["backing"].items()]
    lines += [
        f"  paper {one['id']}: {one['kind']} of {one['issuer']}, seen by {one['officer']} at {one['desk']}"
        + (f" for {one['carried']}" if one["carried"] else "")
        + (" (number and scan erased)" if one["erased"] else "")
        for one in values["evidence"]
    ]
    lines += [
        f"  {one['officer']} said {'yes' if one['approved'] else 'no'} at {one['desk']}" for one in values["decisions"]
    ]
    lines += [f"  next: {one['step']} by {one['who']}" for one in values["steps"]]
    return Outcome(values, lines)
