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


def ask(server: StatusServer, number: int) -> bytes:
    """The octets of a request that is like no other number's; it is answered."""
    octets = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n%08d" % number
    connection, wire = server.connect(), Wire()
    connection.connection_made(wire)  # type: ignore[arg-type]
    connection.data_received(octets)
    connection.connection_lost(None)
    assert wire.sent
    return octets


def held(server: StatusServer) -> int:
    """Octets of all that is kept."""
    return sum(len(raw) + len(kept[0]) for kept_ in (server.kept, server._older) for raw, kept in kept_.items())


def test_octets_are_bounded_however_long_a_reply_is(server: StatusServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocsp.serving.MOST_KEPT_OCTETS", 500_000)

    most = 0
    for number in range(300):
        ask(server, number)
        most = max(most, held(server))

    assert 500_000 < most <= 1_000_000


def test_replies_are_bounded_however_short_they_are(
    server: StatusServer, wordy: Wordy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ocsp.serving.MOST_KEPT", 50)
    wordy.octets = 1

    most = 0
    for number in range(300):
        ask(server, number)
        most = max(most, len(server.kept) + len(server._older))

    assert most == 100


def test_what_is_asked_often_stays_though_much_else_is_asked(
    server: StatusServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ocsp.serving.MOST_KEPT_OCTETS", 500_000)

    for number in range(1, 300):
        often = ask(server, 0)
        ask(server, number)
        assert often in server.kept or often in server._older


def test_octets_are_counted_anew_after_all_was_forgotten(server: StatusServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocsp.serving.MOST_KEPT_OCTETS", 500_000)
    for number in range(40):
        ask(server, number)

    server.forget_now()
    for number in range(40):
        ask(server, number)

    assert (len(server.kept), server._older) == (40, {})
