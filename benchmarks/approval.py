"""From the second officer's yes to the certificate, one at a time, through the processes that every installation runs.

As it ships, where a bell rings after each commit, on each engine; and on SQLite with a bell that nobody can hear: by
looking alone.
"""

import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sqlalchemy import make_url

from benchmarks.databases import databases
from benchmarks.installation import (
    OFFICERS,
    ask,
    at_database,
    certificates,
    installation,
    request,
    say_yes,
    sealer,
    signing_room,
)
from benchmarks.result import Result, under
from ledger.bell import ENTRIES, SEALS, ear_of
from ledger.ledger import Ledger
from web.home import Home

ROUNDS = 30
_PAUSE = 0.3
"""Seconds between two approvals, so that each finds the processes at rest."""
_LOOK_EVERY = {False: 0.02, True: 0.003}
"""Seconds between two looks for the certificate when no bell rings, by whether none can: the looks of this process take
from the others what they need, so where a bell rings it looks when it does."""


def run() -> list[Result]:
    """Medians in milliseconds; the peer's figure is the one of polling."""
    with TemporaryDirectory(prefix="laotrust-bench-") as name, databases(Path(name)) as several:
        heard = {engine: _measured(Path(name) / engine, url) for engine, url in several}
    with TemporaryDirectory(prefix="laotrust-bench-") as name:
        polled = _measured(Path(name) / "deaf", f"sqlite:///{Path(name).resolve() / 'bench.db'}", deaf=True)
    told = "approval to certificate, by the bell"
    return [
        *(Result(f"{engine}, {told}", took, "ms", "by looking alone", took / polled, under(50))
          for engine, took in heard.items()),
        Result("SQLite, approval to certificate, by looking alone", polled, "ms", goal=under(500)),
    ]  # fmt: skip


def _measured(folder: Path, url: str, *, deaf: bool = False) -> float:
    folder.mkdir()
    with at_database(url):
        ledger, home = installation(folder)
        for rung_for in (ENTRIES, SEALS) if deaf else ():  # a file where the folder of the pipes would be
            Path(f"{make_url(url).database}-{rung_for}").touch()
        with sealer(ledger, home), signing_room(home):
            taken = [_one(ledger, home, _LOOK_EVERY[deaf]) for _ in range(ROUNDS)]
        ledger.close()
    return median(taken)


def _one(ledger: Ledger, home: Home, look_every: float) -> float:
    """The first officer says yes, and when all is at rest again the second: from his commit on it is measured."""
    before, ear = certificates(ledger), ear_of(ledger.url)
    ask(ledger, home, [request()])
    say_yes(ledger, home, OFFICERS[0], 1)
    time.sleep(_PAUSE)
    say_yes(ledger, home, OFFICERS[1], 1)
    begun = time.perf_counter()
    while certificates(ledger) == before:
        ear.wait(look_every)
    taken = (time.perf_counter() - begun) * 1000
    ear.close()
    time.sleep(_PAUSE)
    return taken
