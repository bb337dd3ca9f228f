"""What one core answers, and how long an answer takes when it has four fifths of that to do.

One worker has one core and the open-loop generator the other: on a core that both share the time of an answer would be
the generator's own. One process of nginx with its file has the same.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from benchmarks.ocsp_population import KINDS, NONCE, Population
from benchmarks.ocsp_right import question
from benchmarks.ocsp_servers import nginx, ours
from benchmarks.open_loop import each, load, peak
from benchmarks.result import Goal, Result, under

ROUNDS, LOADS, SECONDS = 3, 3, 1
SHARE = 0.8
ASKED = 10_000


@dataclass
class _Core:
    """One server on a core of its own, found at its limit and watched below it, over and over."""

    name: str
    port: int
    questions: Sequence[bytes]
    peaks: list[float] = field(default_factory=list)
    p99s: list[float] = field(default_factory=list)
    """Seconds."""
    unanswered: int = 0

    def once(self) -> None:
        self.peaks.append(peak(self.port, self.questions))
        for _ in range(LOADS):
            seen = load(self.port, self.questions, SHARE * self.peaks[-1], SECONDS)
            self.p99s.append(seen.p99)
            self.unanswered += seen.asked - seen.answered

    def results(self, peer: "_Core | None" = None, goal: Goal | None = None) -> Iterator[Result]:
        """Its medians; the rate beside the peer's, the waiting beside the goal."""
        rate = Result(f"{self.name}, a core, open loop", median(self.peaks), "answers/s")
        yield rate if peer is None else replace(rate, peer=peer.name, ratio=self._beside(peer))
        waited = f"{self.name}, a core at {100 * SHARE:.0f} % of that"
        yield Result(f"{waited}: 99 of 100 within", median(self.p99s) * 1000, "ms", goal=goal)
        yield Result(f"{waited}: unanswered", self.unanswered, "answers")

    def _beside(self, peer: "_Core") -> float:
        return median(own / other for own, other in zip(self.peaks, peer.peaks, strict=True))


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
