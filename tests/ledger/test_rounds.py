"""Pieces of work at one sitting: one snapshot, one commit, and each hears what became of its own."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from ledger.entry import Entry
from ledger.event import Actor, Event, Id
from ledger.ledger import Ledger, Taken
from ledger.people import Person
from ledger.rounds import Aside, Awaited, NotInCompany, Outcome, apart, awaited, in_rounds, looked_up, must_be_alone


@dataclass(frozen=True)
class PersonNoted(Event):
    kind: ClassVar[str] = "test.person-noted"
    person: Id


def noted(ledger: Ledger, number: str) -> int:
    """How many persons there were before, after this one was entered too."""
    with ledger.read() as session:
        before = session.scalar(select(func.count()).select_from(Person)) or 0
    with ledger.entry(PersonNoted(number), Actor.system("test")) as tx:
        tx.add(Person(id=tx.new_id(), number=number))
    return before


@pytest.fixture
def commits(ledger: Ledger) -> list[int]:
    seen: list[int] = []
    event.listen(ledger.writing, "commit", lambda _connection: seen.append(1))
    return seen


def entries(ledger: Ledger) -> int:
    with ledger.read() as session:
        return session.scalar(select(func.count()).where(Entry.kind == PersonNoted.kind)) or 0


def test_many_entries_share_one_commit_and_what_was_read_before_it(ledger: Ledger, commits: list[int]) -> None:
    found = in_rounds([partial(noted, ledger, f"{number:08}") for number in range(20)])

    assert (found, len(commits), entries(ledger)) == ([Outcome(0)] * 20, 1, 20)


def test_who_comes_too_late_hears_of_it_and_nobody_else(ledger: Ledger) -> None:
    numbers = ["10000001", "10000002", "10000001", "10000003"]

    found = in_rounds([partial(noted, ledger, number) for number in numbers])

    assert [type(one.fault) for one in found if isinstance(one, Outcome)] == [type(None), type(None), Taken, type(None)]
    assert entries(ledger) == 3


def test_what_is_read_after_a_write_is_read_anew(ledger: Ledger) -> None:
    def twice() -> tuple[int, int]:
        return noted(ledger, "10000001"), noted(ledger, "10000002")

    assert in_rounds([twice]) == [Outcome((0, 1))]


def test_a_piece_that_fails_fails_alone(ledger: Ledger) -> None:
    def broken() -> int:
        raise ValueError

    works: list[Callable[[], int]] = [partial(noted, ledger, "10000001"), broken, partial(noted, ledger, "10000002")]
    found = in_rounds(works)

    assert (found[0], found[2]) == (Outcome(0), Outcome(0))
    assert isinstance(found[1], Outcome)
    assert isinstance(found[1].fault, ValueError)


def test_what_many_look_up_is_asked_for_once(ledger: Ledger) -> None:
    asked: list[Sequence[str]] = []

    def find(_reading: Session, keys: Sequence[str]) -> Mapping[str, str]:
        asked.append(keys)
        return {key: key.upper() for key in keys if key != "c"}

    def look(key: str) -> str | None:
        with ledger.read() as session:
            found: str | None = looked_up(session, find, key)
            return found

    works: list[Callable[[], str | None]] = [partial(look, key) for key in "abac"]

    assert in_rounds(works) == [Outcome("A"), Outcome("B"), Outcome("A"), Outcome(None)]
    assert asked == [["a", "b", "c"]]
    assert look("d") == "D"


def test_who_reckons_for_long_leaves_and_the_others_go_on(ledger: Ledger) -> None:
    def long() -> tuple[int, str, int]:
        return noted(ledger, "10000001"), apart(lambda: "reckoned"), noted(ledger, "10000002")

    works: list[Callable[[], object]] = [long, partial(noted, ledger, "10000003")]
    left, done = in_rounds(works)

    assert (type(left), done, entries(ledger)) == (Aside, Outcome(0), 2)
    assert isinstance(left, Aside)
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(left.run).result()
    again: list[Callable[[], object] | Aside] = [left, partial(noted, ledger, "10000004")]
    assert in_rounds(again) == [Outcome((0, "reckoned", 2)), Outcome(2)]
    assert entries(ledger) == 4


def test_what_is_raised_apart_is_raised_where_the_work_goes_on() -> None:
    def failing() -> str:
        try:
            return apart(lambda: str(1 // 0))
        except ZeroDivisionError:
            return "seen"

    (left,) = in_rounds([failing])
    assert isinstance(left, Aside)
    left.run()

    assert in_rounds([left]) == [Outcome("seen")]
    assert failing() == "seen"


def test_what_must_be_alone_is_no_fault_that_anything_between_could_answer() -> None:
    def swallowing() -> str:
        try:
            must_be_alone()
        except Exception:  # noqa: BLE001 - as frameworks do
            return "answered"
        return "alone"

    (one,) = in_rounds([swallowing])

    assert isinstance(one, Outcome)
    assert isinstance(one.fault, NotInCompany)
    assert swallowing() == "alone"


def test_what_was_read_stands_though_the_database_is_lost_before_the_reading_ends(ledger: Ledger) -> None:
    def lost(_connection: object) -> None:
        raise OperationalError("COMMIT", {}, ConnectionError("gone"))

    event.listen(ledger.reading, "commit", lost)
    try:
        assert in_rounds([partial(entries, ledger)]) == [Outcome(0)]
        assert entries(ledger) == 0
    finally:
        event.remove(ledger.reading, "commit", lost)


def test_who_awaits_something_leaves_and_goes_on_with_what_it_was_told(ledger: Ledger) -> None:
    told: Future[str] = Future()

    def waiting() -> tuple[int, str, int]:
        return noted(ledger, "10000001"), awaited(told), noted(ledger, "10000003")

    works: list[Callable[[], object]] = [waiting, partial(noted, ledger, "10000002")]
    left, other = in_rounds(works)
    assert isinstance(left, Awaited)
    assert (left.told, other, entries(ledger)) == (told, Outcome(0), 2)

    told.set_result("done")

    assert in_rounds([left]) == [Outcome((0, "done", 2))]


def test_what_is_raised_where_it_was_awaited_is_raised_in_the_work() -> None:
    told: Future[str] = Future()
    [left] = in_rounds([partial(awaited, told)])
    assert isinstance(left, Awaited)

    told.set_exception(fault := ValueError())

    assert in_rounds([left]) == [Outcome(None, fault)]


def test_who_works_alone_waits_for_what_it_is_told() -> None:
    told: Future[str] = Future()
    told.set_result("done")

    assert awaited(told) == "done"
