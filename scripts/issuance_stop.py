"""`issuance-stop`: the stop button."""

from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb
from scripts.switching import turn_issuance


@verb("govern", example="python -m scripts issuance-stop --as 10000002 --key file:/abs/key.pem")
@for_person
def issuance_stop(run: Run, *, number: str, key: str) -> Outcome | Refuse:
    """Halts all issuing within a second, whatever was approved; nothing is lost, CRLs and OCSP go on.

    Without the ledger, a file `stop-issuing` in HOME does the same on that machine.
    """
    return turn_issuance(run, number, key, halted=True)
