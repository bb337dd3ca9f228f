"""What the servers of event loops have in common: who is connected, what time it is, and who is too slow."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from heapq import nsmallest

from web.connection import HEAD_SECONDS, Connection, Door, Told
from web.heads import Head, Heads

TICK = 0.1
"""Seconds between two looks at the clock."""
MOST_CONNECTIONS = 10_240
IDLE_SECONDS = 75.0
_LOOKED_UP = 256

Kept = tuple[bytes, list[int], float]
"""What follows the status line, the count of its kind, and until when it may be given (since 1970)."""


class LoopServing(ABC):
    """The connections of one event loop; what answers them is its subclasses'."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds: Callable[[], float], *, longest: int, threads: int, most: int
    ) -> None:
        """`longest` octets of a body are read; `threads` call the application behind, for `most` connections."""
        self.loop, self.seconds = loop, seconds
        self.heads, self.longest = Heads(), longest
        self.kept: dict[bytes, Kept] = {}
        """Replies by the octets of the whole HTTP request."""
        self.prepares = False
        """Whether `prepared` knows any request."""
        self.ok = b""
        """The status line and the date of this second."""
        self.since, self.until = 0.0, 0.0
        """Kept replies may be given from, and before, these times."""
        self.sized: Callable[[int], object] = lambda _connections: None
        """Is told how many connections there are, each time that their number changes."""
        self.threads = ThreadPoolExecutor(threads, "behind")
        self._connections: dict[Connection, None] = {}
        self._coming: dict[Connection, float] = {}
        """Those that were accepted and are still shaking hands, and until when: `joined` hears of none before."""
        self._most = most
        self._gathered: list[tuple[Connection, bytes]] = []
        """What came in this turn of the loop."""
        self._silent: list[tuple[Connection, float]] = []
        """Whom to cut off next, last first, and when each was heard."""
        self._swept = 0.0

    def __len__(self) -> int:
        return len(self._connections)

    @property
    @abstractmethod
    def door(self) -> Door:
        """Of what it answers itself."""

    @abstractmethod
    def answer(
        self, head: Head, body: bytes, told: Told, *, close: bool, raw: bytes = b"", now: float = 0.0
    ) -> bytes | None:
        """The octets of the HTTP response; `raw` are those of the request, if it may be known again by them.

        None if it must be waited for: then `told` is called with them, in the loop.
        """

    def prepared(self, _raw: bytes, _now: float) -> bytes | None:
        """The response to the octets of a whole request, while kept replies may be given, if it costs no reading."""
        return None

    def gather(self, connection: Connection, data: bytes) -> None:
        """What came on `connection` is answered with all that comes in this turn of the loop.

        First all is prepared and then all is sent: whoever signs, and writes to sockets, in turns has neither's code
        and tables at hand.
        """
        if not self._gathered:
            self.loop.call_soon(self.turn)
        self._gathered.append((connection, data))

    def turn(self) -> None:
        """Answers all that was gathered."""
        gathered, self._gathered = self._gathered, []
        now = self.seconds()
        fresh = self.since <= now < self.until
        responses = [self.prepared(data, now) if fresh else None for _, data in gathered]
        for (connection, data), response in zip(gathered, responses, strict=True):
            connection.turned(data, response, now)

    @abstractmethod
    def pass_on(self, connection: Connection, head: Head, body: bytes) -> None:
        """The application behind the door answers, in a thread of its own."""

    @abstractmethod
    def fresh_until(self, now: float) -> float:
        """Until when kept replies may be given."""

    @abstractmethod
    def each_second(self) -> None:
        """What is told of the last second."""

    @abstractmethod
    def executors(self) -> Iterable[ThreadPoolExecutor]:
        """The threads besides those that call the application."""

    def connect(self) -> Connection:
        """A protocol for a connection that was just accepted."""
        connection = Connection(self)
        self._coming[connection] = self.seconds() + HEAD_SECONDS
        self.loop.call_soon(self._count)
        return connection

    def tick(self) -> None:
        """Looks at the clock; call it every TICK seconds."""
        now = self.seconds()
        self.ok = b"HTTP/1.1 200 OK\r\nDate: " + formatdate(now, usegmt=True).encode() + b"\r\n"
        if now < self.since:  # the clock was turned back
            self.forget_now()
        self.since, self.until = now, min(self.fresh_until(now), now + 1.0)
        if not 0 <= now - self._swept < 1.0:
            self._swept = now
            self._sweep(now)
            self.each_second()

    def forget_now(self) -> None:
        """Kept replies are forgotten; in the loop's own thread."""
        self.kept = {}

    def joined(self, connection: Connection) -> None:
        """One connection more. When there are too many, the one that has been silent longest makes room."""
        self._coming.pop(connection, None)
        self._connections[connection] = None
        self._count()
        if len(self._connections) > self._most:
            self._make_room()

    def _make_room(self) -> None:
        """The idle one that has been silent longest is cut off; who they are is looked up for many at a time."""
        while self._silent:
            connection, seen = self._silent.pop()
            if connection in self._connections and connection.seen == seen:
                return connection.abort()
        found = nsmallest(_LOOKED_UP, self._connections, key=lambda one: (not one.idle, one.seen))
        self._silent = [(one, one.seen) for one in reversed(found)]
        return self._silent.pop()[0].abort()

    def left(self, connection: Connection) -> None:
        """One connection fewer."""
        self._coming.pop(connection, None)
        self._connections.pop(connection, None)
        self._count()

    def _count(self) -> None:
        self.sized(len(self._connections) + len(self._coming))

    def close(self) -> None:
        """Connections on which nothing is under way end; the others end with their answer, or are cut by `abort`."""
        for connection in list(self._connections):
            if connection.idle:
                connection.close()

    def abort(self) -> None:
        """All connections end at once."""
        for connection in list(self._connections):
            connection.abort()
        for executor in (self.threads, *self.executors()):
            executor.shutdown(wait=False, cancel_futures=True)

    def _sweep(self, now: float) -> None:
        """Whoever is slower than his time allows is cut off."""
        if self._coming:  # a handshake that fails tells nobody
            self._coming = {connection: until for connection, until in self._coming.items() if now < until}
            self._count()
        for connection in list(self._connections):
            if connection.deadline:
                if now > connection.deadline:
                    connection.abort()
            elif connection.idle and now - connection.seen > IDLE_SECONDS:
                connection.close()
