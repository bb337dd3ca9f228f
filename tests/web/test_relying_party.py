"""The fetcher against a server of its own on loopback."""

from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from socket import socket
from threading import Thread
from time import monotonic, sleep

import pytest

from web.relying_party import Fetcher, OutboundFailed, OutboundRefused
from web.settings import LOOPBACK


class Answers(BaseHTTPRequestHandler):
    """Answers by path."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind = self.headers["Content-Type"]
        self._say(200, f"{kind} {self.headers['Host'].split(':')[0]} ".encode() + body)

    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/large")
            self.end_headers()
        elif self.path == "/large":
            self._say(200, b"x" * 5000)
        elif self.path == "/silent":
            self.rfile.read(1)
        elif self.path == "/slow-head":
            self._dribble(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        elif self.path == "/slow-body":
            self._dribble(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n")
        elif self.path == "/slow-end":
            self._dribble(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        else:
            self._say(404, b"no")

    def _dribble(self, beginning: bytes) -> None:
        self.wfile.write(beginning)
        with suppress(OSError):
            for _ in range(30):
                self.wfile.write(b"x")
                sleep(0.1)

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "Text/Plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher((ip_network("127.0.0.0/8"),), seconds=0.5, octets=4096)


def test_a_post_brings_back_status_type_and_body(fetcher: Fetcher, port: int) -> None:
    answer = fetcher.post(f"http://localhost:{port}/x", b"body", "application/ocsp-request")

    assert answer.status == 200
    assert answer.media_type == "text/plain"
    assert answer.body == b"application/ocsp-request localhost body"


def test_a_redirect_is_not_followed(fetcher: Fetcher, port: int) -> None:
    answer = fetcher.get(f"http://127.0.0.1:{port}/moved")

    assert answer.status == 302
    assert answer.body == b""


def test_more_than_the_limit_is_not_read(fetcher: Fetcher, port: int) -> None:
    with pytest.raises(OutboundFailed, match="more than 4096 octets"):
        fetcher.get(f"http://127.0.0.1:{port}/large")


def test_a_silent_server_is_given_up(fetcher: Fetcher, port: int) -> None:
    with pytest.raises(OutboundFailed, match=r"more than 0\.5 seconds"):
        fetcher.get(f"http://127.0.0.1:{port}/silent")


@pytest.mark.parametrize("path", ["slow-head", "slow-body", "slow-end"])
def test_a_server_that_sends_an_octet_now_and_then_is_given_up_in_the_same_time(
    fetcher: Fetcher, port: int, path: str
) -> None:
    begun = monotonic()

    with pytest.raises(OutboundFailed, match=r"more than 0\.5 seconds"):
        fetcher.get(f"http://127.0.0.1:{port}/{path}")

    assert monotonic() - begun < 2


def test_a_tls_handshake_that_never_ends_is_given_up_in_the_same_time(fetcher: Fetcher) -> None:
    with socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        Thread(target=dribble_handshake, args=(listening,), daemon=True).start()
        begun = monotonic()

        with pytest.raises(OutboundFailed, match=r"more than 0\.5 seconds"):
            fetcher.get(f"https://127.0.0.1:{listening.getsockname()[1]}/")

        assert monotonic() - begun < 2


def dribble_handshake(listening: socket) -> None:
    """The beginning of a TLS record of 16 KiB, an octet at a time."""
    connected, _ = listening.accept()
    with connected, suppress(OSError):
        connected.sendall(b"\x16\x03\x03\x3f\xff")
        for _ in range(30):
            connected.sendall(b"\x02")
            sleep(0.1)


def test_a_body_is_wanted_only_with_status_200(fetcher: Fetcher, port: int) -> None:
    assert fetcher.body_of_post(f"http://127.0.0.1:{port}/x", b"1", "a/b") == b"a/b 127.0.0.1 1"


@pytest.mark.parametrize("allow", [(), (ip_network("10.0.0.0/8"),), (ip_network("::1/128"),)])
def test_an_address_outside_the_networks_is_refused(port: int, allow: tuple[object, ...]) -> None:
    with pytest.raises(OutboundRefused, match="LAOTRUST_OUTBOUND_ALLOW"):
        Fetcher(allow).get(f"http://127.0.0.1:{port}/")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "http://", "https://somebody@127.0.0.1/", "http://[::ffff:10.0.0.1]/"],
)
def test_an_address_that_is_none_of_ours_is_refused(url: str) -> None:
    with pytest.raises(OutboundRefused):
        Fetcher(LOOPBACK).get(url)


def test_an_ipv4_address_dressed_as_ipv6_is_judged_as_what_it_is() -> None:
    with pytest.raises(OutboundRefused):
        Fetcher((ip_network("::/0"),)).get("http://[::ffff:127.0.0.1]:1/")


def test_nobody_listening_is_a_failure_that_can_be_tried_again(fetcher: Fetcher, port: int) -> None:
    with pytest.raises(OutboundFailed):
        fetcher.get("http://127.0.0.1:1/")


def test_every_failure_is_an_os_error() -> None:
    assert issubclass(OutboundRefused, OSError)
    assert issubclass(OutboundFailed, OSError)
