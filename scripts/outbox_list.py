"""`outbox-list`: what is still to be sent, or could not be."""

import click

from ledger.outbox import pending, undelivered
from scripts.cli import Outcome, Run, verb


@verb("work", example="python -m scripts outbox-list --dead")
@click.option("--dead", is_flag=True, help="Letters refused for good or past their time: call these people.")
def outbox_list(run: Run, *, dead: bool) -> Outcome:
    """Lists what waits to be sent with its tries, or with --dead the letters that never arrived."""
    now = run.clock.now()
    with run.ledger.read() as session:
        lost = undelivered(session, now) if dead else []
        waiting = [] if dead else pending(session, now)
    listed = [{"message": one.id, "kind": one.kind, "to": one.url} for one in lost]
    listed += [
        {"message": one.id, "kind": one.kind, "to": one.url, "tries": str(tries), "last": outcome or "-"}
        for one, tries, outcome in waiting
    ]
    lines = ["  ".join(row.values()) for row in listed]
    return Outcome({"messages": listed}, lines or ["Nothing waits." if not dead else "Every letter arrived."])
