"""On PostgreSQL the database itself knows who may publish."""

from pathlib import Path

import pytest

from ca.app import create_app
from ca.statement.publishing import publish_first
from ledger.event import Actor
from ledger.ledger import Ledger, LedgerRefused
from tests.conftest import url_of
from tests.doubles import SteadyChance, TurnedClock
from web.home import Home, Mode
from web.settings import HouseSettings


@pytest.mark.postgresql_only("only there each process has a role of its own")
def test_a_ceremony_may_publish_and_the_house_may_only_read(
    database_url: str, clock: TurnedClock, chance: SteadyChance, tmp_path: Path
) -> None:
    (tmp_path / "mode").write_text("practice\n")
    (tmp_path / "base-port").write_text("8440\n")
    home = Home(tmp_path)
    house, ceremony = (
        Ledger(url_of(process, database_url), clock, chance, "0.1.0", process) for process in ("ca", "ceremony")
    )

    with pytest.raises(LedgerRefused):
        publish_first(house, home, Actor.system("ca"))
    publish_first(ceremony, home, Actor.system("ceremony"))

    settings = HouseSettings("ca", home, Mode.PRACTICE, house.url, "https://localhost:8443")
    page = create_app(settings, ledger=house).test_client().get("/cps")
    house.close()
    ceremony.close()
    assert page.status_code == 200
