"""`authority-withdraw`: the ministry took back its leave to run this CA."""

import click

from ca.closing.authority import NEEDED, withdraw, withdrawal_act
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb


@verb("ceremony", example="python -m scripts authority-withdraw --number 12/MTC --as 10000005 --key …")
@for_person
@click.option("--number", "paper", required=True, help="Number of the leave.")
def authority_withdraw(run: Run, *, paper: str, number: str, key: str) -> Outcome | Refuse:
    """Ends a leave under a CA operator's own act, with that of another: from then on nothing is issued by it."""
    ended = withdraw(run.ledger, paper, run.acting(number, key).sign(withdrawal_act(paper, run.clock.now())))
    if isinstance(ended, Refuse):
        return ended
    values = {"record": ended.record.id, "number": paper, "ended": ended.acts >= NEEDED}
    if ended.acts < NEEDED:
        return Outcome(values, [f"The leave {paper} goes on until another CA operator acts too."])
    return Outcome(values, [f"The leave {paper} has ended."])
