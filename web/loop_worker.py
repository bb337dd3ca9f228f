"""gunicorn's worker for houses that programs call very often: an event loop of uvloop, connections of ours, TLS.

The application has a door in its extensions (`web.loop_serving.HouseDoor`): what that takes is answered in rounds, all
else in threads, as ever. No connection keeps a thread, and each has a deadline.
"""

import asyncio
import os
import resource
import signal
import sys
from typing import Any

import uvloop
from gunicorn.sock import ssl_context  # type: ignore[import-untyped]
from gunicorn.workers.base import Worker  # type: ignore[import-untyped]

from ledger.clock import system_seconds
from web.connection import HEAD_SECONDS
from web.loop_serving import TICK, LoopServer

_NOTIFY_EVERY = 1.0
_SWITCH = 0.001
"""Seconds after which a thread lets another on: a round that reckons must not keep the loop waiting."""


class LoopWorker(Worker):  # type: ignore[misc]
    """One process."""

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

    async def _serve(self) -> None:
        secure: dict[str, Any] = {}
        if self.cfg.is_ssl:
            secure = {"ssl": ssl_context(self.cfg), "ssl_handshake_timeout": HEAD_SECONDS, "ssl_shutdown_timeout": 2.0}
        server = LoopServer(
            self.wsgi.extensions["door"], self.wsgi, self.loop, system_seconds,
            threads=self.cfg.threads, scheme="https" if secure else "http",
        )  # fmt: skip
        server.tick()
        listening = [
            await self.loop.create_server(server.connect, sock=one.sock, backlog=self.cfg.backlog, **secure)
            for one in self.sockets
        ]
        notified = 0.0
        while self.alive and os.getppid() == self.ppid:
            server.tick()
            if not 0 <= self.loop.time() - notified < _NOTIFY_EVERY:
                notified = self.loop.time()
                self.notify()
            await asyncio.sleep(TICK)
        for one in listening:
            one.close()
        until = self.loop.time() + self.cfg.graceful_timeout
        while len(server) and self.loop.time() < until:
            server.close()
            await asyncio.sleep(0.05)
        server.abort()
