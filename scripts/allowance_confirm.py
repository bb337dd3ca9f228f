"""`allowance-confirm`: an organisation's officer confirms what its machines may ask for."""

import click

from ca.machines.allowances import act_to_confirm
from ca.machines.signing import confirm
from ledger.decision import Refuse
from scripts.allowances import shown
from scripts.cli import Outcome, Run, for_person, verb


@verb("ca", example="python -m scripts allowance-confirm 01932a5c-… --as 10000021 --key file:/abs/key.pem")
@for_person
@click.argument("allowance")
def allowance_confirm(run: Run, *, allowance: str, number: str, key: str) -> Outcome | Refuse:
    """Confirms an allowance for the organisation that it names; only an officer of that very organisation may."""
    officer = run.acting(number, key)
    found = shown(run, allowance)
    if isinstance(found, Refuse):
        return found
    outcome = confirm(run.ledger, found.id, officer.sign(act_to_confirm(found, run.clock.now())))
    if isinstance(outcome, Refuse):
        return outcome
    values = {"allowance": found.id, "officer": number}
    return Outcome(values, [f"Allowance {found.id} is confirmed; the person who answers accepts it next."])
