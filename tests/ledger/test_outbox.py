from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import pytest
from sqlalchemy import select

from ledger.courier import deliver
from ledger.event import Actor, Event
from ledger.ledger import Ledger
from ledger.outbox import Answer, OutboxAttempt, OutboxDelivery, OutboxMessage, next_delay
from ledger.waiting import Waiting
from tests.doubles import TurnedClock

WORKER = Actor.system("work")


@dataclass(frozen=True)
class SomethingHappened(Event):
    kind: ClassVar[str] = "test.happened"


def _always(answer: Answer) -> Callable[[OutboxMessage], Answer]:
    return lambda message: answer


@pytest.fixture
def message(ledger: Ledger, clock: TurnedClock) -> str:
    with ledger.entry(SomethingHappened(), Actor.system("idp")) as tx:
        message = OutboxMessage(
            id=tx.new_id(), kind="backchannel-logout", url="https://localhost:8448/logout", client_id="edocument",
            content_type="application/x-www-form-urlencoded", body=b"logout_token=x",
            not_after=clock.now() + timedelta(hours=1),
        )  # fmt: skip
        tx.add(message)
    return message.id


@pytest.mark.parametrize(("tries", "seconds"), [(0, 0), (1, 1), (2, 2), (3, 4), (10, 512), (11, 900), (5000, 900)])
def test_each_further_try_waits_twice_as_long_up_to_a_quarter_of_an_hour(tries: int, seconds: int) -> None:
    assert next_delay(tries) == timedelta(seconds=seconds)


def test_a_message_is_delivered_once(ledger: Ledger, message: str) -> None:
    taken = deliver(ledger, _always(Answer("delivered", taken=True)), WORKER)

    with ledger.read() as session:
        assert session.get_one(OutboxDelivery, message).taken
    assert (taken, deliver(ledger, _always(Answer("delivered", taken=True)), WORKER)) == (1, 0)


def test_a_message_that_failed_waits_for_its_next_try(ledger: Ledger, message: str, clock: TurnedClock) -> None:
    deliver(ledger, _always(Answer("http.503")), WORKER)

    waiting = Waiting(ledger)
    at_once = waiting.due(clock.now())
    clock.turn(seconds=1)
    later = waiting.due(clock.now())
    assert (at_once, [(one.message.id, one.number) for one in later]) == ([], [(message, 2)])


def test_a_message_that_its_receiver_will_never_take_is_given_up(
    ledger: Ledger, message: str, clock: TurnedClock
) -> None:
    deliver(ledger, _always(Answer("http.400", final=True)), WORKER)
    clock.turn(seconds=2)

    assert Waiting(ledger).due(clock.now()) == []
    with ledger.read() as session:
        assert not session.get_one(OutboxDelivery, message).taken


def test_a_message_past_its_time_is_not_sent(ledger: Ledger, message: str, clock: TurnedClock) -> None:
    clock.turn(hours=1)

    assert Waiting(ledger).due(clock.now()) == []


def test_of_two_workers_with_one_message_one_is_recorded(ledger: Ledger, message: str) -> None:
    def send_while_another_does(waiting: OutboxMessage) -> Answer:
        deliver(ledger, _always(Answer("delivered", taken=True)), WORKER)
        return Answer("delivered", taken=True)

    taken = deliver(ledger, send_while_another_does, WORKER)

    with ledger.read() as session:
        assert len(session.scalars(select(OutboxAttempt)).all()) == 1
    assert taken == 0
