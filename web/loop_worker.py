"""gunicorn's workers for houses that are asked very often: an event loop of uvloop, connections of ours, TLS.

No connection keeps a thread, each has a deadline, and workers share them evenly (`web.crew`). What answers is made by
`serving`: for a house whose application has a door in its extensions (`web.loop_serving.HouseDoor`) what that takes is
answered in rounds, and all else in threads, as ever.
"""

import asyncio
import os
import resource
import signal
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import uvloop
from gunicorn.sock import ssl_context  # type: ignore[import-untyped]
from gunicorn.workers.base import Worker  # type: ignore[import-untyped]

from ledger.clock import system_seconds
from web.connection import HEAD_SECONDS
from web.crew import Crew, Ears
from web.loop_serving import MOST_IN_ROUND, LoopServer, NoDoor
from web.serving import TICK, LoopServing

NOTIFY_EVERY = 1.0
"""Seconds between two signs of life for gunicorn's master."""
_SWITCH = 0.001
"""Seconds after which a thread lets another on: one that reckons must not keep the loop waiting."""


class EventLoopWorker(Worker, ABC):  # type: ignore[misc]
    """One process and its event loop."""

    crew: ClassVar[Crew | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """In the master, before the fork: so the crew is everybody's."""
        super().__init__(*args, **kwargs)
        self._crew = EventLoopWorker.crew = EventLoopWorker.crew or Crew()
        self._place = self._crew.join(self)

    @abstractmethod
    def serving(self) -> LoopServing:
        """What answers, once the application is loaded."""

    def init_process(self) -> None:
        """In the worker, after the fork."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        sys.setswitchinterval(_SWITCH)
        self.loop = uvloop.new_event_loop()
        asyncio.set_event_loop(self.loop)
        super().init_process()

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

    @property
    def secure(self) -> Mapping[str, Any]:
        """How the loop speaks TLS, if the configuration has a certificate."""
        if not self.cfg.is_ssl:
            return {}
        return {"ssl": ssl_context(self.cfg), "ssl_handshake_timeout": HEAD_SECONDS, "ssl_shutdown_timeout": 2.0}

    async def _serve(self) -> None:
        serving = self.serving()
        sockets, how = [one.sock for one in self.sockets], {"backlog": self.cfg.backlog, **self.secure}
        ears = Ears(self.loop, sockets, serving.connect, self._crew, self._place, how)
        serving.sized = ears.sized
        serving.tick()
        await ears.open()
        notified = 0.0
        while self.alive and os.getppid() == self.ppid:
            serving.tick()
            ears.show_life()
            if not 0 <= self.loop.time() - notified < NOTIFY_EVERY:
                notified = self.loop.time()
                self.notify()
            await asyncio.sleep(TICK)
        ears.close()
        until = self.loop.time() + self.cfg.graceful_timeout
        while len(serving) and self.loop.time() < until:
            serving.close()
            await asyncio.sleep(0.05)
        serving.abort()


class LoopWorker(EventLoopWorker):
    """For a house, by its door if it has one."""

    def serving(self) -> LoopServer:
        """The door in rounds, the application in threads."""
        scheme = "https" if self.cfg.is_ssl else "http"
        door = self.wsgi.extensions.get("door") or NoDoor()
        together = getattr(door, "TOGETHER", MOST_IN_ROUND)
        return LoopServer(
            door, self.wsgi, self.loop, system_seconds, threads=self.cfg.threads, scheme=scheme, together=together
        )
