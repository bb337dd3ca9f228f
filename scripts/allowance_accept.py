"""`allowance-accept`: the responsible person accepts to answer for the keys of machines."""

import click

from ca.machines.allowances import act_to_accept
from ca.machines.signing import accept
from ca.statement import terms
from ledger.decision import Refuse
from scripts.allowances import shown
from scripts.cli import Outcome, Run, for_person, verb


@verb("ca", example="python -m scripts allowance-accept 01932a5c-… --as 10000017 --key file:/abs/key.pem")
@for_person
@click.argument("allowance")
def allowance_accept(run: Run, *, allowance: str, number: str, key: str) -> Outcome | Refuse:
    """Accepts under your signature to answer for this allowance, by the terms in force (docs/machines.md)."""
    person = run.acting(number, key)
    found = shown(run, allowance)
    if isinstance(found, Refuse):
        return found
    with run.ledger.read() as session:
        digest = terms.current(session).digest
    outcome = accept(run.ledger, found.id, person.sign(act_to_accept(found, digest, run.clock.now())))
    if isinstance(outcome, Refuse):
        return outcome
    return Outcome({"allowance": found.id, "person": number}, [f"Allowance {found.id} is accepted."])
