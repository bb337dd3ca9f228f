"""`outbox-retry`: puts letters that never arrived into the outbox once more."""

import click

from ledger.decision import Refuse
from ledger.outbox import retry, undelivered
from scripts.cli import Exit, Outcome, Run, verb
from web.mail import LIFE


@verb("work", example="python -m scripts outbox-retry --all")
@click.option("--all", "everything", is_flag=True, help="All that outbox-list --dead shows.")
@click.argument("messages", nargs=-1)
def outbox_retry(run: Run, *, messages: tuple[str, ...], everything: bool) -> Outcome | Refuse:
    """Puts dead letters into the outbox once more, under their old Message-ID; each dead letter once."""
    if everything:
        with run.ledger.read() as session:
            messages = tuple(one.id for one in undelivered(session, run.clock.now()))
    again = {message: retry(run.ledger, message, LIFE, run.system) for message in messages}
    missing = [message for message, key in again.items() if key is None]
    if missing and len(messages) == 1:
        return Refuse("outbox.not-dead")
    values = {"requeued": len(again) - len(missing), "not_dead": missing}
    lines = [f"{values['requeued']} letters are in the outbox once more.", *(f"{one}: not dead" for one in missing)]
    return Outcome(values, lines, Exit.PARTLY if missing else Exit.DONE)
