"""`ledger-seal`: the sealer, which listens to nothing and holds the checkpoint key."""

import signal
import threading

import click

from ledger.seal import SealRefused, seal
from ledger.seal import run as keep_sealing
from scripts.cli import Exit, Outcome, Run, verb
from signers import open_signer
from web.presence import present


@verb("seal", example="python -m scripts ledger-seal --once")
@click.option("--once", is_flag=True, help="Seal what is there now, and end.")
def ledger_seal(run: Run, *, once: bool) -> Outcome:
    """Gives committed entries their place in the log and signs its head, until it is stopped."""
    signer = open_signer(run.key_uri("checkpoint"))
    try:
        if once:
            return _sealed(seal(run.ledger, signer, run.home.checkpoints, run.clock.now()))
        with present(run.home, run.process, run.ledger):
            keep_sealing(run.ledger, signer, run.home.checkpoints, _stop_by_signal())
    except SealRefused as fault:
        return Outcome({"sealed": None, "refused": str(fault)}, [f"Nothing is sealed: {fault}."], Exit.REFUSED)
    return Outcome({"stopped": True}, ["The sealer was told to stop."])


def _sealed(checkpoint: object) -> Outcome:
    size = getattr(checkpoint, "size", None)
    line = "Nothing new was there to be sealed." if size is None else f"Sealed: the log now has {size} entries."
    return Outcome({"sealed": size, "checkpoint": getattr(checkpoint, "note", None)}, [line])


def _stop_by_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
