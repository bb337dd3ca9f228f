"""`change-approve DIGEST`: another person says yes to a change that somebody planned."""

import click

from ca.governance import changes
from ca.governance.plan import APPROVE
from ledger.decision import Refuse
from scripts.changing import act_on
from scripts.cli import Outcome, Run, for_person, verb


@verb("govern", "python -m scripts change-approve 3f0c9a1be2d47788 --as 10000002 --key file:/abs/key.pem")
@for_person
@click.argument("digest")
def change_approve(run: Run, digest: str, *, number: str, key: str) -> Outcome | Refuse:
    """Approves the change DIGEST (16 digits of it are enough), which somebody else planned, under your signature."""
    return act_on(run, digest, number, key, APPROVE, changes.approve)
