"""Writers that wait for each other: whoever has the turn takes along all who wait for it.

SQLite has one writer at a time, and waits for the disk once a commit: eight threads that commit one after the other
wait eight times, together once. PostgreSQL does this by itself, among its connections.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from ledger.rounds import OneIsToBlame

MOST_TOGETHER = 64


@dataclass
class _Waiting:
    wanted: Any
    done: bool = False
    fault: BaseException | None = None


class Turns:
    """The turns of the threads of one process."""

    def __init__(self) -> None:
        self._turn, self._door = Lock(), Lock()
        self._waiting: list[_Waiting] = []

    def take(self, write: Callable[[Sequence[Any]], None], wanted: Any) -> None:
        """What is wanted is committed, by this thread or another. Raises what `write` raised for it.

        `write` takes what several want, and commits all of it or nothing.
        """
        own = _Waiting(wanted)
        with self._door:
            self._waiting.append(own)
        with self._turn:
            if not own.done:
                self._take_along(own, write)
        if own.fault is not None:
            raise own.fault

    def _take_along(self, own: _Waiting, write: Callable[[Sequence[Any]], None]) -> None:
        """Whoever has the turn is not done with it before `own` is."""
        while not own.done:
            with self._door:
                some, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            _commit(write, some)


def _commit(write: Callable[[Sequence[Any]], None], some: Sequence[_Waiting]) -> None:
    try:
        write([one.wanted for one in some])
    except OneIsToBlame as fault:
        if len(some) > 1:  # all but one may be well: each alone
            for one in some:
                _commit(write, [one])
            return
        some[0].fault = fault
    except BaseException as fault:  # noqa: BLE001 - whatever it is, all are told
        for one in some:
            one.fault = fault
    for one in some:
        one.done = True
