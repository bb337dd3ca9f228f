"""Papers of long ago, what was certified on them, and an operator who may order that they go."""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from ca.governance import changes
from ca.governance.plan import APPLY, APPROVE, PLAN, act_for, resolve
from ca.governance.plan import Plan as Change
from ca.governance.provenance import Provenance
from ca.retention.erasure import Erased, carry_out, order, order_act
from ca.retention.holds import HoldReason, hold_act, hold_records, release_act, release_records
from ca.retention.plan import Plan, plan
from ca.tables.registration import CarriedEvidence, Enrolment, EnrolmentEnd, Evidence, EvidenceNumber, EvidenceScan
from ledger.acts import SignedAct
from ledger.certificates import Certificate, Intent, KeyUse
from ledger.decision import Allow, Refuse
from ledger.ledger import Ledger
from ledger.people import DutyKind
from ledger.seal import seal
from tests.ca.desk import CLERK, HOLDER, OTHER_CLERK, Desk
from tests.issuing import KeySigner
from tests.ledger.doubles import SeedSigner

OPERATOR, OTHER_OPERATOR = "10000005", "10000006"


@dataclass
class Papers:
    """A desk, and what is done about its papers years later under the role of the verbs."""

    desk: Desk
    own: Ledger
    """The ledger as the process `purge` sees it."""
    outside: Path
    certificates: list[Certificate] = field(default_factory=list)

    def show(self, number: str = HOLDER, certified: int | None = 30, ended: bool = False) -> str:
        """A person's card is shown for a request; `certified`: what came of it lived so many days. The paper's id."""
        enrolment, paper = self.desk.ledger.new_id(), self.desk.ledger.new_id()
        key = sha256(enrolment.encode()).hexdigest()
        facts = [
            KeyUse(key_sha256=key, subject=f"p{number}"),
            Enrolment(id=enrolment, person_id=f"p{number}", profile="officer-signing", request=b"", key_sha256=key,
                      evidence_digest="00" * 32, digest="11" * 32),
            Evidence(id=paper, enrolment_id=enrolment, kind="passport", issuer="MFA", issued_on="2020-01-01",
                     scan_sha256="22" * 32, officer_id=f"p{CLERK}", place="EGC-CA-1", method="in-person"),
            EvidenceNumber(evidence_id=paper, sealed=b"sealed", blind_index="card"),
            EvidenceScan(evidence_id=paper, sha256="33" * 32, blind=b"b" * 16),
        ]  # fmt: skip
        self.desk.write(*facts)
        if certified is not None:
            self.certificates.append(
                self.desk.certify(f"p{number}", "officer-signing", days=certified, enrolment_id=enrolment)
            )
        if ended:
            self.desk.write(EnrolmentEnd(enrolment_id=enrolment, code="decision.no"))
        return paper

    def carry(self, paper: str, certified: int | None) -> str:
        """A later request of the holder names the paper as its own, too; `certified` as above. The request's id."""
        enrolment = self.desk.ledger.new_id()
        key = sha256(enrolment.encode()).hexdigest()
        self.desk.write(
            KeyUse(key_sha256=key, subject=f"p{HOLDER}"),
            Enrolment(id=enrolment, person_id=f"p{HOLDER}", profile="officer-signing", request=b"", key_sha256=key,
                      evidence_digest="00" * 32, digest="11" * 32),
            CarriedEvidence(id=f"carried-{enrolment}", enrolment_id=enrolment, evidence_id=paper),
        )  # fmt: skip
        if certified is not None:
            self.desk.certify(f"p{HOLDER}", "officer-signing", days=certified, enrolment_id=enrolment)
        return enrolment

    def intend(self, enrolment: str) -> str:
        """Something is about to be signed for this request; its id."""
        self.desk.write(
            Intent(id="again", issuer_id=self.desk.issuer.id, serial_number="ffff", dense_number=99_999,
                   profile="officer-signing", tbs=b"", enrolment_id=enrolment, person_id=f"p{HOLDER}")
        )  # fmt: skip
        return "again"

    def seal(self) -> None:
        seal(self.desk.ledger, SeedSigner(), self.outside, self.desk.ledger.clock.now())

    def years_later(self, *, days: float = 0) -> None:
        """Everything is sealed; seven years and some days pass, and an operator of then is there."""
        self.seal()
        self.desk.ledger.clock.turn(days=7 * 365 + 2 + days)  # type: ignore[attr-defined]
        self.admit()

    def admit(self, number: str = OPERATOR, duty: DutyKind = DutyKind.CA_OPERATOR) -> None:
        """A person whose duty the two officers agree on, under new keys of theirs."""
        self.desk.person(number)
        for officer in (CLERK, OTHER_CLERK):
            key = KeySigner()
            self.desk.hands[officer] = (self.desk.certify(f"p{officer}", "officer-authentication", key).sha256, key)
        ledger, now = self.desk.ledger, self.desk.ledger.clock.now()
        with ledger.read() as session:
            agreed = resolve(Provenance(session), "duty.grant", {"person": number, "duty": duty.value}, now)
        assert isinstance(agreed, Change), agreed
        planned = changes.plan(ledger, agreed, self._changing(CLERK, PLAN, agreed))
        assert isinstance(planned, str), planned
        assert changes.approve(ledger, agreed.digest, self._changing(OTHER_CLERK, APPROVE, agreed)) == Allow()
        assert changes.apply(ledger, agreed.digest, self._changing(CLERK, APPLY, agreed)) == Allow()

    def _changing(self, number: str, kind: str, change: Change) -> SignedAct:
        return self.desk.sign(number, act_for(kind, change.digest, change.planned_at))

    def plan(self, person: str | None = None) -> Plan:
        with self.own.read() as session:
            return plan(session, self.own.clock.now(), f"p{person}" if person else None)

    def order(self, planned: Plan, by: str = OPERATOR) -> str | Refuse:
        signed = self.desk.sign(by, order_act(planned.digest, self.own.clock.now()))
        return order(self.own, planned.digest, signed, planned.person_id)

    def erase(self, planned: Plan) -> list[Erased]:
        ordered = self.order(planned)
        assert isinstance(ordered, str)
        return list(carry_out(self.own, ordered))

    def hold(self, number: str = HOLDER, by: str = OPERATOR) -> str | Refuse:
        signed = self.desk.sign(by, hold_act(number, HoldReason.COURT, self.own.clock.now()))
        return hold_records(self.own, number, HoldReason.COURT, signed)

    def release(self, number: str = HOLDER, by: str = OPERATOR) -> list[str] | Refuse:
        return release_records(self.own, number, self.desk.sign(by, release_act(number, self.own.clock.now())))

    def left(self) -> set[str]:
        """The papers whose number or scan is still there."""
        with self.desk.ledger.read() as session:
            numbers, scans = session.query(EvidenceNumber.evidence_id), session.query(EvidenceScan.evidence_id)
            return {key for (key,) in numbers} | {key for (key,) in scans}
