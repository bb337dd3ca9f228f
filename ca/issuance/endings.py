"""All that the signing room ends in a turn, whoever wants it; one that breaks stops no other, and no CRL."""

from collections.abc import Callable, Mapping
from functools import partial

from ca.endings.answered import answer
from ca.endings.blocked import BlockedKeys
from ca.endings.cut_off import CutOffPersons
from ca.endings.each import EndingsBroken, each
from ca.endings.of_desks import DeskRevocations
from ca.endings.settlement import settle
from ca.governance.provenance import Issuers
from ca.machines.doors import Doors
from ca.machines.endings import settle_machines
from ca.reissue.settlement import Settling
from ledger.event import Actor
from ledger.ledger import Ledger
from web import logs


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
        self._told: set[str] = set()

    def settle(self, meanwhile: Callable[[], None]) -> EndingsBroken | None:
        """What is due has ended, or is in what is returned: the log has it once, and the next turn tries it again.

        Raises LedgerUnavailable and ClockWentBackwards alone, and what `meanwhile` raises, which is called in between.
        """
        try:
            each(self._steps, meanwhile)
        except EndingsBroken as broken:
            for name in broken.faults.keys() - self._told:
                logs.failure(f"ending-broken: {name}", broken.faults[name])
            self._told = set(broken.faults)
            return broken
        self._told.clear()
        return None
