"""`statement-approve`: a person agrees to what `statement-plan` showed."""

import click

from ca.statement.publishing import act_for, approve
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb


@verb("ceremony", example="python -m scripts statement-approve 3f0c9a1b… --as 10000001 --key file:/abs/key.pem")
@for_person
@click.argument("digest")
def statement_approve(run: Run, *, digest: str, number: str, key: str) -> Outcome | Refuse:
    """Records that this person, under his own signature, agrees to the plan DIGEST; another one publishes it."""
    agreed = approve(run.ledger, run.home, run.acting(number, key).sign(act_for(digest, run.clock.now())))
    if isinstance(agreed, Refuse):
        return agreed
    return Outcome({"plan": agreed}, [f"Agreed. Next, another person: python -m scripts statement-publish {agreed}"])
