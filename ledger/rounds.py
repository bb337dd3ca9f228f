"""Many pieces of work at one sitting of one thread: what they read is one snapshot, what they write one commit.

    outcomes = in_rounds([partial(answer, one) for one in requests])

Each piece is written as if it were alone: it reads (`Ledger.read`), decides, and writes (`Ledger.entry`). Where it
would write it is halted, and the next one begins; when all have ended or are halted, what they want to write is written
in one transaction, and all go on. Each entry is its own, with its own digest, as ever. If a key of one of them is
taken, each is written by itself, so that whoever is too late hears of it and nobody else. What is read after a write is
read anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import greenlet  # type: ignore[import-untyped]
from sqlalchemy.orm import Session

T = TypeVar("T")
Writing = Callable[[Sequence[Any]], None]
"""Commits what several want to write, all or nothing."""


class OneIsToBlame(Exception):
    """What was to be written together cannot be, but all of it save one piece might."""


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What a piece of work came to: a value, or what it raised."""

    value: T | None
    fault: Exception | None = None


@dataclass(frozen=True)
class _Halted:
    """Work that waits until `wanted` is committed by `write`."""

    work: "_Work"
    write: Writing
    wanted: Any


class _Work(greenlet.greenlet):  # type: ignore[misc]
    """A piece of work; in `reader` it finds the session that all of this turn have."""

    reader: "_Reader"


class _Reader:
    """One session over one snapshot, opened when somebody reads."""

    def __init__(self) -> None:
        self._open: Any = None
        self._session: Session | None = None

    def session(self, opened: Callable[[], Any]) -> Session:
        """The session of this turn."""
        if self._session is None:
            self._open = opened()
            self._session = self._open.__enter__()
        return self._session

    def close(self) -> None:
        """The snapshot is given up."""
        if self._session is not None:
            self._open.__exit__(None, None, None)


def in_rounds(works: Sequence[Callable[[], T]]) -> list[Outcome[T]]:
    """What each came to, in order."""
    outcomes: dict[int, Outcome[T]] = {}

    def piece(number: int, run: Callable[[], T]) -> Callable[[], None]:
        def whole() -> None:
            try:
                outcomes[number] = Outcome(run())
            except Exception as fault:  # noqa: BLE001 - it is one piece's fault, and the others go on
                outcomes[number] = Outcome(None, fault)

        return whole

    ready: list[tuple[_Work, Exception | None]] = [(_Work(piece(n, run)), None) for n, run in enumerate(works)]
    while ready:
        ready = _written(_turn(ready))
    return [outcomes[number] for number in range(len(works))]


def shared_reader(opened: Callable[[], Any]) -> Session | None:
    """The session of the turn, if this is a piece of such work."""
    work = greenlet.getcurrent()
    return work.reader.session(opened) if isinstance(work, _Work) else None


def halted(write: Writing, wanted: Any) -> bool:
    """Whether `wanted` has been committed with what others wanted; False for who works alone and writes himself.

    Raises what `write` raised for it.
    """
    work = greenlet.getcurrent()
    if not isinstance(work, _Work):
        return False
    work.parent.switch(_Halted(work, write, wanted))
    return True


def _turn(ready: Sequence[tuple[_Work, Exception | None]]) -> list[_Halted]:
    """All go on until they end or want to write."""
    reader, found = _Reader(), []
    try:
        for work, fault in ready:
            work.reader = reader
            said = work.throw(fault) if fault is not None else work.switch()
            if not work.dead:
                found.append(cast("_Halted", said))
    finally:
        reader.close()
    return found


def _written(wanting: Sequence[_Halted]) -> list[tuple[_Work, Exception | None]]:
    by_writer: dict[Writing, list[_Halted]] = {}
    for one in wanting:
        by_writer.setdefault(one.write, []).append(one)
    return [pair for write, several in by_writer.items() for pair in _committed(write, several)]


def _committed(write: Writing, several: Sequence[_Halted]) -> list[tuple[_Work, Exception | None]]:
    try:
        write([one.wanted for one in several])
    except OneIsToBlame as fault:
        if len(several) == 1:
            return [(several[0].work, fault)]
        return [pair for one in several for pair in _committed(write, [one])]
    except Exception as fault:  # noqa: BLE001 - all who wanted it are told
        return [(one.work, fault) for one in several]
    return [(one.work, None) for one in several]
