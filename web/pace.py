"""How often one address may do what costs others something: counted in this process alone, forgotten with the window.

Many people may share one address (the networks of telephones do), so a limit here is wide, and says where else to go.
"""

from collections import Counter
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock

_MOST_SOURCES = 100_000
"""Sources that are remembered in one window; who comes later is let through, so that memory has an end."""


class Pace:
    """At most `most` times in each window of `length` for one source. Safe for threads."""

    def __init__(self, most: int, length: timedelta) -> None:
        self._most, self._seconds = most, int(length.total_seconds())
        self._window, self._taken = 0, Counter[str]()
        self._lock = Lock()

    def take(self, address: str | None, now: datetime) -> bool:
        """One time more of this address is counted; False if it had none left."""
        return self.take_named(source_of(address), now)

    def take_named(self, source: str, now: datetime, most: int | None = None) -> bool:
        """The same for a source that is known by a name; at most `most` times, where that is not known beforehand."""
        with self._lock:
            window = int(now.timestamp()) // self._seconds
            if window != self._window:
                self._window, self._taken = window, Counter()
            if source not in self._taken and len(self._taken) >= _MOST_SOURCES:
                return True
            self._taken[source] += 1
            return self._taken[source] <= (self._most if most is None else most)


def source_of(address: str | None) -> str:
    """The address, or its network of 64 bits: who has one address of IPv6 has 2^64 of them (RFC 4291 clause 2.5.4)."""
    try:
        read = ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(read, IPv6Address):
        return str(read.ipv4_mapped or ip_network((read, 64), strict=False))
    return str(read)
