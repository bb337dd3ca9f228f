"""`call-list`: which service may call which."""

from idp.exchange.calls import every
from scripts.cli import Outcome, Run, verb


@verb("idp", "python -m scripts call-list --json")
def call_list(run: Run) -> Outcome:
    """Shows every call that was allowed: the services, its scopes, and whether it may still be made."""
    with run.ledger.read() as reading:
        found = every(reading, run.clock.now())
    shown = [
        {"call": one.id, "caller": one.caller_id, "called": one.called_id, "scopes": one.scopes, "stands": stands}
        for one, stands in found
    ]
    lines = [
        f"{one.id}  {one.caller_id} -> {one.called_id}  {one.scopes}{'' if stands else '  (ended)'}"
        for one, stands in found
    ]
    return Outcome({"calls": shown}, lines)
