"""`work`: the worker, which listens to nothing and signs nothing. It brings what is in the outbox to its receivers."""

import logging
import os
import signal
import threading
from collections.abc import Callable
from math import inf
from time import monotonic

import click
from sqlalchemy.exc import DBAPIError

from ca.endings.each import EndingsBroken
from ca.endings.expiry import tell_of_ends
from ca.endings.requests import overdue
from ca.governance.provenance import verified
from ca.reissue.campaign import advance
from idp.agreement_letters import tell_of_lapses
from ledger.courier import Courier, deliver
from ledger.erasing import forget_marks
from ledger.event import Actor
from ledger.ledger import ClockWentBackwards, Ledger, LedgerUnavailable
from ledger.outbox import MAIL, Answer, OutboxMessage
from scripts.cli import Outcome, Run, verb
from scripts.rolling import Rolling
from web import logs
from web.presence import enter_notes, present
from web.relying_party import Fetcher, OutboundFailed, OutboundRefused
from web.settings import HouseSettings

LOOK_EVERY = 0.2
"""Seconds between two looks into the outbox."""
TIME_EVERY = 10.0
"""Seconds between two looks at what time alone makes due."""
BRING_FOR = 0.8
"""Seconds for which one look goes on as long as receivers take what they get."""
CAMPAIGNS_EVERY = 1.0
"""Seconds between two looks at the campaigns that replace certificates."""
PATIENCE = 3.0
"""Seconds that one receiver may take; the others do not wait for it."""
_BROKEN: set[str] = set()
"""What this process has told of in its log."""
_log = logging.getLogger(__name__)


@verb("work", "python -m scripts work --once")
@click.option("--once", is_flag=True, help="Send what is due now, and end.")
def work(run: Run, *, once: bool) -> Outcome:
    """Delivers what waits in the outbox, with growing pauses for receivers that do not answer, until it is stopped.

    Letters leave by LAOTRUST_SMTP, else they wait. Requests to revoke that nobody decides raise their alarm here, and
    holders are told of certificates that end soon; campaigns that replace certificates open their waves; keys of tokens
    are made, announced, used and retired by the configuration's token_key_… numbers. It also
    enters what processes noted of their starts, and of a database that was away (see web/presence.py).
    """
    settings = _settings(run)
    carry, waiting = carrier(settings), () if settings.mail_server else (MAIL,)
    stop = _stop_by_signal()
    if once:
        _turn(run, lambda: look_at_the_time(run.ledger, run.system))
        _turn(run, Rolling(run).look)
        delivered = _turn(run, lambda: deliver(run.ledger, carry, run.system, waiting))
    else:
        with present(run.home, run.process, run.ledger):
            delivered = _until(stop, run, Courier(run.ledger, carry, run.system, waiting))
    return Outcome({"delivered": delivered}, [f"{delivered} messages were delivered."])


def carrier(settings: HouseSettings) -> Callable[[OutboxMessage], Answer]:
    """Brings a letter to the mail server and all else to its URL."""
    fetcher = Fetcher(settings.outbound_allow, settings.outbound_ca, PATIENCE)
    server = settings.mail_server
    return lambda message: server.send(message) if server and message.kind == MAIL else send(fetcher, message)


def look_at_the_time(ledger: Ledger, actor: Actor) -> int:
    """What time alone makes due was done: alarms of undecided requests, notices of ends, steps of campaigns.

    Marks against replay that are past go too, the oldest thousand: more than come in the meantime.
    """
    with ledger.read() as session:
        numbers = verified(session)
    lapses = tell_of_lapses(ledger, numbers.mail_sender, numbers.expiry_notice_days, actor)
    forget_marks(ledger)
    return overdue(ledger, actor) + tell_of_ends(ledger, actor) + lapses + advance(ledger, actor)


def send(fetcher: Fetcher, message: OutboxMessage) -> Answer:
    """One try. 400 means that the receiver will never take it (Back-Channel Logout clause 2.8).

    One that was sent with the receiver's own token and not taken is never taken (CIBA Core clause 10.2: no redirect is
    followed); only a receiver in trouble is asked again.
    """
    try:
        answer = fetcher.post(message.url, message.body, message.content_type, message.bearer)
    except OutboundRefused:
        return Answer("not-allowed")
    except OutboundFailed:
        return Answer("unreachable")
    taken = answer.status in {200, 204}
    final = answer.status == 400 or (message.bearer is not None and answer.status < 500)
    return Answer("delivered" if taken else f"http.{answer.status}", taken, final)


def _until(stop: threading.Event, run: Run, courier: Courier) -> int:
    delivered, rolling = _turn(run, courier.look), Rolling(run)
    advanced, timed = monotonic(), -inf
    while not stop.wait(LOOK_EVERY):
        delivered += _turn(run, lambda: courier.look_for(BRING_FOR))
        now = monotonic()
        if now - advanced >= CAMPAIGNS_EVERY:
            _turn(run, lambda: advance(run.ledger, run.system))
            advanced = now
        if now - timed >= TIME_EVERY:
            _turn(run, lambda: look_at_the_time(run.ledger, run.system))
            _turn(run, rolling.look)
            timed = now
    delivered += _turn(run, lambda: courier.settle(PATIENCE))
    courier.close()
    return delivered


def _turn(run: Run, delivering: Callable[[], int]) -> int:
    """What is due was tried. A database that is away is looked at again: no message and no note is lost by that.

    What breaks in a campaign is told once, and tried again with the next look; nothing else waits for it.
    """
    try:
        enter_notes(run.ledger, run.home)
        return delivering()
    except (DBAPIError, LedgerUnavailable, ClockWentBackwards) as fault:
        _log.warning("the ledger cannot be read or written: %s", type(fault).__name__)
    except EndingsBroken as broken:
        for name in broken.faults.keys() - _BROKEN:
            logs.failure(f"campaign-broken: {name}", broken.faults[name])
        _BROKEN.update(broken.faults)
    return 0


def _settings(run: Run) -> HouseSettings:
    environment = {"LAOTRUST_MODE": run.home.mode().value, **os.environ, "LAOTRUST_HOME": str(run.home.path.absolute())}
    return HouseSettings.from_environment(environment, "work")


def _stop_by_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
