"""`change-apply DIGEST`: what was planned and approved is in force."""

import click

from ca.governance import changes
from ca.governance.plan import APPLY
from ledger.decision import Refuse
from scripts.changing import act_on
from scripts.cli import Outcome, Run, for_person, verb


@verb("govern", "python -m scripts change-apply 3f0c9a1be2d47788 --as 10000002 --key file:/abs/key.pem")
@for_person
@click.argument("digest")
def change_apply(run: Run, digest: str, *, number: str, key: str) -> Outcome | Refuse:
    """Puts the change DIGEST (16 digits of it are enough) in force, once, if all is still as it was planned against."""
    return act_on(run, digest, number, key, APPLY, changes.apply)
