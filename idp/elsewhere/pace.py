"""How often whoever waits may ask: each slow_down makes the interval five seconds longer, and in the end it is over.

RFC 8628 clause 3.5 and CIBA Core clause 11: the client must keep to it "for this and all subsequent requests". Who does
not can only be wasting our work, or guessing. All of it is in marks of the ledger's short-lived table.
"""

from datetime import datetime

from idp.elsewhere.ways import Asked
from idp.policy import MOST_SLOW_DOWNS, POLL_INTERVAL, POLL_LONGER
from ledger.decision import Refuse
from ledger.ledger import Ledger
from ledger.replay import spend, spent


def is_out_of_patience(ledger: Ledger, asked: Asked) -> bool:
    """Whether it was told so often to slow down that it is served no more, answered or not."""
    return _slowed(ledger, asked) >= MOST_SLOW_DOWNS


def not_yet(ledger: Ledger, asked: Asked, now: datetime) -> Refuse:
    """`token.pending` to the first question of an interval, else `token.slow-down`; the next interval is longer then.

    Two questions at the very same time may lengthen it once.
    """
    slowed = _slowed(ledger, asked)
    if _is_first(ledger, asked, slowed, now):
        return Refuse("token.pending")
    spend(ledger, _purpose("slow", asked), str(slowed), asked.until)
    _is_first(ledger, asked, slowed + 1, now)  # this question counts in the longer interval too
    return Refuse("token.slow-down")


def _slowed(ledger: Ledger, asked: Asked) -> int:
    with ledger.read() as reading:
        return spent(reading, _purpose("slow", asked), map(str, range(MOST_SLOW_DOWNS)))


def _is_first(ledger: Ledger, asked: Asked, slowed: int, now: datetime) -> bool:
    slot = int((now - asked.at) / (POLL_INTERVAL + slowed * POLL_LONGER))
    return spend(ledger, _purpose("poll", asked), f"{slowed}/{slot}", asked.until)


def _purpose(word: str, asked: Asked) -> str:
    return f"{word}/{asked.id}"
