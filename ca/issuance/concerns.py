"""What in the ledger concerns the signing room, and what of it is in a hurry."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from ledger.entry import Entry

NO_CONCERN = (
    "sign-in.", "session.", "token.", "code.", "grant.", "consent.", "timestamp.", "validation.", "outbox.", "log.",
    "reissue.members-listed", "reissue.wave-opened", "reissue.told",
)  # fmt: skip
"""Events after which nothing can be due here; there are many of them."""
ASKING, DONE = ("enrolment.", "machine.requested"), ("certificate.intended", "certificate.issued")
"""Events by which certificates become due and hardly anything else; and those of the certificates themselves."""
AT_LEAST_EVERY = 10.0
"""Seconds between two turns while the ledger has nothing new: for CRLs and renewals that time alone makes due."""
UNRENEWED_FOR = 600.0
"""Between two tries to renew once a successor could not be made: each may cost a serial number and a revocation."""


def concerns(entries: Sequence[Entry]) -> bool:
    """Whether one of these entries may have made something due in the signing room."""
    return any(not entry.kind.startswith(NO_CONCERN) for entry in entries)


def hurrying(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Those that concern the room, if certificates alone are in a hurry after them; else none."""
    news = [entry for entry in entries if concerns([entry])]
    return news if all(entry.kind.startswith((*ASKING, *DONE)) for entry in news) else ()


def is_asking(entries: Sequence[Entry]) -> bool:
    """Whether by one of these entries a certificate may be due."""
    return any(entry.kind.startswith(ASKING) for entry in entries)


@dataclass
class Renewals:
    """When a whole turn looks at renewals, by a clock that never goes back: requests and certificates need none."""

    _from: float = -inf
    _at_the_latest: float = -inf

    def are_due(self, entries: Sequence[Entry], now: float) -> bool:
        """Whether time may have made one due, or one of these entries."""
        news = concerns(entries) and not hurrying(entries)
        return now >= (self._from if news else self._at_the_latest)

    def looked_at(self, now: float, *, failed: bool) -> None:
        """One that failed is tried again much later, whatever is entered meanwhile."""
        self._from = now + UNRENEWED_FOR if failed else now
        self._at_the_latest = max(self._from, now + AT_LEAST_EVERY)
