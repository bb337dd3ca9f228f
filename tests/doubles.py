"""A handful of readable doubles: a clock that one turns, chance that repeats. No mocks of our own code."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


class TurnedClock:
    """Stands still until it is turned."""

    def __init__(self, start: datetime = START) -> None:
        self.time = start

    def now(self) -> datetime:
        return self.time

    def turn(self, **by: float) -> None:
        self.time += timedelta(**by)


class SteadyChance:
    """The same octets in every run: `SteadyChance(seed)(count)`."""

    def __init__(self, seed: int = 1) -> None:
        self._random = Random(seed)

    def __call__(self, count: int) -> bytes:
        return self._random.randbytes(count)

    def state(self) -> Any:
        """Where it stands, for `resume`."""
        return self._random.getstate()

    def resume(self, state: Any) -> None:
        """Goes on from where another one stood: who copies what that one made must not draw the same again."""
        self._random.setstate(state)
