"""All that the signing room ends in a turn, whoever wants it; one that breaks stops no other, and no CRL.

Mostly nothing is to end, which one statement tells: it asks for all of it what each step itself begins with.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, or_, select

from ca.endings.answered import answer, moot
from ca.endings.blocked import BlockedKeys, with_life
from ca.endings.cut_off import CutOffPersons, overtaken
from ca.endings.each import EndingsBroken, each, nobody_waits
from ca.endings.looking_behind import OVERLAP, first_of
from ca.endings.of_desks import DeskRevocations, unfinished
from ca.endings.replacement import given_until, replaced_by
from ca.endings.settlement import open_orders, run_out_by, settle
from ca.governance.provenance import Issuers
from ca.machines.doors import Doors
from ca.machines.endings import settle_machines, waiting
from ca.reissue.running import unended
from ca.reissue.settlement import Settling
from ledger.base import Instant
from ledger.event import Actor
from ledger.facts import Facts
from ledger.ledger import Ledger
from web import logs

_NOW: BindParameter[datetime] = bindparam("now", type_=Instant())
_GIVEN_UNTIL: BindParameter[datetime] = bindparam("given_until", type_=Instant())
_FIRST: BindParameter[str] = bindparam("first")
_BEGINNINGS: tuple[Select[*tuple[Any, ...]], ...] = (
    run_out_by(_NOW),
    open_orders(),
    replaced_by(_GIVEN_UNTIL),
    waiting(),
    with_life(_FIRST, _NOW),
    overtaken(_FIRST, _NOW),
    unfinished(),
    unended(),
    moot(_NOW),
)
"""What is to be found for any step to have something to do."""
_ANY = Facts(select(or_(*(one.order_by(None).exists() for one in _BEGINNINGS))))


class Endings:
    """What may be due, with what the room remembers of it between two turns."""

    def __init__(self, ledger: Ledger, actor: Actor, issuers: Issuers, doors: Doors | None) -> None:
        self._steps: Mapping[str, Callable[[], int]] = {
            "pauses and replacements": partial(settle, ledger, actor, issuers),
            "machines": partial(settle_machines, ledger, actor, doors),
            "blocked keys": BlockedKeys(ledger, actor).settle,  # behind the machines, which block keys too
            "cut-off persons": CutOffPersons(ledger, actor).settle,
            "desks": DeskRevocations(ledger, actor, issuers).settle,
            "campaigns": Settling(ledger, actor, issuers).settle,
            "requests": partial(answer, ledger, actor),
        }
        self._ledger = ledger
        self._since: datetime | None = None
        """What was blocked or cut off before needs no look any more; None before the first turn."""
        self._told: set[str] = set()

    def settle(self, meanwhile: Callable[[], None] = nobody_waits) -> EndingsBroken | None:
        """What is due has ended, or is in what is returned: the log has it once, and the next turn tries it again.

        Raises LedgerUnavailable and ClockWentBackwards alone, and what `meanwhile` raises, which is called in between.
        """
        now = self._ledger.clock.now()
        try:
            if self._since is None or self._is_any_due(now):
                each(self._steps, meanwhile)
        except EndingsBroken as broken:
            for name in broken.faults.keys() - self._told:
                logs.failure(f"ending-broken: {name}", broken.faults[name])
            self._told = set(broken.faults)
            return broken
        self._told.clear()
        self._since = now - OVERLAP
        return None

    def _is_any_due(self, now: datetime) -> bool:
        with self._ledger.read(glance=True) as session:
            given = {"now": now, "given_until": given_until(session, now), "first": first_of(self._since)}
            return bool(_ANY.value(session, given))
