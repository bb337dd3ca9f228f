"""A practice hierarchy written into a ledger, step by step, as the CA would."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import ClassVar

from cryptography import x509

from ledger.base import Fact
from ledger.certificates import Certificate, Hold, HoldRelease, Intent, Issuer, Revocation
from ledger.event import Actor, Event, Id
from ledger.ledger import Ledger
from pki.keys import key_sha256
from pki.parsed import parse_certificate
from tests.issuing import KeySigner, PracticeIssuer, der

TESTER = Actor.system("test")
OCSP_URL = "http://127.0.0.1:8441/"


@dataclass(frozen=True)
class Noted(Event):
    """Something was written for a test."""

    kind: ClassVar[str] = "test.noted"
    thing: Id


@dataclass
class RecordedIssuer:
    """An issuer in the ledger with a delegated responder; serial numbers count up from 1000."""

    ledger: Ledger
    name: str = "officers"
    issuer: PracticeIssuer = field(default_factory=lambda: PracticeIssuer("Practice officers"))
    responder_signer: KeySigner = field(default_factory=KeySigner)
    numbers: "count[int]" = field(default_factory=lambda: count(1000))
    crl_shards: int | None = None

    def __post_init__(self) -> None:
        self.id = self.ledger.new_id()
        self.write(
            Issuer(
                id=self.id,
                name=self.name,
                generation=1,
                certificate=self.issuer.der,
                crl_url="http://127.0.0.1:8440/crl/officers-1.crl",
                ocsp_url=OCSP_URL,
                certificate_url="http://127.0.0.1:8440/issuer/officers-1.cer",
                crl_shards=self.crl_shards,
            )
        )

    def write(self, fact: Fact) -> None:
        with self.ledger.entry(Noted(self.id), TESTER) as tx:
            tx.add(fact)

    def intend(self, profile: str = "officer-authentication", serial_number: int | None = None) -> tuple[str, int]:
        """An Intent without a certificate; its id and serial number."""
        number = next(self.numbers) if serial_number is None else serial_number
        intent_id = self.ledger.new_id()
        self.write(
            Intent(
                id=intent_id,
                issuer_id=self.id,
                serial_number=f"{number:x}",
                dense_number=number,
                profile=profile,
                tbs=b"",
                enrolment_id=None,
                person_id=None,
            )
        )
        return intent_id, number

    def finish(
        self, intent_id: str, certificate: x509.Certificate, profile: str = "officer-authentication"
    ) -> x509.Certificate:
        """The Intent has its certificate."""
        parsed = parse_certificate(der(certificate))
        self.write(
            Certificate(
                id=intent_id,
                issuer_id=self.id,
                serial_number=f"{parsed.serial:x}",
                sha256=sha256(der(certificate)).hexdigest(),
                key_sha256=key_sha256(parsed.spki),
                der=der(certificate),
                profile=profile,
                person_id=None,
                not_before=parsed.not_before,
                not_after=parsed.not_after,
            )
        )
        return certificate

    def issue(self) -> tuple[str, x509.Certificate]:
        """A finished officer's certificate and its id."""
        intent_id, number = self.intend()
        return intent_id, self.finish(intent_id, self.issuer.leaf("ສົມພອນ", number))

    def delegate(self, signer: KeySigner | None = None, **validity: object) -> tuple[str, x509.Certificate]:
        """A responder certificate for `signer` (default: the issuer's own responder key) and its id."""
        intent_id, number = self.intend("ocsp-responder")
        certificate = self.issuer.responder(signer or self.responder_signer, number, **validity)  # type: ignore[arg-type]
        return intent_id, self.finish(intent_id, certificate, "ocsp-responder")

    def revoke(self, certificate_id: str, at: datetime, reason: str = "keyCompromise") -> None:
        self.write(Revocation(certificate_id=certificate_id, at=at, reason=reason))

    def hold(self, certificate_id: str, at: datetime) -> str:
        hold_id = self.ledger.new_id()
        self.write(Hold(id=hold_id, certificate_id=certificate_id, at=at))
        return hold_id

    def release(self, hold_id: str, at: datetime) -> None:
        self.write(HoldRelease(hold_id=hold_id, at=at))
