"""One connection's turns: each answer in its order, each octet where it belongs, each wait with an end."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from ocsp.serving import StatusServer
from pki.ocsp import Refusal
from tests.ocsp.fuzzing import Wire, mute_server
from web.connection import AT_A_TIME, DRAIN_SECONDS, HEAD_SECONDS, MOST_AHEAD, Connection
from web.heads import LONGEST_HEAD, Head

QUESTION = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde"
PREPARED = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcdg"
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
        self.server.turn()
        return self.wire.sent[before:]

    def later(self, seconds: float) -> None:
        """Time goes by, and the server looks at the clock."""
        self.seconds += seconds
        self.server.tick()

    def _waits(self, _connection: Connection, _head: Head, _body: bytes) -> None:
        """The application behind has not answered yet."""


def at_once(line: Line, question: bytes) -> bool:
    """Whether the question's answer needs no reading."""
    return question in line.server.kept or line.server.prepared(question, line.seconds) is not None


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.server.loop.close()


at_hand = pytest.mark.parametrize("question", [QUESTION, PREPARED], ids=["kept", "prepared"])


@at_hand
def test_a_question_whose_answer_is_at_hand_waits_for_the_answer_before_it(line: Line, question: bytes) -> None:
    line.says(question)
    line.says(ELSEWHERE)

    meanwhile = line.says(question)
    line.connection.passed_back(READY, keep_alive=True)

    assert at_once(line, question)
    assert meanwhile == b""
    assert line.wire.sent.partition(READY)[2].endswith(Refusal.UNAUTHORIZED.der)


@at_hand
def test_what_looks_like_a_question_at_hand_in_a_body_is_body(line: Line, question: bytes) -> None:
    line.says(question)
    line.says(CHUNKED + b"%x\r\n" % len(question))

    inside = line.says(question)
    after = line.says(b"\r\n0\r\n\r\n")

    assert at_once(line, question)
    assert inside == b""
    assert after.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("more", [PREPARED, PREPARED[:-1], b"x", ELSEWHERE])
def test_a_prepared_question_with_more_behind_it_is_read_with_what_is_behind_it(line: Line, more: bytes) -> None:
    alone = line.says(PREPARED)

    both = line.says(PREPARED + more)

    assert at_once(line, PREPARED)
    assert both == alone * (2 if more == PREPARED else 1)


def test_what_comes_in_one_turn_is_all_prepared_before_any_of_it_is_sent(line: Line) -> None:
    line.says(PREPARED)
    others = [_joined(line.server) for _ in range(3)]
    sent_before: list[int] = []
    prepared = line.server.prepared

    def noting(raw: bytes, now: float) -> bytes | None:
        sent_before.append(sum(len(wire.sent) for _, wire in others))
        return prepared(raw, now)

    line.server.prepared = noting  # type: ignore[method-assign]
    for connection, _ in others:
        connection.data_received(PREPARED)
    line.server.turn()

    assert sent_before == [0, 0, 0]
    assert {wire.sent for _, wire in others} == {line.wire.sent}


def test_the_loop_has_a_turn_for_what_was_gathered_and_one_alone(line: Line) -> None:
    for _ in range(2):
        line.connection.data_received(PREPARED)
        line.server.loop.run_until_complete(asyncio.sleep(0))

    assert line.wire.sent.count(Refusal.UNAUTHORIZED.der) == 2


@at_hand
def test_what_comes_behind_a_question_in_the_same_turn_is_answered_behind_it(line: Line, question: bytes) -> None:
    line.says(question)
    before = len(line.wire.sent)

    for octets in (ELSEWHERE, question[:20], question[20:]):
        line.connection.data_received(octets)
    line.server.turn()
    unanswered = line.wire.sent[before:]
    line.connection.passed_back(READY, keep_alive=True)

    assert unanswered == b""
    assert line.wire.sent[before:].startswith(READY)
    assert line.wire.sent[before:].count(b"HTTP/1.1") == 2


@at_hand
def test_who_sends_no_more_is_answered_before_the_end(line: Line, question: bytes) -> None:
    line.says(question)
    before = len(line.wire.sent)

    line.connection.data_received(question)
    kept_open = line.connection.eof_received()
    line.server.turn()

    assert kept_open
    assert line.wire.sent[before:].endswith(Refusal.UNAUTHORIZED.der)
    assert line.wire.closing


