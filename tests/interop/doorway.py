"""An installation's doors for machines on loopback, with a signing room behind them that works all the time."""

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from ledger.clock import SystemClock
from tests.ca.machines.ministry import Ministry

UNTIL = f"{SystemClock().now() + timedelta(days=200):%Y-%m-%d}"
"""Clients of others look at the machine's clock."""


@dataclass(frozen=True)
class Doorway:
    """Where the doors are, and the ministry whose machines come."""

    ministry: Ministry
    tls: str
    plain: str
    root: Path

    def run(self, *words: str, cwd: Path, ok: bool = True) -> str:
        """What a client of others printed."""
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, cwd=cwd, timeout=60, env={"PATH": "/usr/bin:/bin"}
        )
        said = done.stdout + done.stderr
        assert (done.returncode == 0) is ok, said
        return said


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def make_environ(self) -> Any:
        return {**super().make_environ(), "gunicorn.socket": self.connection}

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@contextmanager
def served(app: Flask, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of the app while the block runs."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Handler, ssl_context=context)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def working(ministry: Ministry) -> Iterator[None]:
    """The signing room turns all the time."""
    room, stop = ministry.ca.room(), Event()

    def turn() -> None:
        while not stop.wait(0.05):
            room.turn()

    thread = Thread(target=turn, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def tls_context(ministry: Ministry) -> ssl.SSLContext:
    """As deploy/gunicorn.conf.py has it for `machines`."""
    home = ministry.ca.home
    key = home.key("tls-machines")
    passphrase = key.with_suffix("").with_suffix(".pass").read_text().strip()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(home.certificate("tls-machines"), key, passphrase)
    for issuer in ("root", "services"):
        context.load_verify_locations(cafile=home.certificate(issuer))
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


