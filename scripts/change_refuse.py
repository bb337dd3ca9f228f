"""`change-refuse DIGEST`: a change is over; its planner takes it back, or one who could approve it says no."""

import click

from ca.governance import changes
from ca.governance.plan import REFUSE
from ledger.decision import Refuse
from scripts.changing import act_on
from scripts.cli import Outcome, Run, for_person, verb


@verb("govern", "python -m scripts change-refuse 3f0c9a1be2d47788 --as 10000002 --key file:/abs/key.pem")
@for_person
@click.argument("digest")
def change_refuse(run: Run, digest: str, *, number: str, key: str) -> Outcome | Refuse:
    """Ends the change DIGEST (16 digits of it are enough) for good; its planner may too. It can be planned again."""
    return act_on(run, digest, number, key, REFUSE, changes.refuse)
