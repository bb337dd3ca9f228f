"""Time and chance, as arguments. Only this file touches the system's clock and its random source."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

VIENTIANE = timezone(timedelta(hours=7), "Asia/Vientiane")
"""Lao time: +07:00 all year round. Stored times are UTC; people are shown this."""

Randomness = Callable[[int], bytes]
"""Gives that many random octets, fit for keys."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """This moment: aware, in UTC, to the microsecond."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """This moment by the machine's clock."""
        return datetime.now(UTC)


def system_seconds() -> float:
    """Seconds since 1970 by the machine's clock, for paths that are too hot for a `datetime`."""
    return time.time()


def system_randomness(count: int) -> bytes:
    """`count` octets from the operating system."""
    return os.urandom(count)


def uuid7(now: datetime, randomness: Randomness) -> str:
    """A fresh identifier that sorts by time to the millisecond (RFC 9562 clause 5.7), as 36 characters."""
    milliseconds = int(now.timestamp() * 1000).to_bytes(6, "big")
    noise = bytearray(randomness(10))
    noise[0] = 0x70 | noise[0] & 0x0F
    noise[2] = 0x80 | noise[2] & 0x3F
    digits = (milliseconds + bytes(noise)).hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
