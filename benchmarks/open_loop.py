"""Load that does not wait: questions go out when their time has come, whether or not others were answered.

A generator that waits for answers sends less when the server is slow and so hides how long others would have waited;
here each answer's time counts from when its question was due. It never sleeps, for a sleep ends late by more than an
answer takes: give it a core of its own.
"""

import asyncio
import re
import select
import socket
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from time import perf_counter

_ANSWERED = b"HTTP/1.1 200"
_PATIENCE = 0.5
"""Seconds after the last question in which answers are still waited for, and that a connection may take no more."""
SHARE = 0.8
"""Of a peak, at which waiting is looked at: two steps of a climb below it."""
_LEAST, _STEP, _TRY, _HOPELESS = 6_000, SHARE**-0.5, 0.5, 0.2
"""A climb begins at the first, questions a second, goes up by the second, and tries each rate for the third, in
seconds; it ends when at two rates in turn the fourth, of what was asked, was without an answer at the end."""


@dataclass(frozen=True)
class Waited:
    """What was seen: questions asked and answered, and seconds waited at the median and the 99th of a hundred."""

    asked: int
    answered: int
    behind: int
    """Questions without an answer when the last was asked."""
    median: float
    p99: float


def load(port: int, questions: Sequence[bytes], rate: float, seconds: float, connections: int = 32) -> Waited:
    """Asks `questions`, whole HTTP requests, over and over at `rate` a second, and does nothing else meanwhile."""
    asked, total = 0, int(rate * seconds)
    waits: list[float] = []
    with ExitStack() as stack:
        opened = (socket.create_connection(("127.0.0.1", port), _PATIENCE) for _ in range(connections))
        lines = [_Line(stack.enter_context(one)) for one in opened]
        heard = stack.enter_context(select.epoll(connections))
        by_number = {line.socket.fileno(): line for line in lines}
        for number in by_number:
            heard.register(number, select.EPOLLIN)
        began, behind = perf_counter(), total
        while len(waits) < total and (now := perf_counter()) < began + seconds + _PATIENCE:
            due = began + asked / rate
            if asked < total and due <= now:
                lines[asked % connections].ask(questions[asked % len(questions)], due)
                asked += 1
                behind = asked - len(waits)
            for number, _ in heard.poll(0):
                waits += by_number[number].hear()
    ordered = sorted(waits) or [float("inf")]
    return Waited(asked, len(waits), behind, ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100])


def climb(port: int, questions: Sequence[bytes], connections: int = 32) -> Iterator[tuple[float, Waited]]:
    """Rates, each higher than the one before by the same share, and what was seen at each, until two were hopeless."""
    rate, hopeless = float(_LEAST), 0
    while hopeless < 2:
        seen = load(port, questions, rate, _TRY, connections)
        yield rate, seen
        hopeless = hopeless + 1 if seen.behind > _HOPELESS * seen.asked else 0
        rate *= _STEP


def each(port: int, questions: Sequence[bytes], connections: int = 32) -> list[bytes]:
    """The body of the answer to each question, a whole HTTP request, asked once. Raises if one has another status."""
    return asyncio.run(_each(port, questions, connections))


@dataclass
class _Line:
    """A connection, and when the questions were due that it has not answered."""

    socket: socket.socket
    due: deque[float] = field(default_factory=deque)
    tail: bytes = b""

    def ask(self, question: bytes, due: float) -> None:
        self.due.append(due)
        self.socket.sendall(question)

    def hear(self) -> Iterator[float]:
        """Seconds that each of those waited that are answered now."""
        data = self.tail + self.socket.recv(65536)
        now = perf_counter()
        self.tail = data[1 - len(_ANSWERED) :]
        return (now - self.due.popleft() for _ in range(data.count(_ANSWERED)))


async def _each(port: int, questions: Sequence[bytes], connections: int) -> list[bytes]:
    bodies = [b""] * len(questions)

    async def ask(first: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for place in range(first, len(questions), connections):
            writer.write(questions[place])
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)\r", head)
            if not head.startswith(_ANSWERED) or length is None:
                raise RuntimeError(f"no answer: {head!r}")
            bodies[place] = await reader.readexactly(int(length[1]))
        writer.close()

    await asyncio.gather(*(ask(first) for first in range(connections)))
    return bodies
