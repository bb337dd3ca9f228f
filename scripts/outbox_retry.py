"""`outbox-retry`: puts letters that never arrived into the outbox once more."""

import click

from ledger.decision import Refuse
from ledger.outbox import OF_USE_LATER, OutboxMessage, retry, undelivered
from scripts.cli import Exit, Outcome, Run, verb
from web.mail import LIFE


@verb("work", example="python -m scripts outbox-retry --all")
@click.option("--all", "everything", is_flag=True, help="All letters that outbox-list --dead shows.")
@click.argument("messages", nargs=-1)
def outbox_retry(run: Run, *, messages: tuple[str, ...], everything: bool) -> Outcome | Refuse:
    """Puts dead letters into the outbox once more, under their old Message-ID; each dead letter once.

    A logout or a ping is of no use later: its token or request is over. Its service is to be called, or put right.
    """
    with run.ledger.read() as session:
        if everything:
            messages = tuple(one.id for one in undelivered(session, run.clock.now(), OF_USE_LATER))
        kinds = {key: one.kind for key in messages if (one := session.get(OutboxMessage, key)) is not None}
    again = {message: retry(run.ledger, message, LIFE, run.system) for message in messages}
    missing = [message for message, key in again.items() if key is None]
    if missing and len(messages) == 1:
        known = kinds.get(missing[0])
        return Refuse("outbox.not-dead" if known is None or known in OF_USE_LATER else "outbox.of-no-use")
    values = {"requeued": len(again) - len(missing), "not_dead": missing}
    lines = [f"{values['requeued']} letters are in the outbox once more.", *(f"{one}: not dead" for one in missing)]
    return Outcome(values, lines, Exit.PARTLY if missing else Exit.DONE)
