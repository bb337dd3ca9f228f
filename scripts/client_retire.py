"""`client-retire`: a relying service may ask no longer."""

import click

from idp.clients import retire, retiring
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb


@verb("idp", "python -m scripts client-retire 0193a1b2-… --as 10000001 --key file:/abs/key.pem")
@for_person
@click.argument("client_id")
def client_retire(run: Run, *, client_id: str, number: str, key: str) -> Outcome | Refuse:
    """Retires the client CLIENT_ID: its codes, tokens and requests are dead at once, and for ever."""
    signed = run.acting(number, key).sign(retiring(client_id, run.clock.now()))
    decision = retire(run.ledger, client_id, signed)
    if isinstance(decision, Refuse):
        return decision
    return Outcome({"client_id": client_id, "retired": True}, [f"{client_id} is retired."])
