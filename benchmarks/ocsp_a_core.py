"""What one core keeps up with, and how long an answer takes when it has four fifths of that to do.

One worker has one core and the open-loop generator the other: on a core that both share the time of an answer would be
the generator's own. One process of nginx with its file has the same.

The speed of a machine changes within seconds when others share what is below it. So no rate is held against a peak of
another moment: each server is taken up the same steps in each round, all in turn, and what counts at a step is the
median of its rounds.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import takewhile
from math import inf
from pathlib import Path
from statistics import median

from benchmarks.ocsp_population import KINDS, NONCE, Population
from benchmarks.ocsp_right import question
from benchmarks.ocsp_servers import nginx, ours
from benchmarks.open_loop import SHARE, Waited, climb, each
from benchmarks.result import Goal, Result, under

ROUNDS = 7
IN_HAND = 0.01
"""Seconds' worth of questions that may be without an answer when the last is asked: more is a queue that grows."""
ASKED = 10_000


@dataclass
class _Core:
    """One server on a core of its own, at every rate up to beyond its limit, round after round."""

    name: str
    port: int
    questions: Sequence[bytes]
    seen: dict[float, list[Waited]] = field(default_factory=dict)
    """By rate; a round that ended before has none."""

    def once(self) -> None:
        for rate, waited in climb(self.port, self.questions):
            self.seen.setdefault(rate, []).append(waited)

    @property
    def peak(self) -> float:
        """The rate up to which no queue grows at any."""
        return max(takewhile(self._kept, sorted(self.seen)), default=0.0)

    def _kept(self, rate: float) -> bool:
        behind = [waited.behind / rate for waited in self.seen[rate]]
        return median(behind + [inf] * (ROUNDS - len(behind))) <= IN_HAND

    def results(self, peer: "_Core | None" = None, goal: Goal | None = None) -> Iterator[Result]:
        """Its peak, beside the peer's, and the waiting at the step that is its share of that."""
        peak = self.peak
        rate = Result(f"{self.name}, a core, open loop", peak, "answers/s")
        yield rate if peer is None else replace(rate, peer=peer.name, ratio=peak / peer.peak)
        rounds = self.seen[min(self.seen, key=lambda rate: abs(rate - SHARE * peak))]
        waited = f"{self.name}, a core at {100 * SHARE:.0f} % of that"
        yield Result(f"{waited}: 99 of 100 within", median(one.p99 for one in rounds) * 1000, "ms", goal=goal)
        yield Result(f"{waited}: unanswered", sum(one.asked - one.answered for one in rounds), "answers")


def of_a_core(folder: Path, population: Population) -> list[Result]:
    """Peaks and waiting of ours for each kind of question, and of nginx for those that a file answers."""
    asked = {kind: [question(kind, population.asked(kind, number)) for number in range(ASKED)] for kind in KINDS}
    with ExitStack() as stack:
        stack.enter_context(ours(population, workers=1))
        answer = each(population.port, asked["POST"])[0]
        own = {kind: _Core(f"OCSP P-256, {kind}", population.port, asked[kind]) for kind in KINDS}
        peers = {}
        if shutil.which("nginx"):
            port = stack.enter_context(nginx(folder, answer, processes=1))
            peers = {kind: _Core(f"nginx static file, {kind}", port, asked[kind]) for kind in KINDS if kind != NONCE}
        for _ in range(ROUNDS):
            for core in (*own.values(), *peers.values()):
                core.once()
    told = [result for kind, core in own.items() for result in core.results(peers.get(kind), under(5))]
    return [*told, *(result for core in peers.values() for result in core.results())]
