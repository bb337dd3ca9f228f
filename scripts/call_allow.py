"""`call-allow`: a service may call another in people's names."""

import click

from idp.exchange.calls import allow, allowing
from idp.scopes import SCOPES
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb


@verb("idp", "python -m scripts call-allow 0193a1b2-… 0193a1b3-… --scope openid --as 10000001 --key file:/abs/key.pem")
@for_person
@click.argument("caller")
@click.argument("called")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="At most these.")
def call_allow(
    run: Run, *, caller: str, called: str, scopes: tuple[str, ...], number: str, key: str
) -> Outcome | Refuse:
    """Lets the client CALLER exchange a person's token for one by which it calls the client CALLED."""
    signed = run.acting(number, key).sign(allowing(caller, called, scopes, run.clock.now()))
    call_id = allow(run.ledger, caller, called, scopes, signed)
    return call_id if isinstance(call_id, Refuse) else Outcome({"call": call_id}, [f"call  {call_id}"])
