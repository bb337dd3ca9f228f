"""One small running installation for the tests of faults: every process, set up by the demonstration's own code.

A test that breaks something mends it before it ends. All processes die with the test run, however it ends.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import func, select

from ledger.entry import Entry
from scripts.demonstration.installation import Installation
from scripts.demonstration.journal import Journal
from scripts.demonstration.setting_up import Ready, Size, prepare_home, set_up
from tests.ports import free_base
from web.home import Home

SMALL = Size(officers=12, citizens=6, dirt=0.25)


def quiet() -> Journal:
    """A journal whose lines nobody reads."""
    return Journal(Console(file=StringIO()))


@dataclass
class Running:
    """The installation with what its setting up gave, and questions to its ledger that many tests ask."""

    installation: Installation
    ready: Ready

    @property
    def home(self) -> Home:
        return self.installation.home

    def newest(self) -> str:
        """The id of the newest entry."""
        with self.installation.ledger("audit").read() as session:
            return session.scalar(select(func.max(Entry.id))) or ""

    def since(self, entry_id: str, kinds: str = "%") -> list[str]:
        """The kinds, like `kinds`, of the entries after that one, in order."""
        wanted = select(Entry.kind).where(Entry.id > entry_id, Entry.kind.like(kinds)).order_by(Entry.id)
        with self.installation.ledger("audit").read() as session:
            return list(session.scalars(wanted))


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    assert "LAOTRUST_DATABASE_URL" not in os.environ
    installation = Installation(Home(tmp_path_factory.mktemp("running") / "home"))
    try:
        prepare_home(installation.home, free_base())
        yield Running(installation, set_up(installation, quiet(), SMALL))
    finally:
        installation.close()
