"""What was answered, counted so cheaply that counting costs the hot path nothing to speak of.

Plain numbers in dictionaries, read by Prometheus when it asks; and a line in the log a second for each kind of reply
that an operator may want to look into, with its number, so that no flood fills a disk.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from web import logs

_BOUNDS = (0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.1, 1.0)
_LOGGED = {"malformed", "oversize", "unauthorized", "not-fresh", "no-responder", "failed"}


class Tally(Collector):
    """Counts of one process. `cell` gives the number itself to who counts very often."""

    def __init__(self) -> None:
        self._cells: dict[tuple[str, str], list[int]] = {}
        self._buckets = [0] * (len(_BOUNDS) + 1)
        self._seconds = 0.0
        self._told: Counter[tuple[str, str]] = Counter()

    def cell(self, outcome: str, digest: str) -> list[int]:
        """The count of this kind of reply: a list of one number, which is added to."""
        kind = outcome, digest
        return self._cells.get(kind) or self._cells.setdefault(kind, [0])

    def count(self, outcome: str, digest: str) -> None:
        """One more reply of this kind."""
        self.cell(outcome, digest)[0] += 1

    def took(self, seconds: float) -> None:
        """How long it took to find a reply that was not at hand."""
        self._buckets[bisect_left(_BOUNDS, seconds)] += 1
        self._seconds += seconds

    def tell(self) -> None:
        """A line for each kind worth a look that was met since the last call; call it once a second."""
        for (outcome, digest), cell in list(self._cells.items()):
            number = cell[0] - self._told[outcome, digest]
            if number and outcome in _LOGGED:
                self._told[outcome, digest] += number
                logs.log("ocsp", outcome=outcome, digest=digest, number=number)

    def collect(self) -> Iterator[CounterMetricFamily | HistogramMetricFamily]:
        """The figures as Prometheus takes them."""
        answers = CounterMetricFamily(
            "laotrust_ocsp_answers", "Answers by outcome and the CertID's digest", labels=("outcome", "digest")
        )
        for kind, cell in list(self._cells.items()):
            answers.add_metric(kind, cell[0])
        yield answers
        buckets, total = [], 0
        for bound, number in zip((*map(str, _BOUNDS), "+Inf"), self._buckets, strict=True):
            total += number
            buckets.append((bound, float(total)))
        yield HistogramMetricFamily(
            "laotrust_ocsp_seconds", "Time to find an answer that was not at hand", buckets, self._seconds
        )
