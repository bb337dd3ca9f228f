"""What all connections of one worker share: kept replies, known heads, the time, and the door that answers.

Everything here happens in the event loop's thread, save `forget`, which only asks the loop to forget.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ocsp.behind import Behind
from ocsp.recent import Recent
from ocsp.reply import Crowd, Reply, Wait
from ocsp.routes.status import StatusDoor, about_a_copy, in_path, not_modified
from pki.ocsp import LONGEST_REQUEST
from web.connection import LONGEST_KEPT, Connection, Told
from web.heads import CLOSES, Head
from web.serving import MOST_CONNECTIONS, Kept, LoopServing

MOST_POSTS = 1024
"""Heads of POSTs that are known."""
MOST_WAITING = {Crowd.ALL: 256, Crowd.ONE: 64, Crowd.STRANGERS: 64}
"""Requests that may wait at a time for the key of each issuer."""


@dataclass
class Aside:
    """The thread in which an issuer's answers are signed by a key in a token, or a slow one, and how many wait."""

    executor: ThreadPoolExecutor
    waiting: Counter[Crowd] = field(default_factory=Counter)


class StatusServer(LoopServing):
    """Answers the connections of one event loop."""

    def __init__(
        self, door: StatusDoor, loop: asyncio.AbstractEventLoop, seconds: Callable[[], float],
        most_connections: int = MOST_CONNECTIONS,
    ) -> None:  # fmt: skip
        super().__init__(loop, seconds, longest=LONGEST_REQUEST, threads=1, most=most_connections)
        self._door = door
        self._behind = Behind(door.behind, door.own_paths - {"/"}, loop, self.threads)
        self.prepares = True
        self.paths, self.bodies = Recent(), Recent()
        """By the octets of a whole GET, and by the body of a POST: each client writes lines of its own before it."""
        self._forgotten = 0
        """How often all was forgotten: what was asked before one is not kept after it."""
        self._posts: dict[bytes, int] = {}
        """Heads of plain POSTs that were read, and how many octets they announce."""
        self._signing: dict[str, Aside] = {}
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
        """A thread for each issuer whose key is in a token, and those for our own pages."""
        return [self._behind.own.executor, *(one.executor for one in self._signing.values())]

    def forget(self) -> None:
        """Kept replies are forgotten, from any thread: what is being answered now is answered before it happens."""
        self.loop.call_soon_threadsafe(self.forget_now)

    def prepared(self, raw: bytes, now: float) -> bytes | None:
        """The response to a POST with a head that was met before, if its answer was given or is prepared."""
        end = raw.find(CLOSES) + len(CLOSES)
        if self._posts.get(raw[:end]) != len(raw) - end:
            return None
        body = raw[end:]
        kept = self.bodies.find(body)
        if kept is not None and now < kept[2]:
            kept[1][0] += 1
            return self.ok + kept[0]
        reply = self._door.prepared(body, now)
        return None if reply is None else b"".join((self.ok, reply.head, b"\r\n", reply.body))

    def answer(
        self, head: Head, body: bytes, told: Told, *, close: bool, raw: bytes = b"", now: float = 0.0
    ) -> bytes | None:
        """The octets of the HTTP response; `raw` are those of the request, if it may be known again by them.

        None if a key must be waited for: then `told` is called with them, in the loop.
        """
        if raw and head.plain and not close and self.since <= now < self.until:
            kept = self.bodies.find(body) if head.method == "POST" else self._path(raw)
            if kept is not None and now < kept[2]:
                kept[1][0] += 1
                return self.ok + kept[0]
        octets = body if head.method == "POST" else in_path(head.target)
        reply = self.door.at_once(octets)
        if isinstance(reply, Wait):
            before = self._forgotten

            def signed(reply: Reply) -> None:
                known = raw if before == self._forgotten else b""
                told(self._said(reply, head, body, close=close, raw=known, now=self.seconds()))

            self._aside(reply, octets, signed)
            return None
        return self._said(reply, head, body, close=close, raw=raw, now=now)

    def _said(self, reply: Reply, head: Head, body: bytes, *, close: bool, raw: bytes, now: float) -> bytes:
        """The octets of the HTTP response with this reply; it is known again by `raw`, if it may be and that is any."""
        if not head.plain or head.method == "HEAD" or close:
            return self._formed(reply, head, close=close)
        rest = reply.head + b"\r\n" + reply.body
        if head.method == "POST" and raw:
            self._met(raw[: len(raw) - len(body)], len(body))
        if reply.keep_until > now and 0 < len(raw) <= LONGEST_KEPT:
            kept = rest, self.door.tally.cell(reply.outcome, reply.digest), reply.keep_until
            if head.method == "POST":
                self.bodies.keep(body, kept)
            else:
                self.paths.keep(raw, kept)
                self.kept = self.paths.newer
        return self.ok + rest

    def _path(self, raw: bytes) -> Kept | None:
        kept = self.paths.find(raw)
        self.kept = self.paths.newer
        return kept

    def _formed(self, reply: Reply, head: Head, *, close: bool) -> bytes:
        """The octets of the HTTP response with this reply."""
        if head.conditional and not_modified(reply, head.none_match):
            return self._response(b"304 Not Modified", _lines(about_a_copy(reply)), b"", head, close=close)
        body = b"" if head.method == "HEAD" else reply.body
        return self._response(b"200 OK", reply.head, body, head, close=close)

    def _aside(self, wait: Wait, octets: bytes, told: Callable[[Reply], object]) -> None:
        """A thread of the issuer's own waits for its key, and finds the status anew when it is its turn."""
        thread = self._signing.get(wait.whose) or self._signing.setdefault(
            wait.whose, Aside(ThreadPoolExecutor(1, wait.whose))
        )
        if thread.waiting[wait.crowd] >= MOST_WAITING[wait.crowd]:
            self.loop.call_soon(told, self.door.busy())
            return
        thread.waiting[wait.crowd] += 1
        future = self.loop.run_in_executor(thread.executor, self.door.reply, octets)

        def done(future: "asyncio.Future[Reply]") -> None:
            thread.waiting[wait.crowd] -= 1
            if not future.cancelled():
                told(future.result())

        future.add_done_callback(done)

    def pass_on(self, connection: Connection, head: Head, body: bytes) -> None:
        """The application behind the door answers, in a thread."""
        self._behind.ask(connection, head, body)

    def _response(self, status: bytes, lines: bytes, body: bytes, head: Head, *, close: bool) -> bytes:
        start = b"HTTP/1.1 " + status + self.ok[15:]
        how = b"Connection: close\r\n" if close else b"" if head.modern else b"Connection: keep-alive\r\n"
        return start + lines + how + b"\r\n" + body

    def _met(self, head: bytes, length: int) -> None:
        if len(head) <= LONGEST_KEPT and head not in self._posts:
            if len(self._posts) >= MOST_POSTS:
                self._posts.clear()
            self._posts[head] = length

    def forget_now(self) -> None:
        """Kept replies are forgotten; in the loop's own thread."""
        self.paths.forget()
        self.bodies.forget()
        self.kept = self.paths.newer
        self._forgotten += 1


def _lines(headers: list[tuple[str, str]]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode()
