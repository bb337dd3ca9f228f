"""Threads that write: whoever has the turn takes along who waits, and each hears what became of its own."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Lock

import pytest
from sqlalchemy import select

from ledger.entry import Entry
from ledger.ledger import Ledger, Taken
from ledger.people import Person
from ledger.rounds import OneIsToBlame
from ledger.turns import Turns
from tests.ledger.test_ledger import DESK, PersonRegistered


class Disk:
    """What was committed together; the first commit is held until `go`."""

    def __init__(self, *refused: str) -> None:
        self.commits: list[list[str]] = []
        self.begun, self.go = Event(), Event()
        self._refused = set(refused)

    def write(self, several: Sequence[str]) -> None:
        self.begun.set()
        assert self.go.wait(10)
        if self._refused & set(several):
            raise OneIsToBlame(*several)
        self.commits.append(list(several))


def all_at_once(disk: Disk, first: str, *others: str) -> list[Future[None]]:
    """The first has the turn, the others come while it writes."""
    turns, several = Turns(), ThreadPoolExecutor(len(others) + 1)
    came = CountedTurns(turns)
    futures = [several.submit(came.take, disk.write, first)]
    assert disk.begun.wait(10)
    futures += [several.submit(came.take, disk.write, one) for one in others]
    came.until(len(others))
    disk.go.set()
    several.shutdown()
    return futures


class CountedTurns:
    """Turns that know how many wait."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.take = turns.take

    def until(self, number: int) -> None:
        patience = Lock()
        patience.acquire()
        while len(self._turns._waiting) < number:
            patience.acquire(timeout=0.001)


def test_who_waited_is_taken_along_by_the_next() -> None:
    disk = Disk()

    futures = all_at_once(disk, "a", "b", "c", "d")

    assert [future.exception() for future in futures] == [None] * 4
    assert [sorted(together) for together in disk.commits] == [["a"], ["b", "c", "d"]]


def test_of_several_the_one_that_is_to_blame_hears_of_it_and_nobody_else() -> None:
    disk = Disk("c")

    futures = all_at_once(disk, "a", "b", "c", "d")

    assert [type(future.exception()) for future in futures] == [type(None), type(None), OneIsToBlame, type(None)]
    assert sorted(disk.commits) == [["a"], ["b"], ["d"]]


def test_whatever_else_happens_all_are_told_and_the_next_ones_write_again() -> None:
    turns = Turns()

    def fails(_several: Sequence[str]) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        turns.take(fails, "a")

    written: list[str] = []
    turns.take(written.extend, "b")
    assert written == ["b"]


def test_of_many_threads_with_one_key_one_wins_and_all_other_entries_are_there(ledger: Ledger) -> None:
    def enter(number: int) -> bool:
        try:
            with ledger.entry(PersonRegistered(f"p{number}"), DESK) as tx:
                tx.add(Person(id=f"p{number}", number=str(number // 2)))
        except Taken:
            return False
        return True

    with ThreadPoolExecutor(16) as several:
        entered = list(several.map(enter, range(32)))

    with ledger.read() as session:
        assert sum(entered) == len(session.scalars(select(Person)).all()) == len(session.scalars(select(Entry)).all())
    assert all(one + other == 1 for one, other in zip(entered[::2], entered[1::2], strict=True))
