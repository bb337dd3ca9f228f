"""`client-retire`: a relying service may ask no longer."""

import click

from idp.clients import retire
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, verb


@verb("idp", "python -m scripts client-retire 0193a1b2-…")
@click.argument("client_id")
def client_retire(run: Run, *, client_id: str) -> Outcome | Refuse:
    """Retires the client CLIENT_ID: its codes, tokens and requests are dead at once, and for ever."""
    decision = retire(run.ledger, client_id, run.system)
    if isinstance(decision, Refuse):
        return decision
    return Outcome({"client_id": client_id, "retired": True}, [f"{client_id} is retired."])
