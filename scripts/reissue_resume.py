"""`reissue-resume`: a campaign goes on."""

import click

from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb
from scripts.switching import turn_campaign


@verb("govern", example="python -m scripts reissue-resume 0199c0de-… --as 10000017 --key file:/abs/key.pem")
@for_person
@click.argument("reissue")
def reissue_resume(run: Run, *, reissue: str, number: str, key: str) -> Outcome | Refuse:
    """Lets the halted campaign REISSUE go on where it was; a CA operator may."""
    return turn_campaign(run, reissue, number, key, halted=False)
