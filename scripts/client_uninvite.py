"""`client-uninvite`: nobody registers by an invitation any more."""

import click

from idp.registration.invitations import end, ending
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb


@verb("idp", "python -m scripts client-uninvite 0193a1b2-… --as 10000001 --key file:/abs/key.pem")
@for_person
@click.argument("invitation")
def client_uninvite(run: Run, *, invitation: str, number: str, key: str) -> Outcome | Refuse:
    """Ends INVITATION: its token registers nothing more. Services that have registered stay; see client-retire."""
    signed = run.acting(number, key).sign(ending(invitation, run.clock.now()))
    decision = end(run.ledger, invitation, signed)
    if isinstance(decision, Refuse):
        return decision
    return Outcome({"invitation": invitation, "ended": True}, [f"{invitation} is ended."])
