"""`records-hold`: nothing of a person's records is erased until the hold is lifted."""

import click

from ca.retention.holds import HoldReason, hold_act, hold_records
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb


@verb("purge", example="python -m scripts records-hold 10000017 --reason court --as 10000001 --key file:/abs/key.pem")
@for_person
@click.option("--reason", required=True, type=click.Choice([one.value for one in HoldReason]), help="Who needs them.")
@click.argument("person")
def records_hold(run: Run, *, person: str, reason: str, number: str, key: str) -> Outcome | Refuse:
    """Keeps the records of the person of this number, however old they are, under the officer's own signature."""
    why = HoldReason(reason)
    held = hold_records(run.ledger, person, why, run.acting(number, key).sign(hold_act(person, why, run.clock.now())))
    if isinstance(held, Refuse):
        return held
    return Outcome({"hold": held, "person": person, "reason": reason}, [f"The records of {person} are held: {held}"])
