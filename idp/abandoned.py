"""Requests that led to nothing go a day after their end: they may name a person, and their purpose is over (DP-06).

What somebody handed in and nobody used, a device whose code nobody typed, a question that its person never answered.
A request that was used or answered stays: it says what was asked, and so what was agreed to. So do the entries of all.
Each batch is one entry (`ledger.purged`) that names what went with it, so it is safe to be killed at any instant.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlalchemy.orm import Session as Reading

from idp.elsewhere.tables import BackchannelAnswer, BackchannelRequest, DeviceAnswer, DeviceRequest
from idp.policy import PUSHED_LIFE
from idp.tables import Account, PushedRequest, PushedRequestUse
from ledger.base import Personal, without
from ledger.erasing import HeldBack, erase
from ledger.event import Actor
from ledger.ledger import Ledger, Taken
from ledger.log import Leaf
from ledger.purged import ABANDONED, KEPT

BATCH = 100
"""Rows of one entry."""
Held = Select[str]
"""Selects the ids of the persons of whose records nothing may go."""


@dataclass(frozen=True)
class _Kind:
    asked: type[Any]
    used: type[Any]

    def over(self, now: datetime) -> Select[Any]:
        """Those whose end is past for long enough, sealed, and not used; the oldest first."""
        before = now - KEPT
        is_past = self.asked.at < before - PUSHED_LIFE if self.asked is PushedRequest else self.asked.until < before
        sealed = select(Leaf.entry_id).where(Leaf.entry_id == self.asked.entry_id)
        return without(select(self.asked).where(is_past, sealed.exists()), self.asked.id, self.used)


KINDS = (
    _Kind(PushedRequest, PushedRequestUse),
    _Kind(DeviceRequest, DeviceAnswer),
    _Kind(BackchannelRequest, BackchannelAnswer),
)


def abandoned(reading: Reading, now: datetime, held: Held, most: int = BATCH) -> list[Personal]:
    """At most so many that may go now."""
    found: list[Personal] = []
    for kind in KINDS:
        statement = kind.over(now)
        if kind.asked is BackchannelRequest:
            theirs = select(Account.id).where(Account.person_id.in_(held))
            statement = statement.where(BackchannelRequest.account_id.not_in(theirs))
        found += reading.scalars(statement.order_by(kind.asked.id).limit(most - len(found))).all()
    return found


def forget_abandoned(ledger: Ledger, held: Held, actor: Actor) -> Iterator[int]:
    """Batch after batch is gone, until nothing is left that may go; of each how many rows.

    Of two at once one takes a batch; the other looks anew. Raises NotAsWritten: somebody must look first.
    """
    while rows := _look(ledger, held):
        try:
            erase(ledger, ABANDONED, None, actor, rows, partial(_free, held=held, rows=rows))
        except (HeldBack, Taken):
            continue
        yield len(rows)


def _look(ledger: Ledger, held: Held) -> list[Personal]:
    with ledger.read() as reading:
        return abandoned(reading, ledger.clock.now(), held)


def _free(connection: Connection, held: Held, rows: Sequence[Personal]) -> bool:
    """Whether no hold came on any of these persons' records meanwhile."""
    accounts = [one.account_id for one in rows if isinstance(one, BackchannelRequest)]
    theirs = select(Account.id).where(Account.person_id.in_(held), Account.id.in_(accounts))
    return connection.scalar(theirs.limit(1)) is None
