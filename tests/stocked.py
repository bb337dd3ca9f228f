"""A database that each worker of a test run fills once an engine: tests copy it, and go on from what is in it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from ledger.ledger import Ledger
from tests.doubles import SteadyChance, TurnedClock


class Fill(Protocol):
    """Fills an empty ledger; what belongs beside the database goes into the folder."""

    def __call__(self, ledger: Ledger, beside: Path, /) -> object: ...


@dataclass(frozen=True)
class Stocked:
    """A database to copy (a file, or a name on the cluster), what is beside it, and where clock and chance stood."""

    database: str
    beside: Path
    moment: datetime
    chance: Any
    left: Any
    """What `fill` returned."""

    def resume(self, clock: TurnedClock, chance: SteadyChance) -> None:
        """Who goes on from the copy goes on in time and in chance too."""
        clock.time = self.moment
        chance.resume(self.chance)


class Stock(Protocol):
    """Gives what `fill` made on this engine under this name; it is called once."""

    def __call__(self, engine: str, name: str, fill: Fill, /) -> Stocked: ...


def stocked_by(fill: Fill, database: str, url: str, beside: Path) -> Stocked:
    """Fills an empty migrated database, by a clock and chance as each test has them at its start."""
    clock, chance = TurnedClock(), SteadyChance()
    ledger = Ledger(url, clock, chance, "0.1.0", "test")
    left = fill(ledger, beside)
    ledger.close()
    return Stocked(database, beside, clock.now(), chance.state(), left)
