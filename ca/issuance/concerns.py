"""What in the ledger concerns the signing room, and what of it is in a hurry."""

from collections.abc import Sequence

from ledger.entry import Entry

NO_CONCERN = (
    "sign-in.", "session.", "token.", "code.", "grant.", "consent.", "timestamp.", "validation.", "outbox.", "log.",
    "reissue.members-listed", "reissue.wave-opened", "reissue.told",
)  # fmt: skip
"""Events after which nothing can be due here; there are many of them."""
ASKING, DONE = ("enrolment.", "machine.requested"), ("certificate.intended", "certificate.issued")
"""Events by which certificates become due and hardly anything else; and those of the certificates themselves."""


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
