"""Load that does not wait: questions go out when their time has come, whether or not others were answered.

A generator that waits for answers sends less when the server is slow and so hides how long others would have waited;
here each answer's time counts from when its question was due.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
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
