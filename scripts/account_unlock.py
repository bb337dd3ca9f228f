"""`account-unlock`: a locked account has its attempts back."""

import click

from idp.accounts import number_of, unlock, unlocking
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb


@verb("idp", "python -m scripts account-unlock 10000017 --as 10000001 --key file:/abs/key.pem")
@for_person
@click.argument("username")
def account_unlock(run: Run, *, username: str, number: str, key: str) -> Outcome | Refuse:
    """Opens the locked account of USERNAME: an officer's number, a telephone number or a mail address."""
    officer = run.acting(number, key)
    with run.ledger.read() as session:
        whose = number_of(session, username)
    if whose is None:
        return Refuse("account.unknown")
    decision = unlock(run.ledger, whose, officer.sign(unlocking(whose, run.clock.now())))
    if isinstance(decision, Refuse):
        return decision
    return Outcome({"username": username, "unlocked": True}, [f"{username} can try again."])
