"""The fast worker's server on a loop of its own in a thread, and a client of few manners."""

import asyncio
import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from time import monotonic, sleep
from typing import NamedTuple
from urllib.parse import quote

import uvloop
from cryptography.x509.ocsp import OCSPCertStatus, load_der_ocsp_response
from flask import Flask

from ledger.clock import Clock
from ocsp.routes.status import StatusDoor
from ocsp.serving import StatusServer
from tests.doubles import TurnedClock


class Heard(NamedTuple):
    """One HTTP response as a client read it; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Fast:
    """The server and its port. `tick` is its look at the clock, done in its own thread."""

    server: StatusServer
    port: int

    def tick(self) -> None:
        """Waits for what the loop was asked to do, too."""

        async def ticked() -> None:
            self.server.tick()

        asyncio.run_coroutine_threadsafe(ticked(), self.server.loop).result(10)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def ask(self, octets: bytes, *, bodiless: bool = False) -> Heard:
        with self.connect() as connection:
            connection.sendall(octets)
            return heard(connection, bodiless=bodiless)


@contextmanager
def fast(door: StatusDoor, clock: Clock, most_connections: int = 100) -> Iterator[Fast]:
    """A server which ticks when it is told to."""
    loop = uvloop.new_event_loop()
    server = StatusServer(door, loop, lambda: clock.now().timestamp(), most_connections)
    server.tick()
    port = socket.create_server(("127.0.0.1", 0))
    listening = loop.run_until_complete(loop.create_server(server.connect, sock=port))
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        yield Fast(server, port.getsockname()[1])
    finally:
        loop.call_soon_threadsafe(server.abort)
        loop.call_soon_threadsafe(listening.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def heard(connection: socket.socket, *, bodiless: bool = False) -> Heard:
    """The next response on the connection."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += _octets(connection, 1)
    first, *lines = head.decode().split("\r\n")[:-2]
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    status = int(first.split()[1])
    length = 0 if bodiless or status == 304 else int(headers.get("content-length", "0"))
    return Heard(status, headers, _octets(connection, length))


def _octets(connection: socket.socket, number: int) -> bytes:
    received = b""
    while len(received) < number:
        block = connection.recv(number - len(received))
        if not block:
            raise EOFError(f"the server closed after {received!r}")
        received += block
    return received


def closed(connection: socket.socket) -> bool:
    """Whether the server has ended the connection, read to its end."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return True


def seen(app: Flask, clock: TurnedClock) -> None:
    """Returns when the ledger was seen at this hour of the clock."""
    until = monotonic() + 20
    while app.extensions["ocsp"].store.looked_at < clock.now() and monotonic() < until:
        sleep(0.02)


def posted(body: bytes, lines: str = "", version: str = "1.1") -> bytes:
    return f"POST / HTTP/{version}\r\nHost: x\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body


def got(question: bytes, lines: str = "", method: str = "GET", version: str = "1.1") -> bytes:
    path = quote(b64encode(question).decode(), safe="")
    return f"{method} /{path} HTTP/{version}\r\nHost: x\r\n{lines}\r\n".encode()


def good(body: bytes) -> bool:
    return load_der_ocsp_response(body).certificate_status is OCSPCertStatus.GOOD
