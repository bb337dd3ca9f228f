"""Of all that is committed only a checkpoint's row does not wait for the disk: it stands outside already."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ledger.ledger import Ledger
from ledger.outside import Outside
from ledger.seal import Sealer
from ledger.wire import Wire
from tests.ledger.doubles import SeedSigner, note_people


@pytest.mark.postgresql_only("SQLite has each commit on the disk")
def test_all_wait_for_the_disk_but_the_row_of_a_checkpoint(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[str] = []

    def enter(wire: Wire, several: Sequence[tuple[str, Mapping[str, Any]]], _behind: str) -> None:
        [*_, [[waited]]] = wire.asked_each([*several, ("SHOW synchronous_commit", {})])
        waits.append(waited)
        wire.commit()

    monkeypatch.setattr(Wire, "enter", enter)
    note_people(ledger, 1)
    Sealer(ledger, SeedSigner(), Outside(tmp_path / "checkpoints")).seal(ledger.clock.now())
    note_people(ledger, 2)

    assert waits == ["on", "on", "off", "on"]
