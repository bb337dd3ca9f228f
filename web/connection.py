"""One client's connection to the fast worker: octets in, answers out, nothing kept longer than its time.

The octets of a whole request are looked up first; what is not found waits for all that comes in the same turn of the
loop, where the server prepares answers, and only what was not met before is read. Requests that follow each other
without waiting are answered in their order.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Protocol

from web.heads import CLOSES, LONGEST_HEAD, BadHead, Chunks, Head, Heads

Told = Callable[[bytes], object]
"""Is given the octets of a response that had to be waited for."""


class Door(Protocol):
    """Which requests the worker answers itself."""

    def takes(self, method: str, target: str) -> bool:
        """Whether it is one; `target` is as it was sent."""


class Server(Protocol):
    """What all connections of one worker share."""

    kept: dict[bytes, tuple[bytes, list[int], float]]
    """Replies by the octets of the whole request: what follows the status line, a count, and until when it is given."""
    ok: bytes
    """The status line and the date of this second."""
    since: float
    until: float
    """Kept replies may be given from, and before, these times."""
    heads: Heads
    longest: int
    """Octets of a body that are read; of one that is longer the server gets one more."""

    @property
    def door(self) -> Door:
        """Of what it answers itself."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """In which all of this happens."""

    @property
    def seconds(self) -> Callable[[], float]:
        """Since 1970."""

    def answer(
        self, head: Head, body: bytes, told: Told, *, close: bool, raw: bytes = b"", now: float = 0.0
    ) -> bytes | None:
        """The octets of the response, or None: then `told` is called with them, in the loop."""

    prepares: bool
    """Whether some requests are answered together, by `gather`."""

    def gather(self, connection: "Connection", data: bytes) -> None:
        """What came is looked at when all has come that comes in this turn of the loop: see `Connection.turned`."""

    def pass_on(self, connection: "Connection", head: Head, body: bytes) -> None:
        """The application behind the door answers, in a thread, by `Connection.passed_back`."""

    def joined(self, connection: "Connection") -> None:
        """One connection more."""

    def left(self, connection: "Connection") -> None:
        """One fewer."""


HEAD_SECONDS = 10.0
"""From the first octet of a request to the last of its head and body."""
DRAIN_SECONDS, DRAIN_OCTETS = 2.0, 256 * 1024
"""How long, and how much, who has been refused is listened to: cut off while sending, a client never reads why."""
LONGEST_KEPT = 1024
"""Octets of a request that is looked up whole."""
MOST_AHEAD = 64 * 1024
"""Octets that may wait behind a request while its answer is awaited, or earlier ones are not read by who asked."""
AT_A_TIME = 64
"""Requests of one connection that are answered before it is the others' turn."""
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(asyncio.Protocol):
    """A connection, from its being made to its being lost."""

    __slots__ = ("_busy", "_chunks", "_continued", "_drained", "_ended", "_paused", "_pending", "_resting", "_server",
                 "_transport", "deadline", "seen")  # fmt: skip

    def __init__(self, server: Server) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._pending = b""
        self._chunks: Chunks | None = None
        self._busy = self._paused = self._continued = self._ended = False
        self._resting = False
        """Whether it has had its turn, and more of what it asked is there."""
        self._drained = -1
        """Octets dropped since the connection is closing; -1 while it is not."""
        self.deadline = 0.0
        """When the client's patience with us, or ours with it, ends; 0 while nothing is under way."""
        self.seen = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The server knows of it."""
        self._transport = transport  # type: ignore[assignment]
        self.seen = self._server.seconds()
        self._server.joined(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The server forgets it."""
        self._transport = None
        self._server.left(self)

    def data_received(self, data: bytes) -> None:
        """Answers what can be answered."""
        server, transport = self._server, self._transport
        now = server.seconds()
        # Not before an answer that is still awaited, nor out of the midst of a body in chunks.
        waits = self._pending or self._busy or self._paused or self._chunks is not None or self._drained >= 0
        if not waits and server.since <= now < server.until:
            kept = server.kept.get(data)
            if kept is not None and now < kept[2]:
                kept[1][0] += 1
                self.seen = now
                transport.write(server.ok + kept[0])  # type: ignore[union-attr]
                return
            if server.prepares:
                self._busy = True
                server.gather(self, data)
                return
        self._further(data, now)

    def turned(self, data: bytes, response: bytes | None, now: float) -> None:
        """What `data`, which was gathered, is answered by; None if it is to be read."""
        self._busy = False
        self.seen = now
        if self._transport is None:
            return
        if response is None:
            self._pending = data + self._pending if self._pending else data
        else:
            self._send(response)
        if self._pending or self._ended:
            self._advance(now)

    def eof_received(self) -> bool:
        """The client sends no more; what it asked is still answered, then the connection closes."""
        self._ended = True
        return self._busy or self._resting or self._paused

    def pause_writing(self) -> None:
        """The client reads more slowly than it asks: it is listened to no more until it has read."""
        self._paused = True
        self.deadline = self._server.seconds() + HEAD_SECONDS
        self._listen()

    def resume_writing(self) -> None:
        """It has read: on with what it asked meanwhile."""
        self._paused = False
        if self._drained < 0 and self._chunks is None:
            self.deadline = 0.0
        self._listen()
        if self._transport:
            self._advance(self._server.seconds())

    def abort(self) -> None:
        """The connection ends at once, whatever is on its way."""
        if self._transport:
            self._transport.abort()

    def close(self) -> None:
        """The connection ends when what was answered has been sent."""
        if self._transport:
            self._transport.close()

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._pending and not self._busy and self._chunks is None

    @property
    def address(self) -> str:
        """Where the client is."""
        peer = self._transport.get_extra_info("peername") if self._transport else None
        return str(peer[0]) if isinstance(peer, tuple) else ""

    def _further(self, data: bytes, now: float) -> None:
        self.seen = now
        if self._drained >= 0:
            self._drained += len(data)
            if self._drained > DRAIN_OCTETS:
                self.abort()
        elif self._chunks is not None:
            self._chunked(data)
        else:
            self._pending += data
            self._advance(now)

    def _advance(self, now: float) -> None:
        """Answers each request that is there whole, so many at a time."""
        left = AT_A_TIME
        while self._pending and not (self._busy or self._paused) and self._drained < 0 and self._chunks is None:
            if not left:
                self._rest()
                break
            left -= 1
            try:
                if not self._one(now):
                    break
            except BadHead as bad:
                self._refuse(bad.status)
        if self._pending and not self._busy:
            self.deadline = self.deadline or now + HEAD_SECONDS
        elif not self._paused and self._drained < 0 and self._chunks is None:
            self.deadline = 0.0
        if len(self._pending) > MOST_AHEAD and (self._busy or self._paused):
            self.abort()
        elif self._ended and not (self._busy or self._resting or self._paused):
            self.close()

    def _rest(self) -> None:
        """The others have their turn; what it sends meanwhile waits with it."""
        if not self._resting:
            self._resting = True
            self._listen()
            self._server.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._resting = False
        self._listen()
        if self._transport:
            self._advance(self._server.seconds())

    def _one(self, now: float) -> bool:
        """Answers the first pending request; False if it is not there whole. Raises BadHead."""
        if self._pending.startswith(b"\r\n"):
            self._pending = _without_empty_lines(self._pending)
            return True
        end = self._pending.find(CLOSES) + len(CLOSES)
        if end > LONGEST_HEAD or (end < len(CLOSES) and len(self._pending) >= LONGEST_HEAD):
            raise BadHead("431 Request Header Fields Too Large")
        if end < len(CLOSES):
            return False
        head = self._server.heads.read(self._pending[:end])
        if head.length < 0 or head.length > self._server.longest:
            return self._unusual(head, end)
        whole = end + head.length
        if len(self._pending) < whole:
            self._expected(head)
            return False
        raw, self._pending = self._pending[:whole], self._pending[whole:]
        self.deadline, self._continued = 0.0, False
        self._answer(raw, head, raw[end:], now)
        return True

    def _expected(self, head: Head) -> None:
        if head.expects and not self._continued:
            self._continued = True
            self._send(_CONTINUE)

    def _unusual(self, head: Head, end: int) -> bool:
        """A body in chunks, or one that is longer than any question."""
        octets, self._pending = self._pending, b""
        if head.length > 0:
            self._answer_last(head, bytes(self._server.longest + 1))
            return False
        self._expected(head)
        self._chunks = Chunks(self._server.longest + 1)
        self.deadline = self._server.seconds() + HEAD_SECONDS
        self._chunked(octets[end:], head)
        return False

    def _chunked(self, octets: bytes, head: Head | None = None) -> None:
        chunks = self._chunks
        if chunks is None:
            return
        chunks.head = head or chunks.head
        try:
            chunks.feed(octets)
        except BadHead as bad:
            self._refuse(bad.status)
            return
        if chunks.whole and chunks.head is not None:
            self._chunks = None
            self._answer_last(chunks.head, chunks.body)

    def _answer(self, raw: bytes, head: Head, body: bytes, now: float) -> None:
        if not self._server.door.takes(head.method, head.target):
            self._busy = True
            self._listen()
            self._server.pass_on(self, head, body)
            return
        told = partial(self.passed_back, keep_alive=head.keep_alive)
        response = self._server.answer(head, body, told, close=not head.keep_alive, raw=raw, now=now)
        if response is None:
            self._busy = True
            self._listen()
            return
        self._send(response)
        if not head.keep_alive:
            self.close()
            self._pending = b""

    def _answer_last(self, head: Head, body: bytes) -> None:
        """Answers, and then no more: to who is still sending, or whose body came in chunks."""
        if not self._server.door.takes(head.method, head.target):
            self._busy = True
            self._listen()
            self._server.pass_on(self, head._replace(keep_alive=False), body)
            return
        response = self._server.answer(head, body, self._passed_back_last, close=True)
        if response is None:
            self._busy = True
            self._listen()
        else:
            self._last(response)

    def _passed_back_last(self, response: bytes) -> None:
        self._busy = False
        self._listen()
        self._last(response)

    def passed_back(self, response: bytes, *, keep_alive: bool) -> None:
        """What was waited for: the answer of the application behind the door, or one that a token has signed."""
        self._busy = False
        self._send(response)
        self._listen()  # also before closing: TLS is closed by who hears the other's farewell
        if keep_alive:
            self._advance(self._server.seconds())
        else:
            self._pending = b""
            self.close()

    def _refuse(self, status: str) -> None:
        self._last(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())

    def _last(self, response: bytes) -> None:
        """Sends the last answer of this connection to somebody who may still be sending."""
        self._send(response)
        self._pending, self._chunks, self._drained = b"", None, 0
        self.deadline = self._server.seconds() + DRAIN_SECONDS
        if self._transport and self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()

    def _listen(self) -> None:
        """Who does not read, or waits for an answer, is not listened to: what he sends on waits with him, not here."""
        if self._transport and (self._paused or self._busy or self._resting):
            self._transport.pause_reading()
        elif self._transport:
            self._transport.resume_reading()

    def _send(self, response: bytes) -> None:
        if self._transport:
            self._transport.write(response)


def _without_empty_lines(octets: bytes) -> bytes:
    """What stands behind the empty lines before a request (RFC 9112 clause 2.2); each is looked at once."""
    at = 0
    while octets.startswith(b"\r\n", at):
        at += 2
    return octets[at:]
