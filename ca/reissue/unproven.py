"""Turns of the stop button, and of the switches of campaigns, that nobody who might provably made."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from sqlalchemy import select

from ca.governance.provenance import Provenance
from ca.governance.unproven import Unproven, unproven
from ca.reissue.switches import provably_turned
from ca.tables.reissue import IssuanceSwitch, ReissueSwitch
from ledger.entry import Entry

HALTED, NOT_RESUMED = "unproven.halted", "unproven.not-resumed"


def unturned(provenance: Provenance) -> Iterator[Unproven]:
    """Turns of the stop button, then those of campaigns, in their order."""
    for turn, entry in chain(_turns(provenance, IssuanceSwitch), _turns(provenance, ReissueSwitch)):
        if not provably_turned(provenance, turn, entry):
            yield unproven(turn, entry, HALTED if turn.halted else NOT_RESUMED)


def _turns(provenance: Provenance, kind: type[IssuanceSwitch] | type[ReissueSwitch]) -> Any:
    return provenance.session.execute(select(kind, Entry).join(Entry, Entry.id == kind.entry_id).order_by(kind.id))
