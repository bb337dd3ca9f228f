"""Of all that is committed only a checkpoint's row does not wait for the disk: it stands outside already."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from ledger.ledger import Ledger
from ledger.outside import Outside
from ledger.seal import Sealer
from tests.ledger.doubles import SeedSigner, note_people


@pytest.mark.postgresql_only("SQLite has each commit on the disk")
def test_all_wait_for_the_disk_but_the_row_of_a_checkpoint(ledger: Ledger, tmp_path: Path) -> None:
    waits: list[str] = []

    @event.listens_for(ledger.writing, "commit")
    def ask(connection: Connection) -> None:
        waits.append(str(connection.exec_driver_sql("SHOW synchronous_commit").scalar()))

    note_people(ledger, 1)
    Sealer(ledger, SeedSigner(), Outside(tmp_path / "checkpoints")).seal(ledger.clock.now())
    note_people(ledger, 2)

    assert waits == ["on", "on", "off", "on"]
