"""Fresh identifiers that sort as they were made: within a millisecond too, as far as one ledger's own go."""

from datetime import datetime
from threading import Lock

from ledger.clock import Randomness

_COUNTER_BITS = 12
_FIRST_BITS = 11


class Identifiers:
    """UUIDs of version 7 with a counter in `rand_a` (RFC 9562 clause 6.2, method 1). Threads may share it.

    A counter begins at random in its lower half. One that is full carries into the milliseconds, as the clause allows.
    """

    def __init__(self, randomness: Randomness) -> None:
        self._randomness = randomness
        self._lock = Lock()
        self._millisecond = -1
        self._newest = 0

    def fresh(self, now: datetime) -> str:
        """An identifier of this moment, as 36 characters; after every other of the same millisecond."""
        noise = self._randomness(10)
        millisecond = int(now.timestamp() * 1000)
        with self._lock:
            if millisecond == self._millisecond:
                self._newest += 1
            else:
                first = int.from_bytes(noise[:2], "big") % (1 << _FIRST_BITS)
                self._millisecond, self._newest = millisecond, millisecond << _COUNTER_BITS | first
            newest = self._newest
        time, counter = newest >> _COUNTER_BITS, newest % (1 << _COUNTER_BITS)
        digits = f"{time:012x}7{counter:03x}{0x80 | noise[2] & 0x3F:02x}{noise[3:].hex()}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
