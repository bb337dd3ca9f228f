"""A process beside the signing room, which does for it what needs no key.

It is told of no key, writes nothing and listens to nobody but the room. It ends with the room; whatever it does not
answer, or not in time, the room does itself.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Timer
from typing import Any

_READY = "ready"
_OURS = "LAOTRUST_"


class Beside:
    """The process, which is started at once and asked as soon as it is up. `close` it in the end."""

    def __init__(self, name: str, serve: Callable[..., None], *given: object) -> None:
        """`serve` gets its end of the line, on which it says `ready` first, and what is `given`."""
        # Spawned, not forked: connections to the database and keys in memory are not for it.
        context = get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, *given), name=name, daemon=True)
        with _untold():
            self._process.start()
        theirs.close()
        self._up = self._gone = False

    def close(self) -> None:
        """It is gone."""
        self._end()
        self._line.close()

    def _sent(self, question: object) -> bool:
        """Whether it was asked; False while it starts, and when it is gone."""
        if self._gone:
            return False
        try:
            if not self._up and self._line.poll():
                self._up = self._line.recv() == _READY
            if self._up:
                self._line.send(question)
        except (EOFError, OSError):
            self._end()
        return self._up

    def _heard(self, patience: float) -> Any:
        """What it says within so many seconds. Raises whatever reading raises; then nothing that it says counts."""
        late = Timer(patience, self._process.kill)  # what it left half said comes to its end then, too
        late.start()
        try:
            return self._line.recv()
        finally:
            late.cancel()

    def _end(self) -> None:
        self._up, self._gone = False, True
        self._process.kill()  # one that stands still hears nothing else
        self._process.join()


def answer_on(line: Connection, answer: Callable[[Any], object]) -> None:
    """In the process: says that it is up, and then answers each question until the room has gone."""
    line.send(_READY)
    while True:
        try:
            question = line.recv()
        except EOFError:
            return
        line.send(answer(question))


@contextmanager
def _untold() -> Iterator[None]:
    """A process that starts meanwhile does not learn from the environment where keys and secrets are."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(_OURS)}
    for name in kept:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(kept)
