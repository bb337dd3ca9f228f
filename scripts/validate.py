"""`validate`: the process that looks up whether ACME challenges are met. It listens to nothing and holds no key."""

import os
import signal
import threading

import click
from sqlalchemy.exc import DBAPIError

from ca.machines.acme.settings import ValidateSettings
from ca.machines.acme.validation import Validator
from ledger.bell import ear_of
from ledger.ledger import ClockWentBackwards, LedgerUnavailable
from scripts.cli import Outcome, Run, verb
from web.presence import present

LOOK_EVERY = 0.2
"""Seconds between two looks into the ledger, unless the bell rings."""
BREATH = 0.02


@verb("validate", "python -m scripts validate --once")
@click.option("--once", is_flag=True, help="Look up what is due now, and end.")
def validate(run: Run, *, once: bool) -> Outcome:
    """Looks up whether what ACME clients were asked to put in place is there, and records what was seen.

    Names are looked up and hosts are asked within LAOTRUST_OUTBOUND_ALLOW alone. CAA is read each time; the name by
    which it means this CA is LAOTRUST_CAA_IDENTITY.
    """
    validator = Validator(run.ledger, run.system, _settings(run).looking())
    stop = _stop_by_signal()
    try:
        if once:
            done = _until_idle(run, validator, stop)
        else:
            with present(run.home, run.process, run.ledger):
                done = _until(run, validator, stop)
    finally:
        validator.close()
    return Outcome({"validated": done}, [f"{done} challenges were looked up."])


def _until_idle(run: Run, validator: Validator, stop: threading.Event) -> int:
    done = _turn(run, validator)
    while not validator.idle() and not stop.wait(BREATH):
        done += _turn(run, validator)
    return done


def _until(run: Run, validator: Validator, stop: threading.Event) -> int:
    ear, done = ear_of(run.ledger.url), 0
    while not stop.wait(BREATH):
        done += _turn(run, validator)
        ear.wait(LOOK_EVERY if validator.idle() else BREATH)
    ear.close()
    return done


def _turn(run: Run, validator: Validator) -> int:
    """A database that is away is looked at again: nothing is lost, what was not recorded is looked up again."""
    try:
        return validator.turn()
    except (DBAPIError, LedgerUnavailable, ClockWentBackwards) as fault:
        run.console.print(f"{type(fault).__name__}: {fault}", markup=False)
        return 0


def _settings(run: Run) -> ValidateSettings:
    environment = {"LAOTRUST_MODE": run.home.mode().value, **os.environ, "LAOTRUST_HOME": str(run.home.path.absolute())}
    return ValidateSettings.from_environment(environment, "ca", run.process)


def _stop_by_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
