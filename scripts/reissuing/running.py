"""The processes of the drill: the real signing room, sealer and worker, and the devices; each may be killed."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from sqlalchemy import func, select

from ca.reissue.progress import OVER, State, progress
from ca.reissue.running import campaign_of
from ca.tables.reissue import Reissue, ReissueMember
from ledger.certificates import Revocation
from scripts.__main__ import main
from scripts.cli import Run
from scripts.reissuing.devices import Devices
from scripts.reissuing.founding import DrillFailed, Practice
from scripts.reissuing.keys import chance
from scripts.reissuing.nation import Nation
from web.home import Home

VERBS = {"issue": ("issue",), "seal": ("ledger-seal",), "work": ("work",)}
"""By process, the verb that it is."""
PROCESSES = (*VERBS, "devices")
PATIENCE = 600.0
"""Seconds without any progress after which the drill gives up."""
_CONTEXT = get_context("forkserver")
"""Forks from a process without threads: one that has them (a progress bar) may hold a lock that no child opens."""
_CONTEXT.set_forkserver_preload(["scripts.reissuing.running", "scripts.issue", "scripts.ledger_seal", "scripts.work"])


@dataclass
class Processes:
    """The running ones, by name."""

    practice: Practice
    failing: int
    batch: int
    running: dict[str, ForkServerProcess] = field(default_factory=dict)
    kills: list[tuple[str, float]] = field(default_factory=list)
    """Who was killed, and how many seconds after the start."""

    def start(self, name: str) -> None:
        """It runs."""
        nation = self.practice.nation
        place = (name, dict(os.environ), self.practice.home.path)
        world = (nation.certificates, nation.seed, self.failing, self.batch)
        self.running[name] = _CONTEXT.Process(target=_become, args=(*place, *world), daemon=True)
        self.running[name].start()

    def kill(self, name: str, after: float) -> None:
        """SIGKILL, and another one in its place."""
        self._end(name)
        self.kills.append((name, after))
        self.start(name)

    def check(self) -> None:
        """All of them run. Raises DrillFailed for one that ended by itself."""
        for name, process in self.running.items():
            if process.exitcode is not None:
                log = self.practice.home.path / f"{name}.log"
                raise DrillFailed(f"{name} ended by itself ({process.exitcode}); its words are in {log}")

    def stop(self) -> None:
        """None runs any more."""
        for name in list(self.running):
            self._end(name)

    def _end(self, name: str) -> None:
        process = self.running.pop(name)
        process.kill()
        process.join()


def _become(
    name: str, environment: Mapping[str, str], home: Path, certificates: int, seed: int, failing: int, batch: int
) -> None:
    """The process does what its name says, its words in a log."""
    os.environ.clear()
    os.environ.update(environment)
    _redirect(home / f"{name}.log")
    if name == "devices":
        practice = Practice(Run(Home(home), "drill"), Home(home), Nation(certificates, seed))
        Devices(practice, failing, batch).live()
    main([*VERBS[name], "--home", str(home)], prog_name="drill", standalone_mode=False)


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
        processes.check()
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
        return session.scalar(select(func.count()).select_from(Revocation)) or 0


def _over(practice: Practice, reissue_id: str) -> bool:
    """Whether nobody who comes by his own key is waited for."""
    with practice.ledger.read() as session:
        campaign = campaign_of(session, session.get_one(Reissue, reissue_id))
        found = progress(session, campaign, practice.run.clock.now())
        listed = session.scalar(select(func.count()).select_from(ReissueMember))
    by_key = [one for one in found.standings if one.member.way == "key"]
    return bool(listed) and all(one.state in OVER or one.state is State.GONE for one in by_key)
