"""What is the same for all: who has it already is told so without the application behind."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest
from flask import Flask, Response, request

from tests.ocsp.fuzzing import Wire
from web import loop_serving
from web.heads import Head
from web.loop_serving import KEPT_SECONDS, MOST_BEHIND, Asked, Leaving, LoopServer

FOR_ALL = "/keys"


class Door:
    """Nothing but what is for all, and what was given of it."""

    def __init__(self) -> None:
        self.given: list[tuple[str, int, int]] = []

    def takes(self, _method: str, target: str) -> bool:
        return target == FOR_ALL

    def shares(self, _method: str, _target: str) -> bool:
        return False

    def is_for_all(self, target: str) -> bool:
        return target == FOR_ALL

    def round(self, requests: Sequence[Asked | Leaving]) -> list[bytes | Leaving | None]:
        raise AssertionError(requests)

    def gave_again(self, target: str, status: int, number: int) -> None:
        self.given.append((target, status, number))


class Line:
    """A connection to a server over an application that counts how often it was asked."""

    def __init__(self) -> None:
        self.said, self.status, self.asked, self.seconds = "one", 200, 0, 1e9
        self.door = Door()
        self.server = LoopServer(
            self.door, self._application(), asyncio.new_event_loop(), lambda: self.seconds, threads=1, scheme="https"
        )
        self.server.tick()
        self.wire = Wire()
        self.connection = self.server.connect()
        self.connection.connection_made(self.wire)  # type: ignore[arg-type]

    def asks(self, none_match: str = "") -> tuple[str, bytes]:
        """The status and the tag of the answer."""
        before = len(self.wire.sent)
        condition = f"If-None-Match: {none_match}\r\n" if none_match else ""
        self.connection.data_received(f"GET {FOR_ALL} HTTP/1.1\r\nHost: x\r\n{condition}\r\n".encode())
        while len(self.wire.sent) == before:
            self.server.loop.run_until_complete(asyncio.sleep(0.001))
        head, _, body = self.wire.sent[before:].partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        tags = [line.partition(": ")[2] for line in lines if line.startswith("ETag:")]
        assert lines[0].startswith("HTTP/1.1 200") == bool(body)
        return lines[0].split(" ")[1], tags[0].encode()

    def later(self, seconds: float) -> None:
        self.seconds += seconds
        self.server.tick()

    def _application(self) -> Flask:
        app = Flask(__name__)

        @app.get(FOR_ALL)
        def keys() -> Response:
            self.asked += 1
            response = Response(self.said, self.status)
            response.set_etag(self.said, weak=True)
            return response.make_conditional(request)  # type: ignore[return-value]

        return app


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.server.abort()
    line.server.loop.close()


def test_who_has_it_already_is_told_so_and_nobody_else_is_asked(line: Line) -> None:
    first = line.asks()

    again = [line.asks('W/"one"'), line.asks('"one"'), line.asks('"other", W/"one"'), line.asks("*")]
    line.later(1)

    assert (first, set(again)) == (("200", b'W/"one"'), {("304", b'W/"one"')})
    assert line.asked == 1
    assert (FOR_ALL, 304, 4) in line.door.given


def test_who_has_something_else_gets_what_there_is(line: Line) -> None:
    line.asks()

    assert line.asks('W/"other"') == ("200", b'W/"one"')


def test_what_has_changed_is_given_to_who_has_what_was_before(line: Line) -> None:
    line.asks()
    line.said = "two"

    line.later(KEPT_SECONDS)

    assert line.asks('W/"one"') == ("200", b'W/"two"')


def _at_once(line: Line, number: int) -> list[bytes]:
    """What each is sent of several who ask the very same at one time."""
    wires = [Wire() for _ in range(number)]
    for wire in wires:
        connection = line.server.connect()
        connection.connection_made(wire)  # type: ignore[arg-type]
        connection.data_received(f"GET {FOR_ALL} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    while not all(wire.sent for wire in wires):
        line.server.loop.run_until_complete(asyncio.sleep(0.001))
    return [bytes(wire.sent) for wire in wires]


def test_of_many_who_ask_the_same_at_once_the_application_is_asked_by_one(line: Line) -> None:
    sent = _at_once(line, 5)

    line.later(0.5)
    assert [one.partition(b"\r\n\r\n")[2] for one in sent] == [b"one"] * 5
    assert {one.partition(b"\r\n")[0] for one in sent} == {b"HTTP/1.1 200 OK"}
    assert (line.asked, line.door.given) == (1, [])
    line.later(0.5)
    assert line.door.given == [(FOR_ALL, 200, 4)]


def test_what_is_not_kept_is_asked_by_each(line: Line) -> None:
    line.status = 500

    sent = _at_once(line, 5)

    assert {one.partition(b"\r\n")[0] for one in sent} == {b"HTTP/1.1 500 INTERNAL SERVER ERROR"}
    assert line.asked == 5


def test_a_tag_is_known_also_where_nobody_asked_for_the_whole(line: Line) -> None:
    found = [line.asks('W/"one"'), line.asks('W/"one"')]

    assert (found, line.asked) == ([("304", b'W/"one"')] * 2, 1)


def test_an_answer_is_not_mixed_up_with_that_of_another_address(line: Line) -> None:
    line.asks()
    head = Head("GET", "/other", 0, keep_alive=True, expects=False, modern=True, none_match='W/"one"', lines=())

    assert line.server._unchanged(head, line.seconds) is None


def test_health_is_told_while_strangers_wait_in_every_place_there_is() -> None:
    app, loop, go = Flask(__name__), asyncio.new_event_loop(), Event()

    @app.get("/slow")
    def slow() -> str:
        return str(go.wait(20))

    @app.get("/readyz")
    def readyz() -> str:
        return "well"

    server = LoopServer(Door(), app, loop, lambda: 1e9, threads=1, scheme="https")
    server.tick()
    strangers = [_asking(server, "/slow") for _ in range(MOST_BEHIND + 1)]
    health = [_asking(server, path) for path in ("/readyz", "/readyz?x=1")]
    while not all(wire.sent for wire in health):
        loop.run_until_complete(asyncio.sleep(0.001))
    busy = sum(wire.sent.startswith(b"HTTP/1.1 503") for wire in strangers)
    go.set()
    while not all(wire.sent for wire in strangers):
        loop.run_until_complete(asyncio.sleep(0.001))
    server.abort()
    loop.close()

    assert busy == 1
    assert [wire.sent[-4:] for wire in health] == [b"well"] * 2


def _asking(server: LoopServer, path: str) -> Wire:
    """A connection of its own with one request under way."""
    wire, connection = Wire(), server.connect()
    connection.connection_made(wire)  # type: ignore[arg-type]
    connection.data_received(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return wire


class Rounds(Door):
    """A door by which all is answered in rounds; the first waits until `go`."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []
        self.go = Event()

    def takes(self, _method: str, _target: str) -> bool:
        return True

    def is_for_all(self, _target: str) -> bool:
        return False

    def round(self, requests: Sequence[Asked | Leaving]) -> list[bytes | Leaving | None]:
        self.sizes.append(len(requests))
        assert self.go.wait(10)
        return [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" for _ in requests]


class Client(Wire):
    """Asks, and as soon as it is answered asks again, so many times in all."""

    def __init__(self, server: LoopServer, times: int = 2) -> None:
        super().__init__()
        self._loop, self._times, self._all = server.loop, times, times
        self._connection = server.connect()
        self._connection.connection_made(self)  # type: ignore[arg-type]
        self.ask()

    @property
    def done(self) -> bool:
        """Whether it has been answered, and asks no more."""
        return not self._times and self.sent.count(b"200 OK") == self._all

    def ask(self) -> None:
        if self._times:
            self._times -= 1
            self._connection.data_received(b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")

    def write(self, octets: bytes) -> None:
        super().write(octets)
        self._loop.call_soon(self.ask)


def test_the_next_round_waits_for_those_who_were_just_answered_if_they_were_more() -> None:
    door, loop = Rounds(), asyncio.new_event_loop()
    server = LoopServer(door, Flask(__name__), loop, lambda: 1e9, threads=1, scheme="https")
    server.tick()

    clients = [Client(server) for _ in range(3)]
    loop.run_until_complete(asyncio.sleep(0))  # the first round begins
    clients.append(Client(server))
    door.go.set()
    loop.run_until_complete(asyncio.sleep(0.2))
    server.abort()
    loop.close()

    assert door.sizes == [3, 4, 1]
    assert [client.sent.count(b"200 OK") for client in clients] == [2] * 4


def test_clients_in_two_halves_that_take_turns_are_one_round_again() -> None:
    door, loop = Rounds(), asyncio.new_event_loop()
    server = LoopServer(door, Flask(__name__), loop, lambda: 1e9, threads=1, scheme="https")
    server.tick()

    clients = [Client(server) for _ in range(3)]
    loop.run_until_complete(asyncio.sleep(0))  # the first round begins
    clients += [Client(server) for _ in range(3)]
    door.go.set()
    _until_answered(loop, clients)
    server.abort()
    loop.close()

    assert door.sizes == [3, 6, 3]
    assert [client.sent.count(b"200 OK") for client in clients] == [2] * 6


def test_who_asks_alone_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_serving, "GATHERING", 60.0)
    monkeypatch.setattr(loop_serving, "MOST_GATHERING", 60.0)
    door, loop = Rounds(), asyncio.new_event_loop()
    door.go.set()
    server = LoopServer(door, Flask(__name__), loop, lambda: 1e9, threads=1, scheme="https")
    server.tick()

    clients = [Client(server)]
    _until_answered(loop, clients)
    server.abort()
    loop.close()

    assert door.sizes == [1, 1]
    assert [client.sent.count(b"200 OK") for client in clients] == [2]


def test_who_was_answered_and_asks_no_more_is_waited_for_no_longer_than_patience_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop_serving, "MOST_GATHERING", 0.05)
    monkeypatch.setattr(loop_serving, "PART", 1.0)
    door, loop = Rounds(), asyncio.new_event_loop()
    server = LoopServer(door, Flask(__name__), loop, lambda: 1e9, threads=1, scheme="https")
    server.tick()

    clients = [Client(server), Client(server, times=1)]
    loop.run_until_complete(asyncio.sleep(0.06))
    door.go.set()
    _until_answered(loop, clients)
    server.abort()
    loop.close()

    assert door.sizes == [2, 1]
    assert [client.sent.count(b"200 OK") for client in clients] == [2, 1]


