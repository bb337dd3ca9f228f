"""The address of a relying service: documents that the provider fetches, and what it sends there."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps
from threading import Thread
from time import monotonic, sleep
from typing import Any
from urllib.parse import parse_qs

from tests.conformance.description import Provider

SECONDS = 15.0


@dataclass(frozen=True)
class Received:
    """A POST as it came; the names of headers are in small letters."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body).items()}


@dataclass
class Listener:
    """At `url` it gives `documents` by path, and answers every POST by what `answers` has for its path."""

    url: str = ""
    documents: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    answers: dict[str, tuple[int, dict[str, str], str]] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    gotten: list[str] = field(default_factory=list)

    def publish(self, path: str, document: object, media_type: str = "application/json") -> str:
        """The document is at the address returned from now on."""
        text = document if isinstance(document, str) else dumps(document)
        self.documents[path] = (media_type, text.encode())
        return self.url + path

    def first(self, fits: Callable[[Received], bool]) -> Received:
        """The first POST that fits, waited for. Fails when none comes in time."""
        until = monotonic() + SECONDS
        while monotonic() < until:
            found = [one for one in self.received if fits(one)]
            if found:
                return found[0]
            sleep(0.05)
        raise AssertionError(f"nothing of the kind came: {self.received}")


@contextmanager
def listening(provider: Provider) -> Iterator[Listener]:
    """A listener on a port of its own, with a certificate that the provider trusts."""
    certificate, key, passphrase = provider.service_tls
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key, passphrase.read_text().strip())
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            listener.gotten.append(self.path)
            media_type, octets = listener.documents.get(self.path, ("text/plain", b""))
            self._answer(200 if octets else 404, {"Content-Type": media_type}, octets)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            listener.received.append(
                Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            )
            status, headers, text = listener.answers.get(self.path, (200, {}, ""))
            self._answer(status, headers, text.encode())

        def _answer(self, status: int, headers: dict[str, str], octets: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(octets))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    listener.url = f"https://localhost:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
