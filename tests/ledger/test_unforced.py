"""What is committed before its seal waits for the disk once: with the seal."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text

from ledger.ledger import Deed, Ledger
from ledger.outside import Outside
from ledger.seal import Sealer
from tests.ledger.doubles import TESTER, PersonNoted, SeedSigner, note_people
from tests.ledger.test_seal import published

pytestmark = pytest.mark.postgresql_only("SQLite has each commit on the disk")


def deeds(number: int) -> list[Deed]:
    return [Deed(PersonNoted(f"p{number:06}"), TESTER)]


def test_only_what_waits_for_its_seal_and_the_row_of_a_checkpoint_do_not_wait_for_the_disk(
    ledger: Ledger, tmp_path: Path
) -> None:
    waits: list[str] = []

    @event.listens_for(ledger.writing, "commit")
    def ask(connection: Connection) -> None:
        waits.append(str(connection.exec_driver_sql("SHOW synchronous_commit").scalar()))

    ledger.entries(deeds(1), forced=False)
    ledger.entries(deeds(2))
    Sealer(ledger, SeedSigner(), Outside(tmp_path / "checkpoints")).seal(ledger.clock.now())

    assert waits == ["off", "on", "on", "off"]


def test_what_is_unforced_is_on_the_disk_before_its_checkpoint_goes_outside(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, found = Outside.keep, []
    behind = text("SELECT pg_current_wal_flush_lsn() >= CAST(:written AS pg_lsn)")

    def kept(*given: object) -> None:
        with ledger.reading.connect() as connection:
            found.append(connection.scalar(behind, {"written": written}))
        keep(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(Outside, "keep", kept)
    ledger.entries(deeds(1), forced=False)
    with ledger.reading.connect() as connection:
        written = connection.scalar(text("SELECT pg_current_wal_insert_lsn()"))
    Sealer(ledger, SeedSigner(), Outside(tmp_path / "checkpoints")).seal(ledger.clock.now())

    assert found == [True]
    assert published(ledger, tmp_path / "checkpoints") == 1


def test_an_unforced_entry_beside_others_of_one_transaction_is_forced(ledger: Ledger) -> None:
    waits: list[str] = []

    @event.listens_for(ledger.writing, "commit")
    def ask(connection: Connection) -> None:
        waits.append(str(connection.exec_driver_sql("SHOW synchronous_commit").scalar()))

    def both() -> None:
        ledger.entries(deeds(1), forced=False)
        note_people(ledger, 2)

    ledger.at_once(both)

    assert waits == ["on"]
