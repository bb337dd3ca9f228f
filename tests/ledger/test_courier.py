"""The courier brings many messages at once, and no receiver can make the others wait."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event as Signal
from threading import Lock, Timer
from time import monotonic, sleep
from typing import ClassVar

import pytest
from sqlalchemy import select

from ledger.courier import Courier
from ledger.event import Actor, Event
from ledger.ledger import ClockWentBackwards, Ledger
from ledger.outbox import PER_RECEIVER, Answer, OutboxAttempt, OutboxDelivery, OutboxMessage
from tests.doubles import TurnedClock

WORKER = Actor.system("work")
TAKEN = Answer("delivered", taken=True)


@dataclass(frozen=True)
class SomethingHappened(Event):
    kind: ClassVar[str] = "test.happened"


@dataclass
class Receivers:
    """Those under `hangs` take a message and say nothing until they are let go."""

    let_go: Signal = field(default_factory=Signal)
    lock: Lock = field(default_factory=Lock)
    sent: list[str] = field(default_factory=list)

    def send(self, message: OutboxMessage) -> Answer:
        with self.lock:
            self.sent.append(message.url)
        if "hangs" in message.url:
            self.let_go.wait(20)
        return TAKEN


@pytest.fixture
def receivers() -> Receivers:
    return Receivers()


@pytest.fixture
def courier(ledger: Ledger, receivers: Receivers) -> Iterator[Courier]:
    courier = Courier(ledger, receivers.send, WORKER)
    yield courier
    receivers.let_go.set()
    courier.settle(20)
    courier.close()


def post(ledger: Ledger, *urls: str) -> list[str]:
    """One message to each; their ids."""
    messages = [
        OutboxMessage(
            id=ledger.new_id(), kind="backchannel-logout", url=url, client_id="c", content_type="text/plain", body=b"x",
            not_after=ledger.clock.now() + timedelta(hours=1),
        )
        for url in urls
    ]  # fmt: skip
    with ledger.entry(SomethingHappened(), WORKER) as tx:
        tx.add(*messages)
    return [message.id for message in messages]


def taken(courier: Courier, wanted: int) -> int:
    """How many were taken until there were so many, or a second was over."""
    until, found = monotonic() + 1, 0
    while found < wanted and monotonic() < until:
        found += courier.look()
        sleep(0.01)
    return found


def test_a_receiver_that_hangs_holds_up_no_other(ledger: Ledger, courier: Courier, receivers: Receivers) -> None:
    post(ledger, *["https://hangs/a"] * 20, "https://one/", "https://two/")

    first = taken(courier, 2)
    post(ledger, "https://three/")
    then = taken(courier, 1)

    assert (first, then) == (2, 1)


def test_one_look_brings_all_that_a_quick_receiver_takes(
    ledger: Ledger, courier: Courier, receivers: Receivers
) -> None:
    post(ledger, *["mailto:a@mtc.gov.la"] * 30)

    found = courier.look_for(20)

    assert (found, len(receivers.sent)) == (30, 30)


def test_what_comes_while_a_receiver_hangs_need_not_wait_for_the_next_look(
    ledger: Ledger, courier: Courier, receivers: Receivers
) -> None:
    post(ledger, "https://hangs/a")
    courier.look()
    late = Timer(0.1, lambda: post(ledger, "https://one/"))
    late.start()

    found = courier.look_for(2)

    late.join()
    assert (found, receivers.sent) == (1, ["https://hangs/a", "https://one/"])


def test_one_receiver_has_few_at_a_time_and_gets_all_in_the_end(
    ledger: Ledger, courier: Courier, receivers: Receivers
) -> None:
    post(ledger, *["https://hangs/a"] * 5)

    courier.look()
    courier.look()
    at_first = len(receivers.sent)
    receivers.let_go.set()
    all_of_them = taken(courier, 5)

    assert (at_first, all_of_them, len(receivers.sent)) == (PER_RECEIVER, 5, 5)


def test_what_came_back_while_nothing_could_be_written_is_recorded_later_and_not_sent_again(
    ledger: Ledger, courier: Courier, receivers: Receivers, clock: TurnedClock
) -> None:
    [message] = post(ledger, "https://one/")
    courier.look()
    clock.turn(minutes=-5)
    with pytest.raises(ClockWentBackwards):
        courier.settle()
    clock.turn(minutes=5)

    found = courier.settle()

    with ledger.read() as session:
        assert session.get_one(OutboxDelivery, message).taken
        assert len(session.scalars(select(OutboxAttempt)).all()) == 1
    assert (found, receivers.sent) == (1, ["https://one/"])
