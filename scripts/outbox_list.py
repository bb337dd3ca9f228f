"""`outbox-list`: what is still to be sent, or could not be."""

import click

from ledger.outbox import pending, undelivered, with_tries
from scripts.cli import Outcome, Run, verb


@verb("work", example="python -m scripts outbox-list --dead")
@click.option("--dead", is_flag=True, help="What was refused for good or is past its time: call these people.")
@click.option("--kind", help="Of this kind alone: mail, backchannel-logout, ciba-ping.")
def outbox_list(run: Run, *, dead: bool, kind: str | None) -> Outcome:
    """Lists what waits to be sent with its tries, or with --dead whatever never arrived: letters, logouts, pings."""
    now = run.clock.now()
    with run.ledger.read() as session:
        if dead:
            found = with_tries(session, undelivered(session, now, None if kind is None else [kind]))
        else:
            found = [one for one in pending(session, now) if kind in {None, one[0].kind}]
    listed = [
        {"message": one.id, "kind": one.kind, "to": one.url, "tries": str(tries), "last": outcome or "-"}
        for one, tries, outcome in found
    ]
    lines = ["  ".join(row.values()) for row in listed]
    return Outcome({"messages": listed}, lines or ["Nothing waits." if not dead else "Everything arrived."])
