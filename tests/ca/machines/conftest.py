"""A ministry whose machines may ask."""

from pathlib import Path

import pytest

from ledger.ledger import Ledger
from tests.ca.conftest import PracticeCa
from tests.ca.held import inaugurate
from tests.ca.machines.ministry import Ministry
from tests.doubles import SteadyChance, TurnedClock
from tests.stocked import Stock, Stocked


def founded(ledger: Ledger, beside: Path) -> Ministry:
    return Ministry.of(PracticeCa.at(ledger, inaugurate(ledger, beside / "home")))


@pytest.fixture
def stocked(stock: Stock, database_engine: str) -> Stocked:
    return stock(database_engine, "ministry", founded)


@pytest.fixture
def ministry(
    ledger: Ledger, stocked: Stocked, clock: TurnedClock, chance: SteadyChance, tmp_path: Path
) -> Ministry:
    stocked.resume(clock, chance)
    copied: Ministry = stocked.left.copied(ledger, tmp_path / "home")
    return copied


@pytest.fixture
def ca(ministry: Ministry) -> PracticeCa:
    """The ministry's."""
    return ministry.ca
