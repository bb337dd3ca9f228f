"""The application behind the door, asked from the loop: health and figures for all at once, strangers one by one.

What is ours to tell (`/healthz`, `/readyz`, `/metrics`) is the same for whoever asks, so all who wait for it get the
answer to one call, which began after they had asked. However many ask, nobody is sent away, and nobody takes the
place of another. Whatever else strangers think up waits in a short queue of its own, and is sent away beyond it.
"""

import asyncio
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ocsp.routes.status import path_of
from web.bridge import called
from web.connection import Connection
from web.heads import CLOSES, Head, parse_head

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

MOST_STRANGERS = 64
"""Requests for nothing of ours that may wait at a time."""
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_KEPT, _CLOSED = b"\r\nConnection: keep-alive", b"\r\nConnection: close"


class _Asker(NamedTuple):
    connection: Connection
    head: Head


@dataclass
class _Page:
    """One of our own paths: who waits for the next call, and whether one is under way."""

    waiting: list[_Asker] = field(default_factory=list)
    under_way: bool = False


class Behind:
    """Calls `application` in threads. All else happens in the loop's own."""

    def __init__(
        self, application: "WSGIApplication", own_paths: Collection[str], loop: asyncio.AbstractEventLoop,
        strangers: ThreadPoolExecutor,
    ) -> None:  # fmt: skip
        """`own_paths` are few, and each has a thread; all others are called for in `strangers`."""
        self._application, self._loop, self._strangers = application, loop, strangers
        self._pages = {path: _Page() for path in own_paths}
        self.own = ThreadPoolExecutor(max(1, len(self._pages)), "own pages")
        self._at_work = 0

    def ask(self, connection: Connection, head: Head, body: bytes) -> None:
        """The connection is passed back what the application says."""
        path = path_of(head.target)
        page = self._pages.get(path)
        if page is None or head.method not in {"GET", "HEAD"}:
            self._for_a_stranger(connection, head, body)
            return
        page.waiting.append(_Asker(connection, head))
        if not page.under_way:
            self._for_all(path, page)

    def _for_all(self, path: str, page: _Page) -> None:
        some, page.waiting, page.under_way = page.waiting, [], True
        future = self._loop.run_in_executor(self.own, called, self._application, _asking_for(path), b"")

        def done(future: "asyncio.Future[bytes]") -> None:
            if future.cancelled():
                return
            page.under_way = False
            for connection, head in some:
                connection.passed_back(_told(future.result(), head), keep_alive=head.keep_alive)
            if page.waiting and not page.under_way:
                self._for_all(path, page)

        future.add_done_callback(done)

    def _for_a_stranger(self, connection: Connection, head: Head, body: bytes) -> None:
        if self._at_work >= MOST_STRANGERS:
            connection.passed_back(_BUSY, keep_alive=False)
            return
        self._at_work += 1
        future = self._loop.run_in_executor(self._strangers, called, self._application, head, body)

        def done(future: "asyncio.Future[bytes]") -> None:
            self._at_work -= 1
            if not future.cancelled():
                connection.passed_back(future.result(), keep_alive=head.keep_alive)

        future.add_done_callback(done)


def _asking_for(path: str) -> Head:
    """The head of a request that asks for no more than this."""
    return parse_head(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())


def _told(response: bytes, head: Head) -> bytes:
    """The response to a kept GET as who sent `head` wants it."""
    lines, closes, body = response.partition(CLOSES)
    if not head.keep_alive:
        lines = lines.replace(_KEPT, _CLOSED)
    return lines + closes + (b"" if head.method == "HEAD" else body)
