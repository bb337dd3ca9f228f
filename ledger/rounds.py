"""Many pieces of work at one sitting of one thread: what they read is one snapshot, what they write one commit.

    outcomes = in_rounds([partial(answer, one) for one in requests])

Each piece is written as if it were alone: it reads (`Ledger.read`), decides, and writes (`Ledger.entry`). Where it
would write it is halted, and the next one begins; when all have ended or are halted, what they want to write is written
in one transaction, and all go on. Each entry is its own, with its own digest, as ever. If a key of one of them is
taken, each is written by itself, so that whoever is too late hears of it and nobody else. What is read after a write is
read anew. What many look up by a key (`looked_up`) is one statement for all of them.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, cast

import greenlet  # type: ignore[import-untyped]
from sqlalchemy.orm import Session

T = TypeVar("T")
Writing = Callable[[Sequence[Any]], None]
"""Commits what several want to write, all or nothing."""


class OneIsToBlame(Exception):
    """What was to be written together cannot be, but all of it save one piece might."""


class NotInCompany(BaseException):
    """What takes its time would keep all others of the round waiting: do it alone.

    No Exception, so that nothing between here and who asked takes it for a fault and answers it.
    """


class Outcome(NamedTuple, Generic[T]):
    """What a piece of work came to: a value, or what it raised."""

    value: T | None
    fault: Exception | NotInCompany | None = None


Find = Callable[[Session, Sequence[Any]], Mapping[Any, Any]]
"""Finds things by their keys; what is not there is left out."""


class _Halted(NamedTuple):
    """Work that waits until `wanted` is committed by `write`, its value found by `find`, or it has been run apart."""

    work: "_Work"
    wanted: Any
    write: Writing | None = None
    find: Find | None = None


class Aside:
    """A piece of work that has left its sitting until what it waits for was reckoned elsewhere."""

    def __init__(self, work: "_Work", wanted: Callable[[], Any]) -> None:
        self.work, self._wanted = work, wanted
        self._value: Any = None
        self._fault: Exception | None = None

    def run(self) -> None:
        """Reckons, in any thread. Never raises: the work will."""
        try:
            self._value = self._wanted()
        except Exception as fault:  # noqa: BLE001 - it is raised where the work goes on
            self._fault = fault

    def ready(self) -> "_Ready":
        """The work, with what came of it."""
        return self.work, self._value, self._fault


class Awaited(Aside):
    """A piece of work that has left its sitting until `told` is done: it need not be run, and takes no thread."""

    def __init__(self, work: "_Work", told: "Future[Any]") -> None:
        super().__init__(work, told.result)
        self.told = told

    def ready(self) -> "_Ready":
        """The work, with what it was told."""
        self.run()
        return super().ready()


class _Work(greenlet.greenlet):  # type: ignore[misc]
    """A piece of work; in `reader` it finds the session that all of this turn have."""

    reader: "_Reader"
    outcome: Outcome[Any]

    def carry_out(self, run: Callable[[], Any]) -> None:
        """What it is for."""
        try:
            self.outcome = Outcome(run())
        except (Exception, NotInCompany) as fault:  # noqa: BLE001 - it is one piece's fault, and the others go on
            self.outcome = Outcome(None, fault)


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

    @property
    def opened(self) -> Session:
        """The session, which somebody has opened already."""
        assert self._session is not None, "who looks something up has a session"
        return self._session

    def close(self) -> None:
        """The snapshot is given up."""
        if self._session is not None:
            self._open.__exit__(None, None, None)


_Ready = tuple[_Work, Any, Exception | None]
"""Work that goes on, with the value that it waited for, or what was raised instead."""


def in_rounds(works: Sequence[Callable[[], T] | Aside]) -> list[Outcome[T] | Aside]:
    """What each came to, in order; the Aside of whoever has left, to be run and brought again."""
    begun = [_begun(one) for one in works]
    places = {work: place for place, (work, _, _) in enumerate(begun)}
    left: dict[int, Aside] = {}
    ready = begun
    while ready:
        writers, leaving = _turn(ready)
        left |= {places[one.work]: one for one in leaving}
        ready = _written(writers)
    return [left.get(place) or work.outcome for work, place in places.items()]


class Piece(Protocol[T]):
    """What keeps its work, and what came of it, from one sitting to the next."""

    work: Callable[[], T] | Aside
    outcome: Outcome[T] | None


def sit(pieces: Sequence[Piece[T]]) -> None:
    """All of them go on in one sitting: each has its outcome then, or none, and the Aside it left for as its work."""
    for piece, came_to in zip(pieces, in_rounds([piece.work for piece in pieces]), strict=True):
        piece.work = came_to if isinstance(came_to, Aside) else piece.work
        piece.outcome = None if isinstance(came_to, Aside) else came_to


def _begun(work: Callable[[], Any] | Aside) -> "_Ready":
    if isinstance(work, Aside):
        return work.ready()
    fresh = _Work()
    fresh.run = partial(fresh.carry_out, work)
    return fresh, None, None


def shared_reader(opened: Callable[[], Any]) -> Session | None:
    """The session of the turn, if this is a piece of such work."""
    work = greenlet.getcurrent()
    return work.reader.session(opened) if isinstance(work, _Work) else None


def must_be_alone() -> None:
    """Nothing for who works alone. Raises NotInCompany in a round: nothing may have been written before."""
    if isinstance(greenlet.getcurrent(), _Work):
        raise NotInCompany


def halted(write: Writing, wanted: Any) -> bool:
    """Whether `wanted` has been committed with what others wanted; False for who works alone and writes himself.

    Raises what `write` raised for it.
    """
    work = greenlet.getcurrent()
    if not isinstance(work, _Work):
        return False
    work.parent.switch(_Halted(work, wanted, write=write))
    return True


def apart(reckon: Callable[[], T]) -> T:
    """What `reckon` returns or raises. In a sitting the others do not wait for it: no snapshot is kept across."""
    work = greenlet.getcurrent()
    if not isinstance(work, _Work):
        return reckon()
    return cast("T", work.parent.switch(Aside(work, reckon)))


def awaited(told: "Future[T]") -> T:
    """What it is told, or what is raised instead; others of a sitting do not wait for it, nor does a thread."""
    work = greenlet.getcurrent()
    if not isinstance(work, _Work):
        return told.result()
    return cast("T", work.parent.switch(Awaited(work, told)))


def looked_up(reading: Session, find: Find, key: Any) -> Any:
    """What `find` finds under the key, if anything; with what others look up by the same function."""
    work = greenlet.getcurrent()
    if not isinstance(work, _Work):
        return find(reading, [key]).get(key)
    return work.parent.switch(_Halted(work, key, find=find))


def _turn(ready: Sequence[_Ready]) -> tuple[list[_Halted], list[Aside]]:
    """All go on, over one snapshot, until they end, want to write, or leave."""
    reader, halted_ = _Reader(), list[_Halted]()
    leaving: list[Aside] = []
    try:
        while ready:
            said = [one for one in (_gone_on(*some, reader) for some in ready) if one is not None]
            leaving += [one for one in said if isinstance(one, Aside)]
            waiting = [one for one in said if isinstance(one, _Halted)]
            halted_ += [one for one in waiting if one.write is not None]
            ready = _found([one for one in waiting if one.find is not None], reader)
    finally:
        reader.close()
    return halted_, leaving


def _gone_on(work: _Work, value: Any, fault: Exception | None, reader: _Reader) -> _Halted | Aside | None:
    work.reader = reader
    said = work.throw(fault) if fault is not None else work.switch(*([value] if work else []))
    return None if work.dead else cast("_Halted | Aside", said)


def _found(looking: Sequence[_Halted], reader: _Reader) -> list[_Ready]:
    by_find: dict[Any, list[_Halted]] = {}
    for one in looking:
        by_find.setdefault(one.find, []).append(one)
    ready: list[_Ready] = []
    for find, several in by_find.items():
        values, fault = {}, None
        try:
            values = find(reader.opened, list(dict.fromkeys(one.wanted for one in several)))
        except Exception as raised:  # noqa: BLE001 - all who looked are told
            fault = raised
        ready += [(one.work, values.get(one.wanted), fault) for one in several]
    return ready


def _written(wanting: Sequence[_Halted]) -> list[_Ready]:
    by_writer: dict[Any, list[_Halted]] = {}
    for one in wanting:
        by_writer.setdefault(one.write, []).append(one)
    return [one for write, several in by_writer.items() for one in _committed(write, several)]


def _committed(write: Writing, several: Sequence[_Halted]) -> list[_Ready]:
    try:
        write([one.wanted for one in several])
    except OneIsToBlame as fault:
        if len(several) == 1:
            return [(several[0].work, None, fault)]
        return [ready for one in several for ready in _committed(write, [one])]
    except Exception as fault:  # noqa: BLE001 - all who wanted it are told
        return [(one.work, None, fault) for one in several]
    return [(one.work, None, None) for one in several]
