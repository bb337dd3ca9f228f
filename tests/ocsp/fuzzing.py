"""What must hold of any octets: read as DER by us and by others, and as HTTP by the fast worker's connection."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from cryptography.x509 import ocsp as other
from prometheus_client import CollectorRegistry

from ocsp.book import Book
from ocsp.recognition import Question, Recognition
from ocsp.reply import Changed, Reply, refused
from ocsp.routes.status import StatusDoor
from ocsp.serving import StatusServer
from ocsp.table import key_of
from pki.errors import ParseError
from pki.ocsp import Refusal, StatusRequest, parse_request
from tests.ocsp.test_recognition import OFFICERS, asked
from web.connection import Connection
from web.heads import Head
from web.serving import MOST_CONNECTIONS

DER_SEEDS = [
    asked(0x33 << 112),
    asked(0x33 << 112, nonce=b"n" * 32),
    asked(1 << 126, "sha256"),
    asked(7, "sha512", null=False),
]
SEEDS = [
    *DER_SEEDS,
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(DER_SEEDS[0]), DER_SEEDS[0]),
    b'GET /MEowSDBGMEQwQjAJBgUrDgMCGgUABBQ%3D HTTP/1.1\r\nHost: x\r\nIf-None-Match: "a"\r\n\r\n',
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"HEAD /MEow HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\n\r\n",
]
RECOGNITION = Recognition()
_PIECES = 12
"""So many, or a few more, of seven octets or longer: what more would find is not worth the executions it costs."""


def read_as_der(octets: bytes) -> None:
    """Only ParseError is raised; what we read, others read too; what is recognised is what the parser reads."""
    try:
        request = parse_request(octets)
    except ParseError:
        assert RECOGNITION.find(octets) is None
        return
    found = RECOGNITION.find(octets)
    if len(request.certificates) == 1:
        _compare(octets, request)
        one = request.certificates[0]
        question = Question(OFFICERS, str(one.digest), one.der, key_of(one.serial_number), request.nonce)
        assert found in (None, question)
        if one.digest is not None:
            RECOGNITION.learn(octets, one, request.nonce, OFFICERS)
    else:
        assert found is None


def _compare(octets: bytes, request: StatusRequest) -> None:
    """The other reader is stricter about extensions that we leave alone, so it may refuse; it may not differ."""
    with suppress(ValueError, NotImplementedError):
        theirs = other.load_der_ocsp_request(octets)
        one = request.certificates[0]
        assert (theirs.serial_number, theirs.issuer_name_hash) == (one.serial_number, one.issuer_name_hash)
        assert theirs.issuer_key_hash == one.issuer_key_hash


PREPARED = frozenset(bytes([octet]) for octet in range(3, 256, 4))
"""Last octets of questions whose answers are prepared."""
PassOn = Callable[[Connection, Head, bytes], None]


class Mute:
    """Answers whatever it is asked with a refusal; of each four, one is not kept, but prepared."""

    def respond(self, request: bytes) -> Reply:
        reply = refused(Refusal.UNAUTHORIZED, "unauthorized")
        return reply if request[-1:] in PREPARED else reply._replace(keep_until=2e9)

    at_once = respond

    def prepared(self, request: bytes, _now: float) -> Reply | None:
        return self.respond(request) if request[-1:] in PREPARED else None

    def share(self, book: Book) -> None:
        """Keeps nothing."""

    def fresh_until(self) -> float:
        return 2e9

    def watch(self, changed: Changed) -> None:
        """Never changes."""


class Wire:
    """A transport that notes what is sent, and whether it is listened to."""

    def __init__(self) -> None:
        self.sent, self.closing, self.listening = b"", False, True

    def write(self, octets: bytes) -> None:
        assert not self.closing
        self.sent += octets

    def close(self) -> None:
        self.closing = True

    abort = close

    def is_closing(self) -> bool:
        return self.closing

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        """Half closed."""

    def pause_reading(self) -> None:
        self.listening = False

    def resume_reading(self) -> None:
        self.listening = True

    def get_extra_info(self, _name: str) -> tuple[str, int]:
        return "127.0.0.1", 1


def mute_server(
    pass_on: PassOn, seconds: Callable[[], float] = lambda: 1e9, most: int = MOST_CONNECTIONS
) -> StatusServer:
    """One that refuses every question, and passes on to `pass_on`; nothing of it runs by itself."""
    door = StatusDoor(Mute(), _nothing, {"/readyz"}, CollectorRegistry())
    server = StatusServer(door, asyncio.new_event_loop(), seconds, most)
    server.pass_on = pass_on  # type: ignore[method-assign, assignment]
    server.tick()
    return server


def _nothing(_environ: object, _start: object) -> list[bytes]:
    return []


def _pass_on(connection: Connection, head: Head, _body: bytes) -> None:
    connection.passed_back(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", keep_alive=head.keep_alive)


SERVER = mute_server(_pass_on)


def read_as_http(octets: bytes) -> bytes:
    """What goes back; nothing is raised, however the octets come in pieces, and the pieces make no difference."""
    step = max(7, len(octets) // _PIECES)
    whole, piecemeal = _fed([octets]), _fed([octets[at : at + step] for at in range(0, len(octets), step)])
    assert whole == piecemeal
    assert whole == b"" or whole.startswith(b"HTTP/1.1 ")
    return whole


def _fed(pieces: list[bytes]) -> bytes:
    SERVER.forget_now()
    SERVER.loop._ready.clear()  # type: ignore[attr-defined] # nobody runs this loop: what waits in it would pile up
    wire, connection = Wire(), SERVER.connect()
    connection.connection_made(wire)  # type: ignore[arg-type]
    for piece in pieces:
        if piece and not wire.closing:
            connection.data_received(piece)
            SERVER.turn()
    connection.connection_lost(None)
    return wire.sent.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")