def _until_answered(loop: asyncio.AbstractEventLoop, clients: Sequence[Client]) -> None:
    """Each has got all that it asks for, at the latest after ten seconds."""
    for _ in range(1000):
        if all(client.done for client in clients):
            return
        loop.run_until_complete(asyncio.sleep(0.01))


def test_a_body_too_long_for_a_round_is_not_busy_but_what_its_view_says() -> None:
    app, loop = Flask(__name__), asyncio.new_event_loop()

    @app.post("/token")
    def token() -> str:
        return f"{len(request.get_data())} octets"

    server = LoopServer(Rounds(), app, loop, lambda: 1e9, threads=1, scheme="https")
    server.tick()
    wire, connection = Wire(), server.connect()
    connection.connection_made(wire)  # type: ignore[arg-type]
    connection.data_received(b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n" + bytes(70_000))
    while not wire.sent:
        loop.run_until_complete(asyncio.sleep(0.001))
    server.abort()
    loop.close()

    assert (wire.sent.split(b"\r\n")[0], wire.sent[-12:]) == (b"HTTP/1.1 200 OK", b"70000 octets")


class Reckoner(Door):
    """A door by which pages are shared; each leaves its first round to reckon, and the second answers it."""

    def __init__(self) -> None:
        super().__init__()
        self.rounds: list[list[str]] = []

    def shares(self, method: str, target: str) -> bool:
        return (method, target) == ("POST", "/page")

    def round(self, requests: Sequence[Asked | Leaving]) -> list[bytes | Leaving | None]:
        self.rounds.append([type(one).__name__ for one in requests])
        return [Reckoning(one) if isinstance(one, Asked) else self._answer(one) for one in requests]

    def _answer(self, leaving: Leaving) -> bytes:
        assert isinstance(leaving, Reckoning)
        said = f"{leaving.asked.address} {leaving.asked.body.decode()} {leaving.reckoned}"
        return f"HTTP/1.1 200 OK\r\nContent-Length: {len(said)}\r\n\r\n{said}".encode()


class Named(Wire):
    def get_extra_info(self, _name: str) -> tuple[str, int]:
        return "192.0.2.1", 1


class Reckoning:
    def __init__(self, asked: Asked) -> None:
        self.asked, self.reckoned = asked, False

    def run(self) -> None:
        self.reckoned = True


def test_a_page_that_reckons_leaves_its_round_and_is_answered_by_a_later_one_as_it_is() -> None:
    door, loop = Reckoner(), asyncio.new_event_loop()
    server = LoopServer(door, Flask(__name__), loop, lambda: 1e9, threads=1, scheme="https")
    server.tick()
    wire = Named()
    connection = server.connect()
    connection.connection_made(wire)  # type: ignore[arg-type]

    connection.data_received(b"POST /page HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nall")
    loop.run_until_complete(asyncio.sleep(0.2))
    server.abort()
    loop.close()

    assert (
        wire.sent
        == f"HTTP/1.1 200 OK\r\nContent-Length: {len('192.0.2.1 all True')}\r\n\r\n192.0.2.1 all True".encode()
    )
    assert door.rounds == [["Asked"], ["Reckoning"]]


class Away:
    """Waits for another process."""

    def __init__(self, asked: Asked) -> None:
        self.asked, self.told = asked, Future[None]()

    def run(self) -> None:
        raise AssertionError("who waits for another process takes no thread")


class Awaiter(Reckoner):
    """A door whose pages leave their first round until another process has done something."""

    def __init__(self) -> None:
        super().__init__()
        self.away: list[Away] = []

    def round(self, requests: Sequence[Asked | Leaving]) -> list[bytes | Leaving | None]:
        self.rounds.append([type(one).__name__ for one in requests])
        said: list[bytes | Leaving | None] = []
        for one in requests:
            if isinstance(one, Asked):
                self.away.append(Away(one))
            said.append(self.away[-1] if isinstance(one, Asked) else b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        return said


def waits(server: LoopServer) -> Named:
    wire = Named()
    connection = server.connect()
    connection.connection_made(wire)  # type: ignore[arg-type]
    connection.data_received(b"POST /page HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nall")
    return wire


def test_who_waits_for_another_process_is_answered_when_it_is_told_and_nobody_waits_for_him() -> None:
    door, loop = Awaiter(), asyncio.new_event_loop()
    server = LoopServer(door, Flask(__name__), loop, lambda: 1e9, threads=1, scheme="http")
    server.tick()
    first, second = waits(server), waits(server)
    loop.run_until_complete(asyncio.sleep(0.05))
    third = waits(server)
    loop.run_until_complete(asyncio.sleep(0.05))
    assert (first.sent, door.rounds, server._expected) == (b"", [["Asked"] * 2, ["Asked"]], 0)

    with ThreadPoolExecutor(1) as other:
        for one in door.away[:2]:
            other.submit(one.told.set_result, None)
    loop.run_until_complete(asyncio.sleep(0.1))
    server.abort()
    loop.close()

    assert [wire.sent[:15] for wire in (first, second, third)] == [b"HTTP/1.1 200 OK"] * 2 + [b""]
    assert sum(map(len, door.rounds[2:])) == 2
    door.away[2].told.set_result(None)  # the loop has ended: nobody hears, and nothing breaks


def test_who_waits_for_another_process_counts_among_those_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_serving, "MOST_WAITING", 2)
    door, loop = Awaiter(), asyncio.new_event_loop()
    server = LoopServer(door, Flask(__name__), loop, lambda: 1e9, threads=1, scheme="http")
    server.tick()
    for _ in range(2):
        waits(server)
    loop.run_until_complete(asyncio.sleep(0.05))

    refused = waits(server)
    loop.run_until_complete(asyncio.sleep(0.05))
    server.abort()
    loop.close()

    assert refused.sent.startswith(b"HTTP/1.1 503 ")


def test_no_more_than_may_be_together_are_in_a_round() -> None:
    door, loop = Awaiter(), asyncio.new_event_loop()
    server = LoopServer(door, Flask(__name__), loop, lambda: 1e9, threads=1, scheme="http", together=2)
    server.tick()
    for _ in range(5):
        waits(server)
    loop.run_until_complete(asyncio.sleep(0.1))
    server.abort()
    loop.close()

    assert max(map(len, door.rounds)) == 2
    assert sum(map(len, door.rounds)) == 5
