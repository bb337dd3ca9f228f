"""What happens when requests are handed in together; each line is an entry of its own besides."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.event import Code, Digest, Event, Id


@dataclass(frozen=True)
class BatchBegun(Event):
    """An officer hands in a plan of requests under his own signature; their lines follow."""

    kind: ClassVar[str] = "batch.begun"
    batch: Id
    digest: Digest
    lines: int
    officer: Id


@dataclass(frozen=True)
class BatchRefused(Event):
    """A plan of requests was not taken up."""

    kind: ClassVar[str] = "batch.refused"
    digest: Digest
    code: Code
    officer: Id | None = None


@dataclass(frozen=True)
class BatchEnded(Event):
    """Every line of a batch is taken up or refused."""

    kind: ClassVar[str] = "batch.ended"
    batch: Id
    taken: int
    refused: int


@dataclass(frozen=True)
class BatchReceipted(Event):
    """A receipt of how far a batch has come was made. `receipt` is the SHA-256 of its canonical JSON."""

    kind: ClassVar[str] = "batch.receipted"
    batch: Id
    receipt: Digest


EVENTS = (BatchBegun, BatchRefused, BatchEnded, BatchReceipted)
