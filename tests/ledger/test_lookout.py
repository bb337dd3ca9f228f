"""Waiting for what other processes write: one ear for all, and each hears of what is his."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Event as Signal
from typing import ClassVar

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger import lookout
from ledger.event import Actor, Event, Id
from ledger.ledger import Ledger, LedgerUnavailable
from ledger.lookout import Lookout, await_found
from ledger.people import Person
from ledger.rounds import Awaited, Outcome, in_rounds

LONG = timedelta(seconds=30)


@dataclass(frozen=True)
class PersonMet(Event):
    kind: ClassVar[str] = "test.person-met"
    person: Id


def met(ledger: Ledger, number: str) -> None:
    with ledger.entry(PersonMet(number), Actor.system("test")) as tx:
        tx.add(Person(id=f"p{number}", number=number))


def found(session: Session, numbers: Sequence[str]) -> Mapping[str, str]:
    people = session.scalars(select(Person).where(Person.number.in_(numbers)))
    return {one.number: one.id for one in people}


def unreadable(_session: Session, _keys: Sequence[str]) -> Mapping[str, str]:
    raise LedgerUnavailable("away")


def all_wait(ledger: Ledger, number: int) -> None:
    for _ in range(3000):
        if lookout._of(ledger).waiting() == number:
            return
        Signal().wait(0.01)
    raise AssertionError("they do not wait")


def test_each_is_told_of_his_own_when_it_is_there(ledger: Ledger) -> None:
    until = ledger.clock.now() + LONG
    with ThreadPoolExecutor(2) as threads:
        one, other = (threads.submit(await_found, ledger, found, key, until) for key in ("10000001", "10000002"))
        all_wait(ledger, 2)
        met(ledger, "10000002")
        assert other.result(30) == "p10000002"
        all_wait(ledger, 1)
        assert not one.done()
        met(ledger, "10000001")

        assert one.result(30) == "p10000001"
    assert lookout._of(ledger).waiting() == 0


def test_what_is_there_already_is_told_at_once_and_nobody_listens(ledger: Ledger) -> None:
    met(ledger, "10000001")

    now = ledger.clock.now()

    assert await_found(ledger, found, "10000001", now) == "p10000001"
    assert await_found(ledger, found, "10000002", now) is None
    assert not lookout._of(ledger)._kept


def test_who_waits_in_a_round_leaves_it_and_is_told_without_a_thread_of_his_own(ledger: Ledger) -> None:
    until = ledger.clock.now() + LONG
    [left] = in_rounds([lambda: await_found(ledger, found, "10000001", until)])
    assert isinstance(left, Awaited)

    met(ledger, "10000001")
    left.told.result(30)

    assert in_rounds([left]) == [Outcome("p10000001")]
    assert lookout._of(ledger).waiting() == 0


def test_at_the_end_of_his_time_he_is_told_of_nothing(ledger: Ledger) -> None:
    keeper, soon = Lookout(), ledger.clock.now() + timedelta(microseconds=1)
    own = keeper.join(ledger, found, "10000001", soon)
    other = keeper.join(ledger, found, "10000002", ledger.clock.now() + LONG)
    own.until = ledger.clock.now()
    met(ledger, "10000002")

    assert (own.told.result(30), other.told.result(30)) == (None, "p10000002")


def test_a_ledger_that_cannot_be_read_is_raised_where_they_wait(ledger: Ledger) -> None:
    keeper = Lookout()

    own = keeper.join(ledger, unreadable, "10000001", ledger.clock.now() + LONG)

    with pytest.raises(LedgerUnavailable):
        own.told.result(30)
    assert keeper.waiting() == 0


def test_when_nobody_waits_any_more_nobody_listens(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookout, "STAYS", 0.0)
    keeper = Lookout()

    keeper.leave(keeper.join(ledger, found, "10000001", ledger.clock.now() + LONG))

    for _ in range(3000):
        if not keeper._kept:
            return
        Signal().wait(0.01)
    raise AssertionError("somebody listens for nobody")
