"""Fixtures that every room uses: a clock, chance, and a fresh migrated ledger."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.base import Base
from ledger.ledger import Ledger
from tests.doubles import SteadyChance, TurnedClock


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def chance() -> SteadyChance:
    return SteadyChance()


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/laotrust.db"


@pytest.fixture
def ledger(database_url: str, clock: TurnedClock, chance: SteadyChance) -> Iterator[Ledger]:
    """A ledger over a fresh database with every table."""
    import migrations.tables  # noqa: F401 - loads every table

    ledger = Ledger(database_url, clock, chance, "0.1.0", "test")
    Base.metadata.create_all(ledger.writing)
    yield ledger
    ledger.close()
