"""gunicorn's worker for status: an event loop of uvloop, connections of ours, signed answers shared by all workers.

    python -m gunicorn -k ocsp.worker.StatusWorker 'ocsp.app:create_app()'

It hosts any application whose outermost part is a `StatusDoor`.
"""

import os
from threading import Event, Thread
from typing import Any, ClassVar

from ledger.clock import system_seconds
from ocsp.book import Book
from ocsp.routes.status import StatusDoor
from ocsp.serving import StatusServer
from web.loop_worker import NOTIFY_EVERY, EventLoopWorker

ANSWERS = int(os.environ.get("LAOTRUST_OCSP_ANSWERS", str(1 << 20)))
"""Signed answers that are kept at most, a kibibyte each; memory is taken as they come."""


class StatusWorker(EventLoopWorker):
    """One process; each has a store and a key of its own and shares the book of signed answers."""

    book: ClassVar[Book | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """In the master, before the fork: so the book is everybody's."""
        super().__init__(*args, **kwargs)
        if StatusWorker.book is None:
            StatusWorker.book = Book(ANSWERS)

    def load_wsgi(self) -> None:
        """The application is made, which with very many certificates takes longer than the master waits for a sign."""
        loaded = Event()
        Thread(target=self._show_life, args=(loaded,), daemon=True).start()
        super().load_wsgi()
        loaded.set()

    def _show_life(self, loaded: Event) -> None:
        while not loaded.wait(NOTIFY_EVERY):
            self.notify()

    def serving(self) -> StatusServer:
        """The door of status, which has the book."""
        door = getattr(self.wsgi, "wsgi_app", self.wsgi)
        if not isinstance(door, StatusDoor):
            raise TypeError(f"{type(door)} is no StatusDoor: this worker serves status alone")
        door.share(StatusWorker.book)
        return StatusServer(door, self.loop, system_seconds)
