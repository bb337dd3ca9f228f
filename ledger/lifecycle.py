"""What happens to the processes themselves: their starts, with what ended the one before, and a database that was away.

Who meets an outage of the database cannot enter it then. `Ledger.outages` is told at both its ends; what is noted
there (`web.presence`) is entered once the database is back.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from ledger.event import Code, Event


class Outages(Protocol):
    """Is told of each use of the database how it went; must raise nothing."""

    def lost(self, access: str) -> None:
        """`reading` or `writing` failed, since the database is away, full or locked."""

    def back(self, access: str) -> None:
        """The same works."""


@dataclass(frozen=True)
class ProcessStarted(Event):
    """A process of ours began its work. `clean` says whether the one before it had ended as it should."""

    kind: ClassVar[str] = "process.started"
    process: Code
    clean: bool
    at: datetime


@dataclass(frozen=True)
class DatabaseLost(Event):
    """A process could not read from, or write to, the database between the two times."""

    kind: ClassVar[str] = "process.database-lost"
    process: Code
    access: Code
    lost_at: datetime
    back_at: datetime
