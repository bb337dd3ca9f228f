"""Papers of long ago in a ledger of each engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.ledger import Ledger
from tests.ca.desk import Desk
from tests.ca.retention.papers import Papers
from tests.conftest import url_of
from tests.doubles import SteadyChance, TurnedClock


@pytest.fixture
def papers(ledger: Ledger, clock: TurnedClock, database_url: str, tmp_path: Path) -> Iterator[Papers]:
    own = Ledger(url_of("purge", database_url), clock, SteadyChance(3), "0.1.0", "purge")
    yield Papers(Desk(ledger), own, tmp_path / "checkpoints")
    own.close()
