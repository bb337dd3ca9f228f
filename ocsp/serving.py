"""What all connections of one worker share: kept replies, known heads, the time, and the door that answers.

Everything here happens in the event loop's thread, save `forget`, which only asks the loop to forget.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ocsp.reply import Reply, Wait
from ocsp.routes.status import StatusDoor, about_a_copy, in_path, not_modified
from pki.ocsp import LONGEST_REQUEST
from web.bridge import called
from web.connection import LONGEST_KEPT, Connection, Told
from web.heads import CLOSES, Head
from web.serving import MOST_CONNECTIONS, Kept, LoopServing

MOST_KEPT = 32_768
"""Replies in each of two generations: bounded (to some 100 MB), and what is asked often stays."""
MOST_POSTS = 1024
"""Heads of POSTs that are known."""
MOST_WAITING = 64
"""Requests that may wait at a time for the application behind the door, and for the key of each issuer."""


@dataclass
class Aside:
    """The thread in which an issuer's answers are signed by a token, and how many wait for it."""

    executor: ThreadPoolExecutor
    waiting: int = 0


class StatusServer(LoopServing):
    """Answers the connections of one event loop."""

    def __init__(
        self, door: StatusDoor, loop: asyncio.AbstractEventLoop, seconds: Callable[[], float],
        most_connections: int = MOST_CONNECTIONS,
    ) -> None:  # fmt: skip
        super().__init__(loop, seconds, longest=LONGEST_REQUEST, threads=2, most=most_connections)
        self._door = door
        self._older: dict[bytes, Kept] = {}
        self._posts: dict[bytes, int] = {}
        """Heads of plain POSTs that were read, and how many octets they announce."""
        self._signing: dict[str, Aside] = {}
        self._waiting = 0
        door.answers.watch(self.forget)

    @property
    def door(self) -> StatusDoor:
        """Of questions of status."""
        return self._door

    def fresh_until(self, _now: float) -> float:
        """As long as status is known to be fresh."""
        return self.door.answers.fresh_until()

    def each_second(self) -> None:
        """Replies that an operator may want to look into."""
        self.door.tally.tell()

    def executors(self) -> list[ThreadPoolExecutor]:
        """A thread for each issuer whose key is in a token."""
        return [one.executor for one in self._signing.values()]

    def forget(self) -> None:
        """Kept replies are forgotten, from any thread: what is being answered now is answered before it happens."""
        self.loop.call_soon_threadsafe(self.forget_now)

    def prepared(self, raw: bytes, now: float) -> bytes | None:
        """The response to a POST with a head that was met before, if its answer is prepared."""
        end = raw.find(CLOSES) + len(CLOSES)
        if self._posts.get(raw[:end]) != len(raw) - end:
            return None
        reply = self.door.prepared(raw[end:], now)
        return None if reply is None else b"".join((self.ok, reply.head, b"\r\n", reply.body))

    def answer(
        self, head: Head, body: bytes, told: Told, *, close: bool, raw: bytes = b"", now: float = 0.0
    ) -> bytes | None:
        """The octets of the HTTP response; `raw` are those of the request, if it may be known again by them.

        None if a key must be waited for: then `told` is called with them, in the loop.
        """
        kept = self.kept.get(raw) or self._older.get(raw)
        if kept is not None and self.since <= now < self.until and now < kept[2]:
            kept[1][0] += 1
            self._keep(raw, kept)
            return self.ok + kept[0]
        octets = body if head.method == "POST" else in_path(head.target)
        reply = self.door.at_once(octets)
        if isinstance(reply, Wait):
            return self._aside(reply.whose, octets, lambda signed: told(self._formed(signed, head, close=close)))
        if not head.plain or head.method == "HEAD" or close:
            return self._formed(reply, head, close=close)
        rest = reply.head + b"\r\n" + reply.body
        if reply.keep_until > now and 0 < len(raw) <= LONGEST_KEPT:
            self._keep(raw, (rest, self.door.tally.cell(reply.outcome, reply.digest), reply.keep_until))
        elif octets is body:
            self._met(raw[: len(raw) - len(body)], len(body))
        return self.ok + rest

    def _formed(self, reply: Reply, head: Head, *, close: bool) -> bytes:
        """The octets of the HTTP response with this reply."""
        if head.conditional and not_modified(reply, head.none_match):
            return self._response(b"304 Not Modified", _lines(about_a_copy(reply)), b"", head, close=close)
        body = b"" if head.method == "HEAD" else reply.body
        return self._response(b"200 OK", reply.head, body, head, close=close)

    def _aside(self, whose: str, octets: bytes, told: Callable[[Reply], object]) -> bytes | None:
        """A thread of the issuer's own waits for its key, and finds the status anew when it is its turn.

        What it signs is kept in the book alone, where it is found by status: here it could come behind `forget`.
        """
        thread = self._signing.get(whose) or self._signing.setdefault(whose, Aside(ThreadPoolExecutor(1, whose)))
        if thread.waiting >= MOST_WAITING:
            self.loop.call_soon(told, self.door.busy())
            return None
        thread.waiting += 1
        future = self.loop.run_in_executor(thread.executor, self.door.reply, octets)

        def done(future: "asyncio.Future[Reply]") -> None:
            thread.waiting -= 1
            if not future.cancelled():
                told(future.result())

        future.add_done_callback(done)
        return None

    def pass_on(self, connection: Connection, head: Head, body: bytes) -> None:
        """The application behind the door answers, in a thread of its own."""
        if self._waiting >= MOST_WAITING:
            busy = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            connection.passed_back(busy, keep_alive=False)
            return
        self._waiting += 1
        future = self.loop.run_in_executor(self.threads, called, self.door.behind, head, body)

        def done(future: "asyncio.Future[bytes]") -> None:
            self._waiting -= 1
            connection.passed_back(future.result(), keep_alive=head.keep_alive)

        future.add_done_callback(done)

    def _response(self, status: bytes, lines: bytes, body: bytes, head: Head, *, close: bool) -> bytes:
        start = b"HTTP/1.1 " + status + self.ok[15:]
        how = b"Connection: close\r\n" if close else b"" if head.modern else b"Connection: keep-alive\r\n"
        return start + lines + how + b"\r\n" + body

    def _met(self, head: bytes, length: int) -> None:
        if len(head) <= LONGEST_KEPT and head not in self._posts:
            if len(self._posts) >= MOST_POSTS:
                self._posts.clear()
            self._posts[head] = length

    def _keep(self, raw: bytes, reply: Kept) -> None:
        if len(self.kept) >= MOST_KEPT and raw not in self.kept:
            self._older, self.kept = self.kept, {}
        self.kept[raw] = reply

    def forget_now(self) -> None:
        """Kept replies are forgotten; in the loop's own thread."""
        self.kept, self._older = {}, {}


def _lines(headers: list[tuple[str, str]]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode()
