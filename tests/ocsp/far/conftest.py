"""An officers' CA under a root, some of its certificates ended or paused, and exports of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from ledger.ledger import Ledger
from ocsp.far.bundle import Bundle, Form
from ocsp.far.export import EACH_ALONE, LIFE, Exported, export, voice_of
from ocsp.far.population import populations
from ocsp.far.shelf import Shelf
from tests.doubles import TurnedClock
from tests.far import NumberedIssuer
from tests.issuing import PracticeIssuer


@dataclass
class Centre:
    """Where status is known: exports it to a shelf, again and again."""

    ledger: Ledger
    clock: TurnedClock
    issuer: NumberedIssuer
    shelf: Shelf

    @property
    def roots(self) -> list[bytes]:
        assert self.issuer.issuer.above
        return [self.issuer.issuer.above.der]

    def exported(self, life: timedelta = LIFE, forms: tuple[Form, ...] = EACH_ALONE, later: float = 60) -> Exported:
        """The export of so many seconds later; the shelf has it."""
        self.clock.turn(seconds=later)
        previous = self.shelf.bundle()
        with self.ledger.read() as session:
            found = populations(session, self.clock.now())
        voices = [voice_of(one, lambda _name: self.issuer.responder_signer) for one in found]
        done = export(found, voices, previous, self.clock.now(), life, forms)
        self.shelf.put(done.bundle)
        return done

    def bundle(self, later: float = 60) -> Bundle:
        return self.exported(later=later).bundle

    def issue(self, count: int = 1) -> list[tuple[str, x509.Certificate]]:
        return [self.issuer.issue() for _ in range(count)]

    def now(self) -> datetime:
        return self.clock.now()


@pytest.fixture
def centre(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> Centre:
    issuer = NumberedIssuer(ledger, issuer=PracticeIssuer("Practice officers", PracticeIssuer()))
    issuer.delegate()
    return Centre(ledger, clock, issuer, Shelf(tmp_path / "centre"))
