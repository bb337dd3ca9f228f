"""`reissue-pause`: a campaign stands still."""

import click

from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb
from scripts.switching import turn_campaign


@verb("govern", example="python -m scripts reissue-pause 0199c0de-… --as 10000002 --key file:/abs/key.pem")
@for_person
@click.argument("reissue")
def reissue_pause(run: Run, *, reissue: str, number: str, key: str) -> Outcome | Refuse:
    """Halts the campaign REISSUE: no wave opens, nobody is told, and no old certificate is ended by it.

    What holders have handed in is issued all the same; `issuance-stop` stops that.
    """
    return turn_campaign(run, reissue, number, key, halted=True)
