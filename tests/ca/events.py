"""An event of the tests' own."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.event import Event, Id


@dataclass(frozen=True)
class Registered(Event):
    """The test brought a person into the register."""

    kind: ClassVar[str] = "person.registered"
    person: Id
