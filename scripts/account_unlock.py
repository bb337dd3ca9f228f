"""`account-unlock`: a locked account has its attempts back."""

import click

from idp.accounts import unlock
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, verb


@verb("idp", "python -m scripts account-unlock 10000017")
@click.argument("username")
def account_unlock(run: Run, *, username: str) -> Outcome | Refuse:
    """Opens the locked account of USERNAME: an officer's number, a telephone number or a mail address."""
    decision = unlock(run.ledger, username, run.system)
    if isinstance(decision, Refuse):
        return decision
    return Outcome({"username": username, "unlocked": True}, [f"{username} can try again."])
