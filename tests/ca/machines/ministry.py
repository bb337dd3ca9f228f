"""A ministry whose machines may ask for certificates: its people, the allowance, and what each of them signs."""

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AttributeOID, NameOID
from sqlalchemy import select

from ca.ceremonies.steps.first_officer import DESK
from ca.governance import changes
from ca.governance.plan import APPLY, APPROVE, PLAN, Plan, resolve
from ca.governance.plan import act_for as changing
from ca.governance.provenance import Provenance
from ca.machines.allowances import act_to_accept, act_to_confirm
from ca.machines.doors import KEY, Doors, Made, make
from ca.machines.forms import Wish, parsed_form, wish_of
from ca.machines.requests import Asking, take_up
from ca.machines.rules import CredentialKind, Protocol
from ca.machines.signing import accept, confirm
from ca.registration.holder import confirm as confirm_certificate
from ca.registration.holders_word import act_for as confirming
from ca.statement import publishing, terms
from ca.statement.edition import edition
from ca.statement.publishing import act_for as stating
from ca.tables.machines import Allowance
from ledger.certificates import Certificate
from ledger.decision import Allow, Decision, Refuse
from ledger.entry import Entry
from ledger.event import Actor
from ledger.ledger import Ledger
from ledger.people import Duty
from tests.ca.conftest import FIRST, SECOND, PracticeCa, register_person, request_for
from tests.ca.registration.offices import appoint, approve, body
from tests.issuing import PrivateKey, new_key
from web.home import Home

MACHINES = Actor.system("machines")
HOLDER, OFFICER, STRANGER = "10000017", "10000021", "10000022"
GRANT: dict[str, Any] = {
    "organisation": "MTC", "person": HOLDER, "desk": DESK, "profile": "tls-server", "zones": ["mtc.gov.la"],
    "hosts": ["localhost"], "protocols": ["acme", "cmp", "est", "scep"], "most": 20, "until": "2027-06-30",
}  # fmt: skip


def csr(key: PrivateKey, *hosts: str, common_name: str = "", challenge: str = "") -> bytes:
    """A PKCS#10 for these hosts, DER, by another hand than ours."""
    called = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else []
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(called))
    if hosts:
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    if challenge:
        builder = builder.add_attribute(AttributeOID.CHALLENGE_PASSWORD, challenge.encode())
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def keyed(ca: PracticeCa, number: str) -> str | Refuse:
    """A request of this person for a certificate to sign in and act with; its key is in his file."""
    key = new_key()
    file = ca.home.path / "people" / f"{number}-authentication.key.pem"
    file.touch(0o600)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return ca.hand_in(ca.application(number, "officer-authentication", request=request_for(key)))


