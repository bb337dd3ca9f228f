"""A key with very many certificates, as a machine has that renews its own and never makes another key."""

from datetime import datetime

from ledger.base import Fact
from ledger.certificates import Certificate, Intent
from ledger.ledger import Deed, Ledger
from tests.ca.conftest import TEST
from tests.ca.events import Registered

_FIRST = 5000


def copies(
    ledger: Ledger, first: Certificate, count: int, not_after: datetime | None = None, start: int = _FIRST
) -> list[str]:
    """The ids of so many further certificates for the key of the first one, alike but for their numbers."""
    with ledger.read() as session:
        enrolment_id = session.get_one(Intent, first.id).enrolment_id
    facts: list[Fact] = []
    for number in range(start, start + count):
        intent = Intent(
            id=f"n{number}", issuer_id=first.issuer_id, serial_number=f"{number:x}", dense_number=number,
            profile=first.profile, tbs=b"", enrolment_id=enrolment_id, person_id=first.person_id,
        )  # fmt: skip
        certificate = Certificate(
            id=intent.id, issuer_id=first.issuer_id, serial_number=intent.serial_number, sha256=f"{number:064x}",
            key_sha256=first.key_sha256, der=first.der, profile=first.profile, person_id=first.person_id,
            not_before=first.not_before, not_after=not_after or first.not_after,
        )  # fmt: skip
        facts += [intent, certificate]
    for begin in range(0, len(facts), 100):
        ledger.entries([Deed(Registered("copies"), TEST, facts[begin : begin + 100])])
    return [f"n{number}" for number in range(start, start + count)]
