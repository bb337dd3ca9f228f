"""What the fast worker keeps: as many octets as it may, whatever one reply has, and what is asked often."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from prometheus_client import CollectorRegistry

from ocsp.reply import Reply
from ocsp.routes.status import StatusDoor
from ocsp.serving import StatusServer
from tests.ocsp.fuzzing import Mute, Wire

KEPT_UNTIL = 2e9


@dataclass
class Wordy(Mute):
    """Whatever is asked, the answer has so many octets."""

    octets: int

    def at_once(self, _request: bytes) -> Reply:
        return Reply(bytes(self.octets), "good", b"", keep_until=KEPT_UNTIL)

    def prepared(self, _request: bytes, _now: float) -> None:
        """Nothing."""


@pytest.fixture
def wordy() -> Wordy:
    return Wordy(10_000)


@pytest.fixture
def server(wordy: Wordy) -> Iterator[StatusServer]:
    door = StatusDoor(wordy, lambda _environ, _start: [], {"/readyz"}, CollectorRegistry())
    server = StatusServer(door, asyncio.new_event_loop(), lambda: 1e9)
    server.tick()
    yield server
    server.abort()
    server.loop.close()


def ask(server: StatusServer, number: int, lines: bytes = b"Host: x\r\nContent-Length: 8") -> bytes:
    """What a question is answered by, whose body is like no other number's."""
    answer = said(server, b"POST / HTTP/1.1\r\n" + lines + b"\r\n\r\n" + _body(number))
    assert answer
    return answer


def said(server: StatusServer, octets: bytes) -> bytes:
    """What goes back to who says this."""
    connection, wire = server.connect(), Wire()
    connection.connection_made(wire)  # type: ignore[arg-type]
    connection.data_received(octets)
    server.turn()
    connection.connection_lost(None)
    return wire.sent


def _body(number: int) -> bytes:
    return b"%08d" % number


def test_a_question_is_known_again_whatever_lines_stand_before_it(server: StatusServer, wordy: Wordy) -> None:
    heads = (b"Host: x\r\nContent-Type: application/ocsp-request\r\nContent-Length: 8", b"Content-Length: 8\r\nHost: y")
    first = ask(server, 7, heads[0])

    wordy.octets = 1

    assert [ask(server, 7, lines) for lines in (*heads, *heads)] == [first] * 4


@pytest.mark.parametrize("close", [b"", b"\r\nConnection: close"])
def test_only_who_asks_plainly_is_answered_by_what_was_kept(server: StatusServer, close: bytes) -> None:
    ask(server, 7)

    assert ask(server, 7, b"Content-Length: 8\r\nHost: x" + close).count(b"\r\nConnection: close") == bool(close)


@pytest.mark.parametrize("octets", [b"%08d" % 7, b"POST / %08d" % 7, b"0\r\n\r\n%08d" % 7])
def test_a_question_without_http_is_no_question(server: StatusServer, octets: bytes) -> None:
    ask(server, 7)

    assert said(server, octets).startswith(b"HTTP/1.1 400") or said(server, octets) == b""


def held(server: StatusServer) -> int:
    """Octets of all that is kept."""
    recent = server.bodies
    return sum(len(body) + len(kept[0]) for some in (recent.newer, recent.older) for body, kept in some.items())


def test_octets_are_bounded_however_long_a_reply_is(server: StatusServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocsp.recent.MOST_KEPT_OCTETS", 500_000)

    most = 0
    for number in range(300):
        ask(server, number)
        most = max(most, held(server))

    assert 500_000 < most <= 1_000_000


def test_replies_are_bounded_however_short_they_are(
    server: StatusServer, wordy: Wordy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ocsp.recent.MOST_KEPT", 50)
    wordy.octets = 1

    most = 0
    for number in range(300):
        ask(server, number)
        most = max(most, len(server.bodies.newer) + len(server.bodies.older))

    assert most == 100


def test_what_is_asked_often_stays_though_much_else_is_asked(
    server: StatusServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ocsp.recent.MOST_KEPT_OCTETS", 500_000)

    for number in range(1, 300):
        ask(server, 0)
        ask(server, number)
        often = _body(0)
        assert often in server.bodies.newer or often in server.bodies.older


def test_octets_are_counted_anew_after_all_was_forgotten(server: StatusServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocsp.recent.MOST_KEPT_OCTETS", 500_000)
    for number in range(40):
        ask(server, number)

    server.forget_now()
    for number in range(40):
        ask(server, number)

    assert (len(server.bodies.newer), server.bodies.older) == (40, {})
