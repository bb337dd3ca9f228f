"""What a benchmark says: a figure of ours, how it stands to a peer measured in the same run, and what is aimed at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """A bound of the value, or of its ratio to the peer's."""

    bound: float
    more_is_better: bool
    of_the_ratio: bool = False

    def __str__(self) -> str:
        return f"{'at least' if self.more_is_better else 'under'} {self.bound:,g}{' ×' if self.of_the_ratio else ''}"


def under(bound: float) -> Goal:
    """The value is to stay below."""
    return Goal(bound, more_is_better=False)


def at_least(bound: float) -> Goal:
    """The value is to reach it."""
    return Goal(bound, more_is_better=True)


def times_the_peer(bound: float) -> Goal:
    """The ratio is to reach it."""
    return Goal(bound, more_is_better=True, of_the_ratio=True)


@dataclass(frozen=True)
class Result:
    """`value` in `unit` (medians); `ratio` is ours over the peer's, null where no peer is installed."""

    name: str
    value: float
    unit: str
    peer: str | None = None
    ratio: float | None = None
    goal: Goal | None = None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without a goal, or without the peer that it names."""
        found = None if self.goal is None else self.ratio if self.goal.of_the_ratio else self.value
        if self.goal is None or found is None:
            return None
        return found >= self.goal.bound if self.goal.more_is_better else found < self.goal.bound
