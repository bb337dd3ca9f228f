"""`records-release`: the holds on a person's records are lifted."""

import click

from ca.retention.holds import release_act, release_records
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb


@verb("purge", example="python -m scripts records-release 10000017 --as 10000005 --key file:/abs/key.pem")
@for_person
@click.argument("person")
def records_release(run: Run, *, person: str, number: str, key: str) -> Outcome | Refuse:
    """Lifts every hold on the records of the person of this number, under a CA operator's own signature."""
    lifted = release_records(run.ledger, person, run.acting(number, key).sign(release_act(person, run.clock.now())))
    if isinstance(lifted, Refuse):
        return lifted
    return Outcome({"lifted": lifted, "person": person}, [f"{len(lifted)} holds on the records of {person} are lifted"])
