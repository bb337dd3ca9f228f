"""The processes of the drill: the real signing room, sealer and worker, and the devices; each may be killed."""

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from sqlalchemy import func, select

from ca.reissue.progress import OVER, State, progress
from ca.reissue.running import campaign_of
from ca.tables.reissue import Reissue, ReissueMember
from ledger.certificates import Revocation
from scripts.__main__ import main
from scripts.reissuing.devices import Devices
from scripts.reissuing.founding import Practice
from scripts.reissuing.keys import chance

VERBS = {"issue": ("issue",), "seal": ("ledger-seal",), "work": ("work",)}
"""By process, the verb that it is."""
PROCESSES = (*VERBS, "devices")
PATIENCE = 600.0
"""Seconds without any progress after which the drill gives up."""


@dataclass
class Processes:
    """The running ones, by name. Each is forked from this one, which has everything loaded already."""

    practice: Practice
    devices: Devices
    running: dict[str, int] = field(default_factory=dict)
    kills: list[tuple[str, float]] = field(default_factory=list)
    """Who was killed, and how many seconds after the start."""

    def start(self, name: str) -> None:
        """It runs. No connection of this process is open then."""
        self.practice.close()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            self._become(name)
        self.running[name] = pid

    def kill(self, name: str, after: float) -> None:
        """SIGKILL, and another one in its place."""
        os.kill(self.running[name], signal.SIGKILL)
        os.waitpid(self.running.pop(name), 0)
        self.kills.append((name, after))
        self.start(name)

    def fallen(self) -> list[str]:
        """Those that ended by themselves."""
        return [name for name, pid in self.running.items() if os.waitpid(pid, os.WNOHANG)[0]]

    def stop(self) -> None:
        """None runs any more."""
        for pid in self.running.values():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        self.running.clear()

    def _become(self, name: str) -> None:
        """Never returns: the process does what its name says, its words in a log."""
        code = 1
        try:
            _redirect(self.practice.home.path / f"{name}.log")
            if name == "devices":
                self.devices.live()
            main([*VERBS[name], "--home", str(self.practice.home.path)], prog_name="drill", standalone_mode=False)
            code = 0
        finally:
            os._exit(code)


def _redirect(file: Path) -> None:
    with file.open("ab") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)


def _draws(seed: int) -> Callable[[], float]:
    """Numbers from 0 up to 1, one after the other, that the seed determines."""
    numbers = count()
    return lambda: chance(seed, f"draw {next(numbers)}")


@dataclass(frozen=True)
class Watched:
    """How a campaign went under kills."""

    seconds: float
    replaced: int
    complete: bool


def watch(processes: Processes, reissue_id: str, kills: int, told: Callable[[int], None]) -> Watched:
    """The campaign runs until every member that comes by its own key is done; meanwhile so many processes are killed.

    The instants are where the seed puts them, spread over the whole of the work.
    """
    practice = processes.practice
    draw = _draws(practice.nation.seed)
    began = newest = time.monotonic()
    for name in PROCESSES:
        processes.start(name)
    points = sorted(draw() * 0.95 for _ in range(kills))
    before, wanted, seen = _revoked(practice), practice.nation.certificates, 0
    while True:
        time.sleep(draw() * 0.2)
        done = _revoked(practice) - before
        if done > seen:
            told(done - seen)
            newest, seen = time.monotonic(), done
        while points and points[0] * wanted <= done:
            points.pop(0)
            processes.kill(PROCESSES[int(draw() * len(PROCESSES))], round(time.monotonic() - began, 2))
            time.sleep(draw() * 0.3)
        if done >= wanted and not points and _over(practice, reissue_id):
            return Watched(newest - began, seen, complete=True)
        if time.monotonic() - newest > PATIENCE:
            return Watched(newest - began, seen, complete=False)


def _revoked(practice: Practice) -> int:
    with practice.ledger.read() as session:
        found = session.scalar(select(func.count()).select_from(Revocation)) or 0
    practice.close()
    return found


def _over(practice: Practice, reissue_id: str) -> bool:
    """Whether nobody who comes by his own key is waited for."""
    with practice.ledger.read() as session:
        campaign = campaign_of(session, session.get_one(Reissue, reissue_id))
        found = progress(session, campaign, practice.run.clock.now())
        listed = session.scalar(select(func.count()).select_from(ReissueMember))
    practice.close()
    by_key = [one for one in found.standings if one.member.way == "key"]
    return bool(listed) and all(one.state in OVER or one.state is State.GONE for one in by_key)
