"""`requests-forget`: requests at the provider that led to nothing go, a day after their end."""

import signal
import threading

import click
from sqlalchemy.exc import DBAPIError

from ca.retention.holds import HELD
from idp.abandoned import forget_abandoned
from ledger.decision import Refuse
from ledger.erasing import NotAsWritten
from ledger.ledger import ClockWentBackwards, LedgerUnavailable
from scripts.cli import Outcome, Run, verb

LOOK_EVERY = 60.0
"""Seconds between two looks."""


@verb("purge", "python -m scripts requests-forget --once")
@click.option("--once", is_flag=True, help="Take away what may go now, and end.")
def requests_forget(run: Run, *, once: bool) -> Outcome | Refuse:
    """Takes away requests that led to nothing, minute by minute, until it is stopped.

    What a service handed in and nobody used, codes of devices that nobody typed, questions that nobody answered: a day
    after their end. What was used stays, and so does what a hold keeps. Safe to kill and to run again.
    """
    stop, gone = None if once else _stop_by_signal(), 0
    try:
        gone += _look(run)
        while stop is not None and not stop.wait(LOOK_EVERY):
            gone += _look(run)
    except NotAsWritten as fault:
        run.console.print(str(fault), markup=False)
        return Refuse("erasure.not-as-written")
    return Outcome({"rows": gone}, [f"{gone} requests are gone."])


def _look(run: Run) -> int:
    """A database that is away is looked at again."""
    try:
        return sum(forget_abandoned(run.ledger, HELD, run.system))
    except (DBAPIError, LedgerUnavailable, ClockWentBackwards):
        return 0


def _stop_by_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
