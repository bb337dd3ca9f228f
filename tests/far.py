"""A small nation whose status is told far away: a root, a CA, its responder, serial numbers as ours are."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from ledger.certificates import Intent
from pki.certificate import serial_number
from pki.status_digest import Section, StatusDigest, sealed
from pki.trust_list import TrustList, identifier_of
from tests.doubles import START, SteadyChance
from tests.issuing import KeySigner, PracticeIssuer, der
from tests.recorded import RecordedIssuer


@dataclass
class Nation:
    """The officers' CA under a root; its responder's certificate is the CA's first."""

    root: PracticeIssuer = field(default_factory=PracticeIssuer)
    responder: KeySigner = field(default_factory=KeySigner)

    def __post_init__(self) -> None:
        self.officers = PracticeIssuer("Practice officers", self.root)
        self.responder_der = der(self.officers.responder(self.responder, serial(1)))

    def trust_list(self) -> bytes:
        return TrustList((self.root.der, self.officers.der), (self.responder_der,)).octets

    def digest(
        self, covered: int, ended: tuple[int, ...] = (), paused: tuple[int, ...] = (), at: datetime = START
    ) -> bytes:
        """The officers' certificates, signed by their responder, good for a week."""
        section = Section(1, 0, covered, ended, paused)
        digest = StatusDigest(at, at + timedelta(days=7), identifier_of(self.trust_list()), (section,))
        return sealed(digest, [self.responder])


@dataclass
class NumberedIssuer(RecordedIssuer):
    """An issuer in the ledger whose serial numbers begin with the dense ones, as our CA's do: 1, 2, 3 …"""

    def __post_init__(self) -> None:
        self.numbers = count(1)
        super().__post_init__()

    def intend(self, profile: str = "officer-authentication", serial_number: int | None = None) -> tuple[str, int]:
        dense, intent_id = next(self.numbers), self.ledger.new_id()
        self.write(
            Intent(
                id=intent_id,
                issuer_id=self.id,
                serial_number=f"{serial(dense):x}",
                dense_number=dense,
                profile=profile,
                tbs=b"",
                enrolment_id=None,
                person_id=None,
            )
        )
        return intent_id, serial(dense)


def serial(dense: int) -> int:
    return serial_number(dense, SteadyChance(dense)(12))


def scattered(count: int, of: int) -> tuple[int, ...]:
    """So many of the numbers from 1 on, as chance has it; the same in every run."""
    chance, found = SteadyChance(count), set[int]()
    while len(found) < count:
        found.add(int.from_bytes(chance(6), "big") % of + 1)
    return tuple(sorted(found))
