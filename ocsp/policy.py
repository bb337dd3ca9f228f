"""When the responder may answer with its signature, and for how long an answer holds."""

from datetime import datetime, timedelta

from ledger.decision import Allow, Decision, Refuse
from pki.profile import FOR_EVER

STALE_AFTER = timedelta(seconds=2)
"""A status that was last compared with the ledger longer ago than this is not told to anyone.

The ledger is looked at every 0.2 s. Under full load, on a machine with five times as much to do as it can, the last
look that was taken in was 0.35 s old at most: who has seen nothing for this long is cut off, and not only slow.
"""
CLOCK_TOLERANCE = timedelta(seconds=2)
LIFE = timedelta(hours=12)
"""How long an answer may be relied on (CA/Browser Forum BR 4.9.10: 8 hours to 10 days)."""
LIFE_OF_NOTHING = timedelta(seconds=60)
"""The same for a serial number that was never issued: it may be issued the next moment."""
RENEWED_AFTER = timedelta(hours=1)
"""An answer that was signed longer ago is signed anew when it is asked for, though it would hold on."""
MAX_AGE = timedelta(seconds=30)
"""How long an HTTP cache may keep an answer: a revocation is hidden by no cache for longer."""


def may_answer(now: datetime, looked_at: datetime | None, newest_entry_at: datetime | None) -> Decision:
    """Whether status may be told at `now`, the ledger having last been seen at `looked_at`.

    A clock behind the newest entry, or behind the last look, is not trusted.
    """
    if newest_entry_at is not None and now < newest_entry_at - CLOCK_TOLERANCE:
        return Refuse("ocsp.clock")
    since, until = may_answer_between(looked_at, newest_entry_at)
    return Allow() if since <= now <= until else Refuse("ocsp.not-fresh")


def may_answer_between(looked_at: datetime | None, newest_entry_at: datetime | None) -> tuple[datetime, datetime]:
    """From when until when status may be told; from the end of time on before the first look."""
    if looked_at is None:
        return FOR_EVER, FOR_EVER
    begins = max(looked_at, newest_entry_at or looked_at) - CLOCK_TOLERANCE
    return begins, looked_at + STALE_AFTER


def next_update(now: datetime, until: datetime, *, issued: bool) -> datetime:
    """Until when an answer of `now` holds, whole seconds; `until` is when the responder's certificate ends.

    FOR_EVER is where a closed CA's last responder certificate ends: its answers are the final ones.
    """
    if not issued:
        return min(now + LIFE_OF_NOTHING, until).replace(microsecond=0)
    return until if until == FOR_EVER else min(now + LIFE, until).replace(microsecond=0)