@pytest.mark.parametrize("paused_first", [True, False], ids=["he had stopped reading", "he stops reading then"])
def test_who_sends_no_more_and_reads_slowly_is_answered_all_that_he_asked(line: Line, *, paused_first: bool) -> None:
    line.says(PREPARED)
    before = len(line.wire.sent)
    line.connection.data_received(PREPARED * (AT_A_TIME + 2))
    line.server.turn()

    steps = [line.connection.pause_writing, line.connection.eof_received]
    for step in steps if paused_first else reversed(steps):
        step()
    line.server.loop.run_until_complete(asyncio.sleep(0))
    kept_open = not line.wire.closing
    line.connection.resume_writing()

    assert kept_open
    assert line.wire.sent[before:].count(Refusal.UNAUTHORIZED.der) == AT_A_TIME + 2
    assert line.wire.closing


@pytest.mark.parametrize("octets", [PREPARED, ELSEWHERE], ids=["prepared", "to be passed on"])
def test_who_is_gone_before_his_turn_is_in_nobodys_way(line: Line, octets: bytes) -> None:
    line.says(PREPARED)
    (gone, wire), (stays, answered) = (_joined(line.server) for _ in range(2))
    passed_on: list[bytes] = []
    line.server.pass_on = lambda *_: passed_on.append(octets)  # type: ignore[method-assign]

    gone.data_received(octets)
    stays.data_received(PREPARED)
    gone.connection_lost(None)
    line.server.turn()

    assert (wire.sent, passed_on) == (b"", [])
    assert answered.sent == line.wire.sent


@pytest.mark.parametrize("since", [0.0, 1.0], ids=["status is fresh", "status is not known to be fresh"])
def test_what_is_prepared_is_given_only_while_kept_replies_may_be(line: Line, since: float) -> None:
    line.says(PREPARED)
    given: list[bytes] = []
    line.server.prepared = lambda raw, _now: given.append(raw)  # type: ignore[method-assign, assignment]

    line.seconds += since
    line.says(PREPARED)

    assert given == ([] if since else [PREPARED])


