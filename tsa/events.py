"""What the time-stamp authority records. Refused queries of strangers are counted and logged, not entered."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.event import Code, Digest, Event, Id


@dataclass(frozen=True)
class TimeStampIssued(Event):
    """A token was signed and is about to leave."""

    kind: ClassVar[str] = "timestamp.issued"
    time_stamp: Id
    token: Digest
    policy: Code


EVENTS = (TimeStampIssued,)