@dataclass
class Ministry:
    """The Ministry of Technology and Communications, its responsible person and an officer who may speak for it."""

    ca: PracticeCa
    keys: dict[str, PrivateKey] = field(default_factory=dict)

    @classmethod
    def of(cls, ca: PracticeCa) -> "Ministry":
        """In the register, with certificates that their holders confirmed; another ministry stands beside it."""
        body(ca.ledger, "MTC")
        body(ca.ledger, "MOF", domains="mof.gov.la")
        for number, code in ((HOLDER, "MTC"), (OFFICER, "MTC"), (STRANGER, "MOF")):
            register_person(ca.ledger, number)
            appoint(ca.ledger, number, code)
            approve(ca, keyed(ca, number))
        assert len(ca.room().turn().issued) == 3
        found = cls(ca)
        found.confirm_certificate(HOLDER)
        return found

    def copied(self, ledger: Ledger, home: Path) -> "Ministry":
        """The same people over a copy of the ledger, and of the home, which is made there."""
        shutil.copytree(self.ca.home.path, home)
        ca = replace(self.ca, ledger=ledger, home=Home(home), keys=dict(self.ca.keys))
        return Ministry(ca, dict(self.keys))

    @property
    def doors(self) -> Doors:
        doors = Doors.at(self.ca.home.key_uri(KEY))
        assert doors is not None
        return doors

    def confirm_certificate(self, number: str) -> None:
        with self.ca.ledger.read() as session:
            mine = session.scalars(select(Certificate).where(Certificate.person_id == f"p{number}")).one()
        signed = self.ca.sign(number, confirming(mine, self.ca.ledger.clock.now()))
        outcome = confirm_certificate(self.ca.ledger, mine.sha256, signed)
        assert not isinstance(outcome, Refuse), outcome

    def drafted(self, what: str = "allowance.grant", **given: Any) -> Plan | Refuse:
        with self.ca.ledger.read() as session:
            return resolve(Provenance(session), what, given, self.ca.ledger.clock.now())

    def configure(self, **fields: Any) -> None:
        """Fields of the Configuration are set and stated: by an officer, and by an operator, made one at first."""
        with self.ca.ledger.read() as session:
            operating = session.scalar(select(Duty.id).where(Duty.person_id == f"p{STRANGER}"))
        if operating is None:
            self.agree(self.drafted("duty.grant", person=STRANGER, duty="ca-operator"))
        self.agree(self.drafted("configuration.set", **fields), approver=STRANGER)
        with self.ca.ledger.read() as session:
            digest = edition(session, self.ca.home).digest
        said = stating(digest, self.ca.ledger.clock.now())
        publishing.approve(self.ca.ledger, self.ca.home, self.ca.sign(FIRST, said))
        published = publishing.publish(self.ca.ledger, self.ca.home, self.ca.sign(STRANGER, said))
        assert not isinstance(published, Refuse), published

    def agree(self, plan: Plan | Refuse, approver: str = SECOND) -> None:
        """One officer plans, another person approves, it is applied."""
        assert isinstance(plan, Plan), plan
        ledger, now = self.ca.ledger, self.ca.ledger.clock.now()
        planned = changes.plan(ledger, plan, self.ca.sign(FIRST, changing(PLAN, plan.digest, plan.planned_at)))
        assert isinstance(planned, str), planned
        signed = self.ca.sign(approver, changing(APPROVE, plan.digest, now))
        assert changes.approve(ledger, plan.digest, signed) == Allow()
        assert changes.apply(ledger, plan.digest, self.ca.sign(FIRST, changing(APPLY, plan.digest, now))) == Allow()

    def granted(self, **changed: Any) -> Allowance:
        """An allowance that two officers agreed on and nobody else signed yet."""
        self.agree(self.drafted(**GRANT | changed))
        with self.ca.ledger.read() as session:
            newest = select(Allowance).join(Entry, Entry.id == Allowance.entry_id).order_by(Entry.position.desc())
            return session.scalars(newest).first() or Allowance()

    def allowed(self, **changed: Any) -> Allowance:
        """An allowance that counts."""
        allowance = self.granted(**changed)
        assert self.confirm(allowance) == Allow()
        assert self.accept(allowance) == Allow()
        return allowance

    def end(self, allowance: Allowance) -> None:
        self.agree(self.drafted("allowance.end", allowance=allowance.id))

    def confirm(self, allowance: Allowance, number: str = OFFICER) -> Decision:
        signed = self.ca.sign(number, act_to_confirm(allowance, self.ca.ledger.clock.now()))
        return confirm(self.ca.ledger, allowance.id, signed)

    def accept(self, allowance: Allowance, number: str = HOLDER) -> Decision:
        with self.ca.ledger.read() as session:
            digest = terms.current(session).digest
        signed = self.ca.sign(number, act_to_accept(allowance, digest, self.ca.ledger.clock.now()))
        return accept(self.ca.ledger, allowance.id, signed)

    def secret(self, allowance: Allowance, protocol: Protocol = Protocol.EST) -> Made:
        made = make(
            self.ca.ledger, self.doors, allowance.id, protocol, f"p{FIRST}", lambda act: self.ca.sign(FIRST, act)
        )
        assert isinstance(made, Made), made
        return made

    def ask(self, allowance: Allowance, *hosts: str, code: Made | None = None, **changed: Any) -> str | Refuse:
        """By EST, with a one-time code and a new key; as its front door would have it taken up."""
        key = changed.pop("key", None) or new_key()
        given = code or self.secret(allowance)
        request = parsed_form(csr(key, *hosts, common_name=changed.pop("called", "")))
        assert not isinstance(request, Refuse), request
        wish = wish_of(request, allowance.profile)
        assert isinstance(wish, Wish), wish
        asking: dict[str, Any] = {
            "allowance_id": allowance.id, "protocol": Protocol.EST, "request": request,
            "credential_kind": CredentialKind.SECRET, "credential": given.id, "proof": given.secret.encode(),
            "names": wish.names, "common_name": wish.common_name, "uses_up": True,
        }  # fmt: skip
        practice = changed.pop("practice", True)
        return take_up(self.ca.ledger, Asking(**asking | changed), MACHINES, practice=practice)

    def issued(self, allowance: Allowance, *hosts: str, **changed: Any) -> Certificate:
        asked = self.ask(allowance, *hosts, **changed)
        assert isinstance(asked, str), asked
        turn = self.ca.room().turn()
        assert turn.refused == [], turn.refused
        [certificate] = turn.issued
        return certificate
