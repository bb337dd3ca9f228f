"""Pages that are a house's own to tell and the same for whoever asks: health, figures. Asked for from an event loop.

All who wait for one get the answer to one call, which began after they had asked. However many ask, nobody is sent
away, and nobody takes the place of another: neither of those who want another such page, nor of anybody else.
"""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from re import sub
from typing import TYPE_CHECKING, NamedTuple

from web.bridge import called
from web.heads import CLOSES, Head, parse_head

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
"""What every house has of them."""
_KEPT, _CLOSED = b"\r\nConnection: keep-alive", b"\r\nConnection: close"


class _Asker(NamedTuple):
    head: Head
    told: Callable[[bytes], None]


@dataclass
class _Page:
    """Who waits for the next call, and whether one is under way."""

    waiting: list[_Asker] = field(default_factory=list)
    under_way: bool = False


class OwnPages:
    """Calls `application` in a thread for each page. All else happens in the loop's own."""

    def __init__(
        self, application: "WSGIApplication", paths: Collection[str], loop: asyncio.AbstractEventLoop,
        scheme: str = "http",
    ) -> None:  # fmt: skip
        """`paths` are few."""
        self._application, self._loop, self._scheme = application, loop, scheme
        self._pages = {path: _Page() for path in paths}
        self.executor = ThreadPoolExecutor(max(1, len(self._pages)), "own pages")

    def have(self, head: Head) -> bool:
        """Whether it asks for one of them."""
        return path_of(head.target) in self._pages and head.method in {"GET", "HEAD"}

    def ask(self, head: Head, told: Callable[[bytes], None]) -> None:
        """`told` is called in the loop with the octets of the response. Only for what they `have`."""
        path = path_of(head.target)
        page = self._pages[path]
        page.waiting.append(_Asker(head, told))
        if not page.under_way:
            self._for_all(path, page)

    def waiting(self, path: str) -> int:
        """How many wait for the next call."""
        return len(self._pages[path].waiting)

    def _for_all(self, path: str, page: _Page) -> None:
        some, page.waiting, page.under_way = page.waiting, [], True
        asking = _asking_for(path)
        future = self._loop.run_in_executor(self.executor, called, self._application, asking, b"", self._scheme)

        def done(future: "asyncio.Future[bytes]") -> None:
            if future.cancelled():
                return
            page.under_way = False
            for head, told in some:
                told(_for(head, future.result()))
            if page.waiting and not page.under_way:
                self._for_all(path, page)

        future.add_done_callback(done)


def path_of(target: str) -> str:
    """The path of a request's target, which proxies send whole (RFC 9112 clause 3.2.2), as it was written."""
    path = target.partition("?")[0]
    return path if path.startswith("/") else sub("^[A-Za-z]+://[^/]*", "", path) or "/"


def _asking_for(path: str) -> Head:
    """The head of a request that asks for no more than this."""
    return parse_head(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())


def _for(head: Head, response: bytes) -> bytes:
    """The response to a kept GET as who sent `head` wants it."""
    lines, closes, body = response.partition(CLOSES)
    if not head.keep_alive:
        lines = lines.replace(_KEPT, _CLOSED)
    return lines + closes + (b"" if head.method == "HEAD" else body)
