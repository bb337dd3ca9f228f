"""`work`: the worker, which listens to nothing and holds no key. It brings what is in the outbox to its receivers."""

import logging
import os
import signal
import threading
from collections.abc import Callable

import click
from sqlalchemy.exc import DBAPIError

from ledger.ledger import ClockWentBackwards, LedgerUnavailable
from ledger.outbox import Answer, Courier, OutboxMessage, deliver
from scripts.cli import Outcome, Run, verb
from web.home import HomeUnfit
from web.presence import enter_notes, present
from web.relying_party import Fetcher, OutboundFailed, OutboundRefused
from web.settings import HouseSettings, SettingsUnfit

LOOK_EVERY = 0.2
"""Seconds between two looks into the outbox."""
PATIENCE = 3.0
"""Seconds that one receiver may take; the others do not wait for it."""
_log = logging.getLogger(__name__)


@verb("work", "python -m scripts work --once")
@click.option("--once", is_flag=True, help="Send what is due now, and end.")
def work(run: Run, *, once: bool) -> Outcome:
    """Delivers what waits in the outbox, with growing pauses for receivers that do not answer, until it is stopped.

    It also enters what processes noted of their starts, and of a database that was away (see web/presence.py).
    """
    fetcher = _fetcher(run)
    stop = _stop_by_signal()
    if once:
        delivered = _turn(run, lambda: deliver(run.ledger, lambda message: send(fetcher, message), run.system))
    else:
        with present(run.home, run.process, run.ledger):
            delivered = _until(stop, run, Courier(run.ledger, lambda message: send(fetcher, message), run.system))
    return Outcome({"delivered": delivered}, [f"{delivered} messages were delivered."])


def send(fetcher: Fetcher, message: OutboxMessage) -> Answer:
    """One try. 400 means that the receiver will never take it (Back-Channel Logout clause 2.8)."""
    try:
        answer = fetcher.post(message.url, message.body, message.content_type)
    except OutboundRefused:
        return Answer("not-allowed")
    except OutboundFailed:
        return Answer("unreachable")
    taken = answer.status in {200, 204}
    return Answer("delivered" if taken else f"http.{answer.status}", taken, answer.status == 400)


def _until(stop: threading.Event, run: Run, courier: Courier) -> int:
    delivered = _turn(run, courier.look)
    while not stop.wait(LOOK_EVERY):
        delivered += _turn(run, courier.look)
    delivered += _turn(run, lambda: courier.settle(PATIENCE))
    courier.close()
    return delivered


def _turn(run: Run, delivering: Callable[[], int]) -> int:
    """What is due was tried. A database that is away is looked at again: no message and no note is lost by that."""
    try:
        enter_notes(run.ledger, run.home)
        return delivering()
    except (DBAPIError, LedgerUnavailable, ClockWentBackwards) as fault:
        _log.warning("the ledger cannot be read or written: %s", type(fault).__name__)
        return 0


def _fetcher(run: Run) -> Fetcher:
    environment = {"LAOTRUST_MODE": run.home.mode().value, **os.environ, "LAOTRUST_HOME": str(run.home.path.absolute())}
    try:
        settings = HouseSettings.from_environment(environment, "work")
    except SettingsUnfit as unfit:
        raise HomeUnfit(str(unfit)) from unfit
    return Fetcher(settings.outbound_allow, settings.outbound_ca, PATIENCE)


def _stop_by_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
