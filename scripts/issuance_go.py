"""`issuance-go`: the stop button is let go."""

from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb
from scripts.switching import turn_issuance


@verb("govern", example="python -m scripts issuance-go --as 10000017 --key file:/abs/key.pem")
@for_person
def issuance_go(run: Run, *, number: str, key: str) -> Outcome | Refuse:
    """Lets issuing go on where it was halted; only a CA operator may, and the signing room verifies his act."""
    return turn_issuance(run, number, key, halted=False)
