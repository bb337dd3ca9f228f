"""How the signing room waits for a seal: by the sealer's bell, and for so long only."""

from pathlib import Path

import pytest
from sqlalchemy import event

import scripts.issue
from ca.issuance.line import NotSealed
from ledger.ledger import Ledger
from ledger.seal import seal
from scripts.issue import await_seal
from tests.ledger.doubles import SeedSigner, note_people


class Rung:
    """An ear that hears what this sealer does, which does it when somebody listens."""

    def __init__(self, ledger: Ledger, outside: Path, deaf_for: int = 0) -> None:
        self._ledger, self._outside, self._left = ledger, outside, deaf_for
        self.waits = 0

    def wait(self, _seconds: float) -> bool:
        self.waits += 1
        if self.waits <= self._left:
            return False
        seal(self._ledger, SeedSigner(), self._outside, self._ledger.clock.now())
        return True

    def close(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize("deaf_for", [0, 3])
def test_who_hears_the_sealer_looks_once_before_and_once_after_each_ring(
    ledger: Ledger, tmp_path: Path, deaf_for: int
) -> None:
    entries, ear, looks = note_people(ledger, 1), Rung(ledger, tmp_path / "outside", deaf_for), []
    sealing = Ledger(ledger.url, ledger.clock, ledger.randomness, "0.1.0", "test")
    event.listen(sealing.reading, "checkout", lambda *_: looks.append(1))

    await_seal(sealing, entries, ear)
    sealing.close()

    assert (ear.waits, len(looks)) == (deaf_for + 1, deaf_for + 2)


def test_what_nobody_seals_is_not_waited_for_without_end(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts.issue, "SEAL_WITHIN", 0.05)

    with pytest.raises(NotSealed):
        await_seal(ledger, note_people(ledger, 1))
