"""Health and figures while strangers ask for what is not there, and while very many ask for health."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from ocsp.behind import MOST_STRANGERS
from ocsp.routes.status import StatusDoor
from tests.doubles import TurnedClock
from tests.ocsp.fuzzing import Mute
from tests.ocsp.serving import Fast, closed, fast, heard

READY, OTHER = b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
STRANGE = b"PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"


@dataclass
class House:
    """An application that notes what it is asked, and is as slow as it is told to be."""

    asked: list[str] = field(default_factory=list)
    strangers: Event = field(default_factory=Event)
    health: Event = field(default_factory=Event)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        path = environ["PATH_INFO"]
        self.asked.append(path)
        if path in {"/x", "/readyz"}:
            (self.strangers if path == "/x" else self.health).wait(20)
        start_response("200 OK", [("Content-Type", "text/plain"), ("X-Request-ID", str(len(self.asked)))])
        return [path.encode()]


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    house.strangers.set()
    house.health.set()


@pytest.fixture
def server(house: House, clock: TurnedClock) -> Iterator[Fast]:
    door = StatusDoor(Mute(), house, {"/readyz", "/healthz"}, CollectorRegistry())
    with fast(door, clock, most_connections=1000) as server:
        yield server


def asking(server: Fast, octets: bytes, number: int, stack: ExitStack) -> list[socket.socket]:
    """So many connections, each with one request under way."""
    found = [stack.enter_context(server.connect()) for _ in range(number)]
    for one in found:
        one.sendall(octets)
    return found


def until(so: Callable[[], bool]) -> None:
    """Returns when it is so."""
    patience = monotonic() + 20
    while not so():
        assert monotonic() < patience
        sleep(0.01)


def test_health_is_told_while_strangers_wait_in_every_place_there_is(server: Fast, house: House) -> None:
    house.health.set()
    with ExitStack() as stack:
        strangers = asking(server, STRANGE, MOST_STRANGERS, stack)
        until(lambda: server.server._behind._at_work == MOST_STRANGERS)
        one_more = server.ask(STRANGE)
        told = [server.ask(READY) for _ in range(3)]
        house.strangers.set()
        answers = [heard(one) for one in strangers]

    assert one_more.status == 503
    assert [(one.status, one.body) for one in told] == [(200, b"/readyz")] * 3
    assert {(one.status, one.body) for one in answers} == {(200, b"/x")}


def test_all_who_ask_for_health_at_a_time_are_answered_by_one_call_that_began_after(server: Fast, house: House) -> None:
    with ExitStack() as stack:
        (first,) = asking(server, READY, 1, stack)
        until(lambda: house.asked == ["/readyz"])
        others = asking(server, READY, 5 * MOST_STRANGERS, stack)
        other_page = server.ask(OTHER)
        until(lambda: server.server._behind.own.waiting("/readyz") == len(others))
        house.health.set()
        answers = [heard(one) for one in (first, *others)]

    assert other_page.body == b"/healthz"
    assert [one.body for one in answers] == [b"/readyz"] * len(answers)
    assert house.asked.count("/readyz") == 2
    assert {one.headers["x-request-id"] for one in answers[1:]} == {"3"}


@pytest.mark.parametrize(
    ("octets", "body", "ends"),
    [
        (READY, b"/readyz", False),
        (READY.replace(b"GET", b"HEAD"), b"", False),
        (READY.replace(b"Host", b"Connection: close\r\nHost"), b"/readyz", True),
        (READY.replace(b"1.1", b"1.0"), b"/readyz", True),
        (READY.replace(b"/readyz", b"/readyz?x=1"), b"/readyz", False),
        (READY.replace(b"Host", b"Content-Length: 1\r\nHost") + b"x", b"/readyz", False),
    ],
    ids=["GET", "HEAD", "close", "HTTP/1.0", "a query", "a body"],
)
def test_each_who_waits_is_answered_in_his_own_manner(
    server: Fast, house: House, octets: bytes, body: bytes, *, ends: bool
) -> None:
    house.health.set()
    with server.connect() as connection:
        connection.sendall(octets)
        answer = heard(connection, bodiless=octets.startswith(b"HEAD"))
        assert (answer.status, answer.body, answer.headers["content-length"]) == (200, body, "7")
        assert answer.headers["connection"] == ("close" if ends else "keep-alive")
        if ends:
            assert closed(connection)
        else:
            connection.sendall(READY)
            assert heard(connection).body == b"/readyz"
