"""An office of persons with keys, two of whom a ceremony admitted, who plan, approve, refuse and apply changes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select

from ca.configuration import Configuration, current
from ca.events.ceremonies import FirstDeskOpened, FirstOfficerAdmitted
from ca.governance import changes
from ca.governance.plan import APPLY, APPROVE, PLAN, REFUSE, Plan, act_for, resolve
from ca.governance.provenance import Provenance
from ca.tables.registration import Desk, DeskTerm
from ledger.acts import Act, SignedAct
from ledger.certificates import KeyUse
from ledger.decision import Allow, Decision, Refuse
from ledger.entry import Entry
from ledger.event import Actor
from ledger.ledger import Deed, Ledger
from ledger.people import Duty, Person
from ledger.roles import DutySpan
from pki.keys import key_sha256
from tests.idp.desk import certify
from tests.issuing import KeySigner, PracticeIssuer, der
from tests.recorded import TESTER, Noted

FIRST, SECOND, THIRD, FOURTH = NUMBERS = ("10000001", "10000002", "10000003", "10000004")
CEREMONY = Actor.system("ceremony")


@dataclass(frozen=True)
class Hand:
    """A person with an authentication key."""

    person_id: str
    signer: KeySigner
    certificate_sha256: str

    def sign(self, act: Act) -> SignedAct:
        return SignedAct(act, self.certificate_sha256, self.signer.sign(act.message()))


@dataclass
class Office:
    """Persons by number, and what they do about changes."""

    ledger: Ledger
    hands: dict[str, Hand] = field(default_factory=dict)

    def admit(self, number: str) -> None:
        """A person with a key and a certificate, and no duty."""
        person_id, signer = f"p{number}", KeySigner()
        self.ledger.entries([Deed(Noted(person_id), TESTER, [Person(id=person_id, number=number)])])
        issuer = PracticeIssuer()
        shown = der(issuer.leaf(number, int(number), signer))
        certify(self.ledger, person_id, shown, key=key_sha256(signer.public_key), issuer_der=issuer.der)
        self.hands[number] = Hand(person_id, signer, sha256(shown).hexdigest())

    def admit_first_officer(self, number: str) -> None:
        """As the ceremony does it."""
        self.admit(number)
        duty = Duty(
            id=f"first-{number}", person_id=f"p{number}", kind="registration-officer", desk="center",
            valid_from=self.ledger.clock.now(),
        )  # fmt: skip
        key = KeyUse(key_sha256=key_sha256(self.hands[number].signer.public_key), subject=f"p{number}")
        self.ledger.entries([Deed(FirstOfficerAdmitted(f"p{number}", key.key_sha256), CEREMONY, [duty, key])])

    def drafted(self, what: str, given: Mapping[str, Any]) -> Plan | Refuse:
        with self.ledger.read() as session:
            return resolve(Provenance(session), what, given, self.ledger.clock.now())

    def plan(self, number: str, what: str, **given: Any) -> str | Refuse:
        """The digest of the change that this person planned; a field `from_` stands for `from`."""
        wanted = self.drafted(what, {name.rstrip("_"): value for name, value in given.items()})
        if isinstance(wanted, Refuse):
            return wanted
        signed = self.hands[number].sign(act_for(PLAN, wanted.digest, wanted.planned_at))
        planned = changes.plan(self.ledger, wanted, signed)
        return planned if isinstance(planned, Refuse) else wanted.digest

    def approve(self, number: str, digest: str | Refuse) -> Decision:
        return changes.approve(self.ledger, str(digest), self.signed(number, APPROVE, str(digest)))

    def refuse(self, number: str, digest: str | Refuse) -> Decision:
        return changes.refuse(self.ledger, str(digest), self.signed(number, REFUSE, str(digest)))

    def apply(self, number: str, digest: str | Refuse) -> Decision:
        return changes.apply(self.ledger, str(digest), self.signed(number, APPLY, str(digest)))

    def signed(self, number: str, kind: str, digest: str) -> SignedAct:
        return self.hands[number].sign(act_for(kind, digest, self.ledger.clock.now()))

    def approved(self, what: str, planner: str = FIRST, approver: str = SECOND, **given: Any) -> str:
        """A change that waits for nothing but its application."""
        digest = self.plan(planner, what, **given)
        assert isinstance(digest, str), digest
        assert self.approve(approver, digest) == Allow()
        return digest

    def agreed(self, what: str, planner: str = FIRST, approver: str = SECOND, **given: Any) -> str:
        """A change in force."""
        digest = self.approved(what, planner, approver, **given)
        assert self.apply(planner, digest) == Allow()
        return digest

    def in_force(self) -> Configuration:
        with self.ledger.read() as session:
            return current(session)

    def believed(self, number: str) -> list[DutySpan]:
        with self.ledger.read() as session:
            return list(Provenance(session).duties([f"p{number}"]).get(f"p{number}", ()))

    def denials(self) -> list[str]:
        """The codes of what was denied so far, with who wanted it."""
        with self.ledger.read() as session:
            rows = session.execute(
                select(Entry.actor, Entry.body).where(Entry.kind == "change.denied").order_by(Entry.position)
            )
            return [f"{actor} {json.loads(body)['code']}" for actor, body in rows]


def furnished(ledger: Ledger) -> Office:
    """Two registration officers of the ceremony, two persons without duty, and the first desk."""
    office = Office(ledger)
    desk = Desk(id="desk-1", code="center", province="LA-VT")
    term = DeskTerm(id="term-1", desk_id="desk-1", number=1, valid_from=ledger.clock.now() - timedelta(days=1))
    ledger.entries([Deed(FirstDeskOpened("desk-1", "center"), CEREMONY, [desk, term])])
    for number in (FIRST, SECOND):
        office.admit_first_officer(number)
    for number in (THIRD, FOURTH):
        office.admit(number)
    return office


@pytest.fixture
def office(ledger: Ledger) -> Office:
    return furnished(ledger)


@pytest.fixture
def operated(office: Office) -> Office:
    """The same office, in which the third person is a CA operator."""
    office.agreed("duty.grant", person=THIRD, duty="ca-operator")
    return office


