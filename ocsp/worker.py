"""gunicorn's worker for status: an event loop of uvloop, connections of ours, signed answers shared by all workers.

    python -m gunicorn -k ocsp.worker.StatusWorker 'ocsp.app:create_app()'

It hosts any application whose outermost part is a `StatusDoor`.
"""

import asyncio
import os
import resource
import signal
import sys
from threading import Event, Thread
from typing import Any, ClassVar

import uvloop
from gunicorn.workers.base import Worker  # type: ignore[import-untyped]

from ledger.clock import system_seconds
from ocsp.book import Book
from ocsp.crew import Crew, Ears
from ocsp.routes.status import StatusDoor
from ocsp.serving import TICK, StatusServer

_NOTIFY_EVERY = 1.0
ANSWERS = int(os.environ.get("LAOTRUST_OCSP_ANSWERS", str(1 << 20)))
"""Signed answers that are kept at most, a kibibyte each; memory is taken as they come."""


class StatusWorker(Worker):  # type: ignore[misc]
    """One process; each has a store and a key of its own and shares the book of signed answers."""

    book: ClassVar[Book | None] = None
    crew: ClassVar[Crew | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """In the master, before the fork: so the book and the crew are everybody's."""
        super().__init__(*args, **kwargs)
        if StatusWorker.book is None:
            StatusWorker.book = Book(ANSWERS)
        self._crew = StatusWorker.crew = StatusWorker.crew or Crew()
        self._place = self._crew.join(self)

    def init_process(self) -> None:
        """In the worker."""
        _many_connections()
        self.loop = uvloop.new_event_loop()
        asyncio.set_event_loop(self.loop)
        super().init_process()

    def load_wsgi(self) -> None:
        """The application is made, which with very many certificates takes longer than the master waits for a sign."""
        loaded = Event()
        Thread(target=self._show_life, args=(loaded,), daemon=True).start()
        super().load_wsgi()
        loaded.set()

    def _show_life(self, loaded: Event) -> None:
        while not loaded.wait(_NOTIFY_EVERY):
            self.notify()

    def init_signals(self) -> None:
        """Signals come through the loop."""
        for number in self.SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            self.loop.add_signal_handler(number, self._end)
        self.loop.add_signal_handler(signal.SIGUSR1, self.log.reopen_files)
        self.loop.add_signal_handler(signal.SIGABRT, sys.exit, 1)

    def run(self) -> None:
        """Serves until it is told to end, or gunicorn's master is gone."""
        self.loop.run_until_complete(self._serve())
        self.loop.close()

    def _end(self) -> None:
        self.alive = False

    async def _serve(self) -> None:
        door = getattr(self.wsgi, "wsgi_app", self.wsgi)
        if not isinstance(door, StatusDoor):
            raise TypeError(f"{type(door)} is no StatusDoor: this worker serves status alone")
        door.share(StatusWorker.book)
        server = StatusServer(door, self.loop, system_seconds)
        sockets = [one.sock for one in self.sockets]
        ears = Ears(self.loop, sockets, server.connect, self.cfg.backlog, self._crew, self._place)
        server.sized = ears.sized
        server.tick()
        await ears.open()
        notified = 0.0
        while self.alive and os.getppid() == self.ppid:
            server.tick()
            ears.show_life()
            if not 0 <= self.loop.time() - notified < _NOTIFY_EVERY:
                notified = self.loop.time()
                self.notify()
            await asyncio.sleep(TICK)
        ears.close()
        await self._finish(server)

    async def _finish(self, server: StatusServer) -> None:
        until = self.loop.time() + self.cfg.graceful_timeout
        while len(server) and self.loop.time() < until:
            server.close()
            await asyncio.sleep(0.05)
        server.abort()


def _many_connections() -> None:
    """As many descriptors as the machine lets us have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
