"""What happens to records that need not, or must, be kept."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.event import Code, Event, Id


@dataclass(frozen=True)
class ErasureOrdered(Event):
    """An operator ordered that these rows be erased; entries `ledger.purged` say which are gone."""

    kind: ClassVar[str] = "erasure.ordered"
    order: Id
    rule: Code
    rows: int
    by: Id


@dataclass(frozen=True)
class ErasureRefused(Event):
    """Somebody wanted to erase records, or to hold or release them, and may not, or there is nothing to do it to."""

    kind: ClassVar[str] = "erasure.refused"
    code: Code
    by: Id | None = None


@dataclass(frozen=True)
class RecordsHeld(Event):
    """Nothing of a person's records is erased from now on."""

    kind: ClassVar[str] = "records.held"
    hold: Id
    person: Id
    code: Code
    by: Id


@dataclass(frozen=True)
class RecordsReleased(Event):
    """A hold on a person's records is lifted."""

    kind: ClassVar[str] = "records.released"
    hold: Id
    person: Id
    by: Id


EVENTS = (ErasureOrdered, ErasureRefused, RecordsHeld, RecordsReleased)
