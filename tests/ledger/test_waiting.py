"""A look into the outbox costs what is due, however much waits, and every receiver has its turn."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
from sqlalchemy import event

from ledger.courier import deliver
from ledger.event import Actor, Event
from ledger.ledger import Deed, Ledger
from ledger.outbox import AT_ONCE, PER_RECEIVER, Answer, OutboxAttempt, OutboxDelivery, OutboxMessage
from ledger.waiting import Waiting
from tests.doubles import TurnedClock

WORKER = Actor.system("work")
FEW, MANY = 200, 20_000


@dataclass(frozen=True)
class Posted(Event):
    kind: ClassVar[str] = "test.posted"


def post(ledger: Ledger, url: str, count: int = 1, kind: str = "mail") -> list[str]:
    messages = [
        OutboxMessage(
            id=ledger.new_id(), kind=kind, url=url, content_type="text/plain", body=b"x",
            not_after=ledger.clock.now() + timedelta(days=3),
        )
        for _ in range(count)
    ]  # fmt: skip
    deeds = [Deed(Posted(), WORKER, messages[start : start + 100]) for start in range(0, count, 100)]
    for start in range(0, len(deeds), 20):
        ledger.entries(deeds[start : start + 20])
    return [one.id for one in messages]


def taken_by(ledger: Ledger, key: str) -> None:
    """Another worker delivered it."""
    at = ledger.clock.now()
    attempt = OutboxAttempt(id=ledger.new_id(), message_id=key, number=1, at=at, outcome="delivered")
    ledger.entries([Deed(Posted(), WORKER, [attempt, OutboxDelivery(message_id=key, at=at, taken=True)])])


@contextmanager
def work_of(ledger: Ledger, every: int = 1000) -> Iterator[Callable[[], int]]:
    """How many steps SQLite's own machine has taken in reading so far, in units of `every`."""
    steps = 0

    def counted() -> int:
        nonlocal steps
        steps += 1
        return 0

    def listen(connection: Any, *_: object) -> None:
        connection.connection.dbapi_connection.set_progress_handler(counted, every)

    event.listen(ledger.reading, "before_cursor_execute", listen)
    yield lambda: steps
    event.remove(ledger.reading, "before_cursor_execute", listen)


def looked(ledger: Ledger, letters: int) -> int:
    """The work of twenty looks, each of which finds a new message and sends what it may, while so many letters wait."""
    post(ledger, "mailto:a@mtc.gov.la", letters)
    waiting = Waiting(ledger)
    waiting.due(ledger.clock.now(), AT_ONCE)
    with work_of(ledger) as steps:
        for number in range(20):
            post(ledger, f"https://service{number}.gov.la/logout", kind="backchannel-logout")
            for one in waiting.due(ledger.clock.now(), AT_ONCE):
                taken_by(ledger, one.message.id)
                waiting.back(one.message.id, ledger.clock.now())
        return steps()


@pytest.mark.sqlite_only("it counts the steps of SQLite's machine")
def test_a_look_costs_the_same_however_many_letters_wait(ledger: Ledger) -> None:
    few = looked(ledger, FEW)
    many = looked(ledger, MANY)

    assert many <= 2 * few + 10


def test_a_receiver_with_many_letters_holds_up_no_other(ledger: Ledger, clock: TurnedClock) -> None:
    post(ledger, "mailto:a@mtc.gov.la", 300)
    others = [post(ledger, f"https://service{number}.gov.la/", 3, "ping") for number in range(5)]

    found = Waiting(ledger).due(clock.now(), AT_ONCE)

    receivers = Counter(urlsplit(one.message.url).netloc for one in found)
    assert receivers == {"": PER_RECEIVER} | {f"service{number}.gov.la": PER_RECEIVER for number in range(5)}
    assert {one.message.id for one in found} >= {key for some in others for key in sorted(some)[:PER_RECEIVER]}


def test_with_few_places_each_receiver_has_one_before_any_has_two(ledger: Ledger, clock: TurnedClock) -> None:
    for number in range(4):
        post(ledger, f"https://service{number}.gov.la/", 3, "ping")

    found = Waiting(ledger).due(clock.now(), 4)

    assert len({one.message.url for one in found}) == 4


def test_what_comes_later_is_found_and_what_another_worker_did_is_not_sent_again(
    ledger: Ledger, clock: TurnedClock
) -> None:
    waiting = Waiting(ledger)
    assert waiting.due(clock.now()) == []
    first, second = post(ledger, "https://a.gov.la/", 1, "ping"), post(ledger, "https://b.gov.la/", 1, "ping")
    taken_by(ledger, first[0])

    found = [one.message.id for one in waiting.due(clock.now())]

    assert found == second


def test_kinds_that_have_no_way_are_left_alone(ledger: Ledger, clock: TurnedClock) -> None:
    post(ledger, "mailto:a@mtc.gov.la")
    [ping] = post(ledger, "https://a.gov.la/", 1, "ping")

    assert [one.message.id for one in Waiting(ledger, ("mail",)).due(clock.now())] == [ping]


def test_who_failed_waits_while_those_behind_him_go(ledger: Ledger, clock: TurnedClock) -> None:
    first, second, third = sorted(post(ledger, "mailto:a@mtc.gov.la", 3))
    down = {first, second}
    deliver(ledger, lambda one: Answer("smtp.421") if one.id in down else Answer("delivered", taken=True), WORKER)

    waiting = Waiting(ledger)
    at_once = waiting.due(clock.now())
    clock.turn(seconds=1)
    later = [(one.message.id, one.number) for one in waiting.due(clock.now())]

    with ledger.read() as session:
        assert session.get_one(OutboxDelivery, third).taken
    assert (at_once, later) == ([], [(first, 2), (second, 2)])
