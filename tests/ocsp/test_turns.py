"""One connection's turns: each answer in its order, each octet where it belongs, each wait with an end."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from ocsp.connection import Connection
from ocsp.heads import Head
from pki.ocsp import Refusal
from tests.ocsp.fuzzing import Wire, mute_server

QUESTION = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde"
ELSEWHERE = b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
READY = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass
class Line:
    """A connection, what it sent, and the seconds it goes by; what is passed on waits for `passed_back`."""

    wire: Wire = field(default_factory=Wire)
    seconds: float = 1e9

    def __post_init__(self) -> None:
        self.server = mute_server(self._waits, lambda: self.seconds)
        self.connection = self.server.connect()
        self.connection.connection_made(self.wire)  # type: ignore[arg-type]

    def says(self, octets: bytes) -> bytes:
        """What goes back at once."""
        before = len(self.wire.sent)
        self.connection.data_received(octets)
        return self.wire.sent[before:]

    def later(self, seconds: float) -> None:
        """Time goes by, and the server looks at the clock."""
        self.seconds += seconds
        self.server.tick()

    def _waits(self, _connection: Connection, _head: Head, _body: bytes) -> None:
        """The application behind has not answered yet."""


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.server.loop.close()


def test_a_question_whose_answer_is_kept_waits_for_the_answer_before_it(line: Line) -> None:
    line.says(QUESTION)
    line.says(ELSEWHERE)

    meanwhile = line.says(QUESTION)
    line.connection.passed_back(READY, keep_alive=True)

    assert QUESTION in line.server.kept
    assert meanwhile == b""
    assert line.wire.sent.partition(READY)[2].endswith(Refusal.UNAUTHORIZED.der)


def test_what_looks_like_a_kept_question_in_a_body_is_body(line: Line) -> None:
    line.says(QUESTION)
    line.says(CHUNKED + b"%x\r\n" % len(QUESTION))

    inside = line.says(QUESTION)
    after = line.says(b"\r\n0\r\n\r\n")

    assert QUESTION in line.server.kept
    assert inside == b""
    assert after.startswith(b"HTTP/1.1 200 OK")
