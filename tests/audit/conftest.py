"""The audit house over a ledger of twelve entries under two checkpoints."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from audit.app import create_app
from ledger.ledger import Ledger
from ledger.seal import seal
from tests.ledger.doubles import SeedSigner, note_people
from web.home import Home, Mode
from web.settings import HouseSettings


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def browser(ledger: Ledger, home: Home) -> FlaskClient:
    settings = HouseSettings("audit", home, Mode.PRACTICE, ledger.url, "https://localhost:8443")
    return create_app(settings, ledger).test_client()


@pytest.fixture
def entries(ledger: Ledger, home: Home) -> list[str]:
    made = []
    for start in (0, 6):
        made += note_people(ledger, *range(start, start + 6))
        seal(ledger, SeedSigner(), home.checkpoints, ledger.clock.now())
    return made
