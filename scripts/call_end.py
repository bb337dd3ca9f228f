"""`call-end`: a service may call another no more."""

import click

from idp.exchange.calls import end, ending
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb


@verb("idp", "python -m scripts call-end 0193a1b2-… --as 10000001 --key file:/abs/key.pem")
@for_person
@click.argument("call_id")
def call_end(run: Run, *, call_id: str, number: str, key: str) -> Outcome | Refuse:
    """Ends what `call-allow` allowed as CALL_ID; every token that was got by it is dead at once."""
    signed = run.acting(number, key).sign(ending(call_id, run.clock.now()))
    decision = end(run.ledger, call_id, signed)
    if isinstance(decision, Refuse):
        return decision
    return Outcome({"call": call_id, "ended": True}, [f"{call_id} is ended."])
