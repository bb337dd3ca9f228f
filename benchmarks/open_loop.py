"""Load that does not wait: questions go out when their time has come, whether or not others were answered.

A generator that waits for answers sends less when the server is slow and so hides how long others would have waited;
here each answer's time counts from when its question was due.
"""

import asyncio
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from time import perf_counter

import uvloop

_STEP = 0.001
_ANSWERED = b"HTTP/1.1 200"


@dataclass(frozen=True)
class Waited:
    """What was seen: questions asked and answered, and seconds waited at the median and the 99th of a hundred."""

    asked: int
    answered: int
    median: float
    p99: float


class _Line(asyncio.Protocol):
    def __init__(self, waits: list[float]) -> None:
        self.due: deque[float] = deque()
        self.transport: asyncio.Transport | None = None
        self._waits = waits
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        now = perf_counter()
        data = self._tail + data
        self._tail = data[1 - len(_ANSWERED) :]
        for _ in range(data.count(_ANSWERED)):
            self._waits.append(now - self.due.popleft())


def load(port: int, questions: Sequence[bytes], rate: float, seconds: float, connections: int = 32) -> Waited:
    """Asks `questions`, whole HTTP requests, over and over at `rate` a second."""
    return uvloop.run(_load(port, questions, rate, seconds, connections))


def peak(port: int, questions: Sequence[bytes], seconds: float, connections: int = 32) -> float:
    """Answers a second when each connection asks again as soon as it was answered: all that this generator gets.

    It takes far more of the machine than one in C, so a share of what such a one gets would be more than there is.
    """
    return uvloop.run(_peak(port, questions, seconds, connections))


def each(port: int, questions: Sequence[bytes], connections: int = 32) -> list[bytes]:
    """The body of the answer to each question, a whole HTTP request, asked once. Raises if one has another status."""
    return uvloop.run(_each(port, questions, connections))


class _Eager(asyncio.Protocol):
    def __init__(self, questions: Iterator[bytes]) -> None:
        self.answered = 0
        self._questions = questions
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._transport.write(next(self._questions))

    def data_received(self, data: bytes) -> None:
        data = self._tail + data
        self._tail = data[1 - len(_ANSWERED) :]
        if _ANSWERED in data:
            self.answered += 1
            self._transport.write(next(self._questions))


async def _peak(port: int, questions: Sequence[bytes], seconds: float, connections: int) -> float:
    loop, following = asyncio.get_running_loop(), cycle(questions)
    pairs = [await loop.create_connection(lambda: _Eager(following), "127.0.0.1", port) for _ in range(connections)]
    before, began = sum(line.answered for _, line in pairs), perf_counter()
    await asyncio.sleep(seconds)
    rate = (sum(line.answered for _, line in pairs) - before) / (perf_counter() - began)
    for transport, _ in pairs:
        transport.close()
    return rate


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


async def _load(port: int, questions: Sequence[bytes], rate: float, seconds: float, connections: int) -> Waited:
    waits: list[float] = []
    loop = asyncio.get_running_loop()
    pairs = [await loop.create_connection(lambda: _Line(waits), "127.0.0.1", port) for _ in range(connections)]
    lines = [line for _, line in pairs]
    asked, began = 0, perf_counter()
    while (now := perf_counter()) < began + seconds:
        while asked < (now - began) * rate:
            line = lines[asked % connections]
            line.due.append(began + asked / rate)
            line.transport.write(questions[asked % len(questions)])  # type: ignore[union-attr]
            asked += 1
        await asyncio.sleep(_STEP)
    await asyncio.sleep(0.5)
    for transport, _ in pairs:
        transport.close()
    ordered = sorted(waits) or [float("inf")]
    return Waited(asked, len(waits), ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100])
