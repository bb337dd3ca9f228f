"""The application behind the door, asked from the loop: our own pages for all at once, strangers one by one.

Whatever strangers think up that is no question of status waits in a short queue of its own, and is sent away beyond it.
"""

import asyncio
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from web.bridge import called
from web.connection import Connection
from web.heads import Head
from web.own_pages import OwnPages

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

MOST_STRANGERS = 64
"""Requests for nothing of ours that may wait at a time."""
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Behind:
    """Calls `application` in threads. All else happens in the loop's own."""

    def __init__(
        self, application: "WSGIApplication", own_paths: Collection[str], loop: asyncio.AbstractEventLoop,
        strangers: ThreadPoolExecutor,
    ) -> None:  # fmt: skip
        """`own_paths` are few, and each has a thread; all others are called for in `strangers`."""
        self._application, self._loop, self._strangers = application, loop, strangers
        self.own = OwnPages(application, own_paths, loop)
        self._at_work = 0

    def ask(self, connection: Connection, head: Head, body: bytes) -> None:
        """The connection is passed back what the application says."""
        if self.own.have(head):
            self.own.ask(head, lambda response: connection.passed_back(response, keep_alive=head.keep_alive))
        elif self._at_work >= MOST_STRANGERS:
            connection.passed_back(_BUSY, keep_alive=False)
        else:
            self._at_work += 1
            self._for_a_stranger(connection, head, body)

    def _for_a_stranger(self, connection: Connection, head: Head, body: bytes) -> None:
        future = self._loop.run_in_executor(self._strangers, called, self._application, head, body)

        def done(future: "asyncio.Future[bytes]") -> None:
            self._at_work -= 1
            if not future.cancelled():
                connection.passed_back(future.result(), keep_alive=head.keep_alive)

        future.add_done_callback(done)