@pytest.mark.parametrize(
    ("octets", "allowed"),
    [
        (CHUNKED + b"5\r\nab", HEAD_SECONDS),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\nab", DRAIN_SECONDS),
        (b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", DRAIN_SECONDS),
        (QUESTION + b"POST", HEAD_SECONDS),
    ],
    ids=["a body in chunks", "a body too long", "no HTTP", "a second request"],
)
def test_what_is_begun_or_refused_has_an_end_however_it_trickles(line: Line, octets: bytes, allowed: float) -> None:
    line.says(octets)

    line.later(allowed - 1)
    line.says(b"x")
    before = line.wire.closing
    line.later(2)

    assert (before, line.wire.closing) == (False, True)


def test_who_does_not_read_is_cut_off_though_all_he_asked_is_answered(line: Line) -> None:
    line.connection.pause_writing()
    line.says(b"")

    line.later(HEAD_SECONDS + 1)

    assert line.wire.closing


def test_who_waits_for_an_answer_is_not_listened_to_until_it_is_there(line: Line) -> None:
    line.says(ELSEWHERE)
    waiting = line.wire.listening

    line.connection.passed_back(READY, keep_alive=True)

    assert (waiting, line.wire.listening) == (False, True)


def test_who_neither_reads_nor_waits_any_more_is_listened_to_only_when_both_are_over(line: Line) -> None:
    line.says(ELSEWHERE)
    line.connection.pause_writing()

    line.connection.passed_back(READY, keep_alive=True)
    unread = line.wire.listening
    line.connection.resume_writing()

    assert (unread, line.wire.listening) == (False, True)


def test_an_answer_from_behind_may_take_its_time_though_more_was_asked(line: Line) -> None:
    line.says(ELSEWHERE + QUESTION)

    line.later(HEAD_SECONDS + 1)
    line.connection.passed_back(READY, keep_alive=True)

    assert line.wire.sent.startswith(READY)
    assert line.wire.sent.endswith(Refusal.UNAUTHORIZED.der)


def test_who_asks_is_heard_though_very_many_others_come_and_are_silent() -> None:
    seconds = [1e9]
    server = mute_server(lambda *_: None, lambda: seconds[0], most=600)
    asking = [_joined(server) for _ in range(500)]

    for number in range(1500):
        seconds[0] += 0.001
        _joined(server)
        if number % 50 == 0:
            for connection, wire in asking:
                if not wire.closing:
                    connection.data_received(QUESTION)
        server.turn()

    server.loop.close()
    assert sum(wire.closing for _, wire in asking) == 0
    assert len(server) == 600


def _joined(server: StatusServer) -> tuple[Connection, Wire]:
    connection, wire = server.connect(), Wire()
    wire.abort = partial(_lost, connection, wire)  # type: ignore[method-assign]
    connection.connection_made(wire)  # type: ignore[arg-type]
    return connection, wire


def _lost(connection: Connection, wire: Wire) -> None:
    wire.close()
    connection.connection_lost(None)


def test_nothing_is_answered_after_the_last_answer(line: Line) -> None:
    line.says(ELSEWHERE + QUESTION)

    line.connection.passed_back(READY, keep_alive=False)

    assert (line.wire.sent, line.wire.closing) == (READY, True)
    assert line.connection.idle


def test_who_is_still_shaking_hands_is_counted_and_who_never_gets_through_is_forgotten(line: Line) -> None:
    seen: list[int] = []
    line.server.sized = seen.append

    came, _fails = line.server.connect(), line.server.connect()
    line.server.loop.run_until_complete(asyncio.sleep(0))
    coming = seen[-1]
    came.connection_made(Wire())  # type: ignore[arg-type]
    there = seen[-1]
    line.later(HEAD_SECONDS + 1)

    assert (coming, there, seen[-1]) == (3, 3, 2)


def test_who_asks_much_ahead_has_his_turn_and_then_the_others_have_theirs(line: Line) -> None:
    at_once = line.says(QUESTION * (3 * AT_A_TIME + 1))
    resting = line.wire.listening

    line.server.loop.run_until_complete(_turns(3))

    answer = at_once[: len(at_once) // AT_A_TIME]
    assert at_once == answer * AT_A_TIME
    assert line.wire.sent == answer * (3 * AT_A_TIME + 1)
    assert (resting, line.wire.listening) == (False, True)
    assert line.connection.idle


async def _turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


@pytest.mark.parametrize("octets", [MOST_AHEAD, MOST_AHEAD + 1])
@pytest.mark.parametrize("why", ["an answer is awaited", "he does not read"])
def test_who_is_not_answered_yet_may_ask_so_much_ahead(line: Line, octets: int, why: str) -> None:
    if why == "he does not read":
        line.connection.pause_writing()
    line.says((b"" if line.connection._paused else ELSEWHERE) + QUESTION.ljust(octets, b"x"))

    assert line.wire.closing == (octets > MOST_AHEAD)


def test_empty_lines_before_a_request_are_each_looked_at_once(line: Line) -> None:
    copied: list[int] = []
    octets = _counting(b"\r\n" * 1000 + QUESTION, copied)

    line.says(octets)

    assert line.wire.sent.startswith(b"HTTP/1.1 200 OK")
    assert sum(copied) < 2 * len(octets)


def _counting(octets: bytes, copied: list[int]) -> bytes:
    """The same octets, which note how many of them are copied by slicing."""

    class Octets(bytes):
        def __radd__(self, _before: bytes) -> bytes:
            return self

        def __getitem__(self, index: Any) -> Any:
            found = super().__getitem__(index)
            copied.append(len(found) if isinstance(index, slice) else 0)
            return Octets(found) if isinstance(index, slice) else found

    return Octets(octets)


@pytest.mark.parametrize("length", [LONGEST_HEAD, LONGEST_HEAD + 1])
@pytest.mark.parametrize("step", [1, 1 << 20], ids=["octet by octet", "at once"])
def test_a_head_may_be_so_long_however_it_comes(line: Line, length: int, step: int) -> None:
    start, end = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nX: ", b"\r\n\r\n"
    octets = start.ljust(length - len(end), b"x") + end

    for at in range(0, length, step):
        if not line.wire.sent:
            line.says(octets[at : at + step])

    assert line.wire.sent.startswith(b"HTTP/1.1 200" if length == LONGEST_HEAD else b"HTTP/1.1 431")


def test_who_sends_no_more_is_let_go_when_all_he_asked_is_answered(line: Line) -> None:
    line.says(ELSEWHERE + QUESTION)

    stays = line.connection.eof_received()
    before = line.wire.closing
    line.connection.passed_back(READY, keep_alive=True)

    assert (stays, before, line.wire.closing) == (True, False, True)
    assert line.wire.sent.endswith(Refusal.UNAUTHORIZED.der)
