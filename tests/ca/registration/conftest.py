"""A desk without a ceremony: requests are taken up or refused there, and nothing can be signed."""

from pathlib import Path

import pytest

from ca.ceremonies.practice import DESK
from ledger.ledger import Ledger
from ledger.sealed_fields import SealedFields
from tests.ca.conftest import FIRST, SECOND, PracticeCa, register_person
from tests.ca.registration.offices import desk, duty
from web.home import Home


@pytest.fixture
def counter(ledger: Ledger, tmp_path: Path) -> PracticeCa:
    """The Center's own desk with its two registration officers; no key was ever made."""
    desk(ledger, DESK)
    for number in (FIRST, SECOND):
        register_person(ledger, number)
        duty(ledger, number, DESK)
    return PracticeCa(ledger, Home(tmp_path), SealedFields([bytes(32)]))
