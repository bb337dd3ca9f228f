"""Addresses of clients, fetched sparingly: anybody can name one in a request, and whoever waits holds a thread.

One question at a time goes to an address, and whoever asks for the same meanwhile gets the same answer. What could not
be fetched is not asked for again at once. All together hold MOST threads; who comes beyond is refused without waiting.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Protocol

from ledger.rounds import must_be_alone

MOST, MOST_OF_ONE = 5, 3
"""Threads that may wait at one moment: for all addresses, and for one."""
PAUSE = 30.0
"""Seconds after a failure until the address is asked again."""
_REMEMBERED = 1000


class Fetched(Protocol):
    """What came back from an address."""

    @property
    def status(self) -> int:
        """HTTP's."""

    @property
    def body(self) -> bytes:
        """What was answered."""


class Get(Protocol):
    """What is needed of a fetcher. Raises OSError."""

    def get(self, url: str) -> Fetched:
        """The answer to a GET."""


class Unreachable:
    """For a provider that reaches nobody."""

    def get(self, url: str) -> Fetched:
        """Nobody is asked."""
        raise OSError(f"{url} is not asked")


class Busy(OSError):
    """Too many wait already, or the address has just failed: nobody was asked."""


@dataclass
class Sparing:
    """A fetcher that strangers cannot keep busy; one object a process, safe for threads."""

    fetcher: Get
    seconds: Callable[[], float] = monotonic
    _under_way: dict[str, "Future[Fetched]"] = field(default_factory=dict)
    _waiting: list[str] = field(default_factory=list)
    _failed: dict[str, float] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def get(self, url: str) -> Fetched:
        """The answer to a GET, perhaps to that of another thread.

        Raises Busy, or what the fetcher raises; in a round NotInCompany, since others would wait for strangers.
        """
        must_be_alone()
        with self._lock:
            self._admit(url)
            shared = self._under_way.get(url)
            mine = self._under_way.setdefault(url, Future())
            self._waiting.append(url)
        try:
            if shared is None:
                self._fetch(url, mine)
            return mine.result()
        finally:
            with self._lock:
                self._waiting.remove(url)

    def _admit(self, url: str) -> None:
        failed = self._failed.get(url)
        if failed is not None and self.seconds() - failed < PAUSE:
            raise Busy(f"{url} has just failed")
        if len(self._waiting) >= MOST or self._waiting.count(url) >= MOST_OF_ONE:
            raise Busy("too many wait")

    def _fetch(self, url: str, answer: "Future[Fetched]") -> None:
        """The answer is there for all that wait; it is nobody's who comes later."""
        found: Fetched | None = None
        try:
            found = self.fetcher.get(url)
        except BaseException as fault:  # noqa: BLE001 - it is raised again in every thread that waits
            answer.set_exception(fault)
        with self._lock:
            del self._under_way[url]
            self._failed.pop(url, None)
            if found is None:
                if len(self._failed) >= _REMEMBERED:
                    self._failed.clear()
                self._failed[url] = self.seconds()
        if found is not None:
            answer.set_result(found)
