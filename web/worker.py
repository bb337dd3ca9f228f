"""gunicorn's threaded worker, for servers that face strangers: no connection keeps a thread for longer than its due.

The stock worker waits without end for a peer that has begun a handshake, a head or a body, so that as many silent
connections as there are threads stop a house for ever. Here each is cut when its time is over.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

from gunicorn.util import close_graceful  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

HEAD_SECONDS = 10.0
"""From the first octet of a connection, or of a further request on it, to the end of the request's head."""
BODY_SECONDS, SLOWEST = 30.0, 32 * 1024
"""From there to the answer; longer by one second for each so many octets of the body that the head announces."""


@dataclass
class _Watched:
    twin: socket.socket
    """A second descriptor of the connection: TLS replaces the first while a handshake goes on."""
    until: float


class PunctualWorker(ThreadWorker):  # type: ignore[misc]
    """Threads as `gthread` has them, each connection with a deadline."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._watched: dict[int, _Watched] = {}

    def handle(self, conn: Any) -> Any:
        """One request of the connection, in a thread. What is over is closed here, where lingering stops nobody."""
        with self._watch(conn):
            going_on = super().handle(conn)
        if going_on is False:
            close_graceful(conn.sock)
            conn.close = _closed_already
        return going_on

    def handle_request(self, req: Any, conn: Any) -> Any:
        """The head was read: the body and the answer have a time of their own."""
        announced = dict(req.headers).get("CONTENT-LENGTH", "")
        octets = int(announced) if announced.isascii() and announced.isdigit() and len(announced) < 12 else 0
        self._watched[id(conn)].until = monotonic() + BODY_SECONDS + octets / SLOWEST
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """Called once a second at least: connections whose time is over are shut, which ends their threads' waiting."""
        super().murder_pending()
        now = monotonic()
        for watched in list(self._watched.values()):
            if watched.until < now:
                with suppress(OSError):
                    watched.twin.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def _watch(self, conn: Any) -> Iterator[None]:
        twin = socket.socket(fileno=os.dup(conn.sock.fileno()))
        self._watched[id(conn)] = _Watched(twin, monotonic() + HEAD_SECONDS)
        try:
            yield
        finally:
            del self._watched[id(conn)]
            twin.close()


def _closed_already(*, graceful: bool = False) -> None:
    """What closing comes to for a connection that its own thread has closed."""
