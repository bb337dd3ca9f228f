"""A person on duty who opens accounts and registers services, each act under a key that is in the ledger."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar

from idp.accounts import OpenedAccount, end, ending, open_account, opening, unlock, unlocking
from idp.clients import RegisteredClient, Registration, register, registering, retire, retiring
from ledger.acts import Act, SignedAct
from ledger.base import Fact
from ledger.certificates import Certificate, Intent, Issuer
from ledger.decision import Decision, Refuse
from ledger.event import Actor, Event, Id
from ledger.ledger import Ledger
from ledger.people import Duty, Person
from ledger.sealed_fields import SealedFields
from pki.keys import key_sha256
from tests.issuing import KeySigner, PracticeIssuer, der

TEST = Actor.system("test")
NUMBER = "10900001"


@dataclass(frozen=True)
class Arranged(Event):
    kind: ClassVar[str] = "test.arranged"
    thing: Id


@dataclass(frozen=True)
class Desk:
    """The person with the key, at work on this ledger."""

    ledger: Ledger
    signer: KeySigner
    certificate_sha256: str
    person_id: str

    @property
    def now(self) -> datetime:
        return self.ledger.clock.now()

    def sign(self, act: Act) -> SignedAct:
        return SignedAct(act, self.certificate_sha256, self.signer.sign(act.message()))

    def open(self, fields: SealedFields, number: str, password: str, *, renew: bool = False) -> OpenedAccount | Refuse:
        signed = self.sign(opening(number, self.now, renew=renew))
        return open_account(self.ledger, fields, number, password, signed, renew=renew)

    def register(self, wanted: Registration) -> RegisteredClient | Refuse:
        return register(self.ledger, wanted, self.sign(registering(wanted, self.now)))

    def retire(self, client_id: str) -> Decision:
        return retire(self.ledger, client_id, self.sign(retiring(client_id, self.now)))

    def unlock(self, number: str) -> Decision:
        return unlock(self.ledger, number, self.sign(unlocking(number, self.now)))

    def end(self, number: str) -> Decision:
        return end(self.ledger, number, self.sign(ending(number, self.now)))


def desk_of(ledger: Ledger, number: str = NUMBER, duty: str | None = "registration-officer") -> Desk:
    """A new person of the register with a key, a certificate, and this duty."""
    person_id, signer = f"p-{number}", KeySigner()
    since = ledger.clock.now() - timedelta(days=1)
    facts: list[Fact] = [Person(id=person_id, number=number)]
    if duty is not None:
        facts.append(Duty(id=f"duty-{number}", person_id=person_id, kind=duty, valid_from=since))
    with ledger.entry(Arranged(person_id), TEST) as tx:
        tx.add(*facts)
    shown = der(PracticeIssuer().leaf(number, int(number), signer))
    certify(ledger, person_id, shown, key=key_sha256(signer.public_key))
    return Desk(ledger, signer, sha256(shown).hexdigest(), person_id)


def certify(
    ledger: Ledger,
    person_id: str,
    shown: bytes,
    profile: str = "officer-authentication",
    until: datetime | None = None,
    key: str = "-",
    issuer_der: bytes = b"-",
    issuer: tuple[str, int] | None = None,
) -> str:
    """The certificate `shown` is in the ledger as this person's, of an `issuer` (name, generation). Returns its id."""
    own, now = f"c-{sha256(shown).hexdigest()[:16]}", ledger.clock.now()
    common = {"id": own, "issuer_id": f"i-{own}", "serial_number": own[2:], "profile": profile, "person_id": person_id}
    name, generation = issuer or (f"issuer-{own[:12]}", 1)
    ca = Issuer(
        id=f"i-{own}", name=name, generation=generation, certificate=issuer_der, crl_url="-", ocsp_url="-",
        certificate_url="-",
    )  # fmt: skip
    with ledger.entry(Arranged(own), TEST) as tx:
        tx.add(
            ca,
            Intent(**common, dense_number=1, tbs=b"-"),
            Certificate(**common, sha256=sha256(shown).hexdigest(), key_sha256=key, der=shown,
                        not_before=now - timedelta(days=2), not_after=until or now + timedelta(days=300)),
        )  # fmt: skip
    return own
