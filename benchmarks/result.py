"""What a benchmark says: a figure of ours, and how it stands to a peer measured in the same run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """`value` in `unit` (medians); `ratio` is ours over the peer's, null where no peer is installed."""

    name: str
    value: float
    unit: str
    peer: str | None = None
    ratio: float | None = None
