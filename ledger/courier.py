"""Bringing what waits in the outbox to its receivers, many at once; each try and its outcome is on record."""

from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from time import monotonic

from ledger.event import Actor, Event
from ledger.ledger import Ledger, Taken
from ledger.outbox import (
    AT_ONCE,
    Answer,
    MessageDelivered,
    MessageNotDelivered,
    OutboxAttempt,
    OutboxDelivery,
    OutboxMessage,
)
from ledger.waiting import Due, Waiting

_NEW_EVERY = 0.2
"""Seconds after which what is new is looked for, though a receiver still keeps us waiting."""


class Courier:
    """Brings messages to their receivers, AT_ONCE at a time: one that hangs holds up nobody but itself.

    `send` is given one message and answers; it runs in a thread and must not raise for what a network can do.
    """

    def __init__(
        self, ledger: Ledger, send: Callable[[OutboxMessage], Answer], actor: Actor, waiting: Collection[str] = ()
    ) -> None:
        self._ledger, self._send, self._actor, self._waiting = ledger, send, actor, Waiting(ledger, waiting)
        self._pool = ThreadPoolExecutor(AT_ONCE, "courier")
        self._under_way: dict[Future[Answer], Due] = {}

    def look(self, now: datetime | None = None) -> int:
        """What has come back is recorded, and what is due is under way. Returns how many were taken.

        Raises LedgerUnavailable; nothing is lost then, and what came back is recorded by a later look.
        """
        taken = self._record()
        at, most = now or self._ledger.clock.now(), AT_ONCE - len(self._under_way)
        for one in self._waiting.due(at, most):
            self._under_way[self._pool.submit(self._send, one.message)] = one
        return taken

    def look_for(self, seconds: float) -> int:
        """Looks, and again as soon as something has come back, for so long or until nothing is under way.

        So a receiver of thousands of letters is limited by himself, not by how often somebody looks.
        """
        until = monotonic() + seconds
        taken = self.look()
        while not self.idle and (left := until - monotonic()) > 0:
            wait(self._under_way, min(left, _NEW_EVERY), FIRST_COMPLETED)
            taken += self.look()
        return taken

    def settle(self, seconds: float | None = None) -> int:
        """What is under way has come back, or so many seconds are over. Returns how many were taken."""
        wait(self._under_way, seconds)
        return self._record()

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._under_way

    def close(self) -> None:
        """Nothing more is sent."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _record(self) -> int:
        taken = 0
        for future in [one for one in self._under_way if one.done()]:
            one, answer = self._under_way[future], future.result()
            recorded = _tried(self._ledger, one, answer, self._actor)
            del self._under_way[future]
            if recorded and (answer.taken or answer.final):
                self._waiting.over(one.message.id)
            else:
                self._waiting.back(one.message.id, self._ledger.clock.now())
            taken += recorded and answer.taken
        return taken


def deliver(
    ledger: Ledger, send: Callable[[OutboxMessage], Answer], actor: Actor, waiting: Collection[str] = ()
) -> int:
    """Every message that is due was tried once by `send` and the outcome recorded. Returns how many were taken."""
    now, courier = ledger.clock.now(), Courier(ledger, send, actor, waiting)
    try:
        taken = courier.look(now)
        while not courier.idle:
            taken += courier.settle() + courier.look(now)
    finally:
        courier.close()
    return taken


def _tried(ledger: Ledger, one: Due, answer: Answer, actor: Actor) -> bool:
    """Whether the try is on record; not when another worker's try of this number was recorded first."""
    message = one.message.id
    event: Event = MessageNotDelivered(message, one.number, answer.code, answer.final)
    if answer.taken:
        event = MessageDelivered(message, one.number)
    try:
        with ledger.entry(event, actor) as tx:
            tx.add(OutboxAttempt(id=tx.new_id(), message_id=message, number=one.number, at=tx.at, outcome=answer.code))
            if answer.taken or answer.final:
                tx.add(OutboxDelivery(message_id=message, at=tx.at, taken=answer.taken))
    except Taken:
        return False
    return True
