"""`duty-list`: who may do what in this system, now and later."""

from ca.governance.listing import duties
from scripts.cli import Outcome, Run, verb


@verb("govern", "python -m scripts duty-list")
def duty_list(run: Run) -> Outcome:
    """Lists every duty that runs or will, and whether a ceremony or an agreed change accounts for it."""
    with run.ledger.read() as session:
        found = duties(session, run.clock.now())
    values = [
        {
            "person": held.number,
            "duty": held.span.kind.value,
            "desk": held.span.desk,
            "from": held.span.begins.isoformat(),
            "until": held.span.ends and held.span.ends.isoformat(),
            "believed": held.believed,
        }
        for held in found
    ]
    lines = [f"{held.number} {held}" + ("" if held.believed else " — nobody agreed on it") for held in found]
    return Outcome({"duties": values}, lines)
