"""The practice installation of the drill: ceremony, population, first certificates; then its issuers are broken."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select

from ca.ceremonies.ceremony import Ceremony, issuer_view_of
from ca.ceremonies.generations import generations
from ca.ceremonies.keyring import HomeKeyring
from ca.ceremonies.practice import hold_practice_ceremony
from ca.ceremonies.rollover import roll_over
from ca.ceremonies.steps.first_officer import DESK
from ca.governance import changes
from ca.governance.plan import APPLY, APPROVE, PLAN, Plan, act_for, resolve
from ca.governance.provenance import Provenance
from ca.issuance.composition import IssuingKey
from ca.issuance.signing_room import SigningRoom
from ca.registration.application import Agreed, AgreementMeans
from ca.registration.approvals import act_for as deciding
from ca.registration.confirmation import act_for as confirming
from ca.registration.confirmation import confirm as confirm_as_body
from ca.registration.decision import Vote, decide_many
from ca.registration.enrolment import submit_many
from ca.registration.holder import Said, confirm_many
from ca.registration.holders_word import act_for as saying
from ca.statement import terms
from ca.tables.registration import Enrolment
from ledger.acts import Act, SignedAct
from ledger.certificates import Certificate
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Ledger
from ledger.sealed_fields import SealedFields
from scripts.cli import RELEASE, ActingPerson, Run, acting_person
from scripts.reissuing.keys import DeviceKey
from scripts.reissuing.nation import FIRST, OPERATOR, SECOND, Nation, Slot, application, people_the_register
from signers import open_signer
from web.home import Home, Mode

BROKEN = ("officers", "citizens", "services")
BATCH = 250
Told = Callable[[str], None]


class DrillFailed(Exception):
    """The drill itself could not go on; the sentence says where."""


@dataclass(frozen=True)
class Practice:
    """The installation of one drill, for one process: the ledger is opened in it."""

    run: Run
    home: Home
    nation: Nation

    @cached_property
    def ledger(self) -> Ledger:
        """Made when first used."""
        return Ledger(self.home.database_url, self.run.clock, self.run.randomness, RELEASE, "drill")

    @cached_property
    def fields(self) -> SealedFields:
        """For the numbers of papers."""
        return SealedFields.open(self.home.key_uri("fields"))

    @property
    def actor(self) -> Actor:
        """Of what no person does."""
        return Actor.system("drill")

    def close(self) -> None:
        """Gives connections back."""
        if "ledger" in self.__dict__:
            self.ledger.close()
            del self.__dict__["ledger"]

    def found(self, told: Told) -> None:
        """Everything is there up to the first certificates, which their holders have confirmed."""
        people_the_register(self.ledger, self.nation, self.actor)
        told("the register is peopled")
        hold_practice_ceremony(self.ledger, self.home, [FIRST, SECOND], clock=self.run.clock)
        told("the practice ceremony was held")
        naming = [one for one in self.nation.slots if one.organisation]
        persons = [one for one in self.nation.slots if not one.organisation]
        for slots in (persons, naming):
            for start in range(0, len(slots), 10 * BATCH):
                self._certify(slots[start : start + 10 * BATCH])
                told(f"{start + len(slots[start : start + 10 * BATCH])} of {len(slots)} certificates are issued")
        self.agree("duty.grant", {"person": OPERATOR, "duty": "ca-operator"}, self.officer(SECOND))

    def break_issuers(self) -> None:
        """The next generation of each issuer signs from now on: the one before it is to be replaced altogether."""
        for name in BROKEN:
            roll_over(self.ceremony, name, self.run.clock.now())

    def agree(self, what: str, given: dict[str, object], approver: ActingPerson) -> Plan:
        """The first officer plans it, the other approves it, it is applied."""
        planner, now = self.officer(FIRST), self.run.clock.now()
        with self.ledger.read() as session:
            wanted = resolve(Provenance(session), what, given, now)
        if isinstance(wanted, Refuse):
            raise DrillFailed(f"{what} is refused as {wanted.code}")
        digest = wanted.digest
        done = [
            changes.plan(self.ledger, wanted, planner.sign(act_for(PLAN, digest, now))),
            changes.approve(self.ledger, digest, approver.sign(act_for(APPROVE, digest, self.run.clock.now()))),
            changes.apply(self.ledger, digest, planner.sign(act_for(APPLY, digest, self.run.clock.now()))),
        ]
        if any(isinstance(one, Refuse) for one in done):
            raise DrillFailed(f"{what}: {done}")
        return wanted

    def officer(self, number: str) -> ActingPerson:
        """A registration officer of the ceremony."""
        uri = f"file:{self.home.path.resolve()}/people/{number}-authentication.key.pem"
        return acting_person(self.ledger, number, uri)

    def holder(self, number: str) -> ActingPerson:
        """Somebody of the nation, by the key that he got first."""
        return self.by_key(number, DeviceKey.of(self.nation.seed, f"{number} authentication"))

    def by_key(self, number: str, key: DeviceKey) -> ActingPerson:
        """The same by any key of his."""
        with self.ledger.read() as session:
            shown = session.scalars(select(Certificate.sha256).where(Certificate.key_sha256 == key.sha256)).one()
        return ActingPerson(f"p{number}", shown, key)

    @property
    def ceremony(self) -> Ceremony:
        """For what is made by hand."""
        return Ceremony(self.ledger, self.home, HomeKeyring(self.home), Mode.PRACTICE)

    def room(self) -> SigningRoom:
        """The signing room in this process."""
        with self.ledger.read() as session:
            found = [one for one in generations(session, self.run.clock.now()) if not one.is_root]
        keys = {
            one.key_name: IssuingKey(
                one.issuer.id, issuer_view_of(one.issuer, self.home), open_signer(self.home.key_uri(one.key_name))
            )
            for one in found
        }
        return SigningRoom(self.ledger, keys, self.ceremony.await_seal, self.home.path)

    def decide(self, officer: ActingPerson, enrolments: Sequence[Enrolment]) -> int:
        """The officer says yes to all of these. Returns to how many his yes was taken."""
        now = self.run.clock.now()
        votes = [
            Vote(one.id, approved=True, signed=officer.sign(deciding(one, now, approved=True, desk=DESK)), desk=DESK)
            for one in enrolments
        ]
        return sum(isinstance(one, str) for one in decide_many(self.ledger, votes))

    def confirm(self, keys: Sequence[tuple[Certificate, DeviceKey]]) -> None:
        """The holders find what their certificates say right, and say so with the new keys."""
        for start in range(0, len(keys), BATCH):
            now = self.run.clock.now()
            said = [
                Said(one.sha256, signed_by(one, key, saying(one, now))) for one, key in keys[start : start + BATCH]
            ]
            confirm_many(self.ledger, said)

    def _certify(self, slots: Sequence[Slot]) -> None:
        officer = self.officer(FIRST)
        with self.ledger.read() as session:
            agreed = Agreed(terms.current(session).digest, AgreementMeans.WRITTEN, self.run.clock.now())
        asked = [application(one, self.nation.seed, officer.person_id, agreed) for one in slots]
        outcomes = submit_many(self.ledger, self.fields, asked, officer.actor, practice=True)
        if refused := [one.code for one in outcomes if isinstance(one, Refuse)]:
            raise DrillFailed(f"{len(refused)} requests were refused, the first as {refused[0]}")
        enrolments = self._enrolments([str(one) for one in outcomes])
        for slot, enrolment in zip(slots, enrolments, strict=True):
            if slot.organisation is not None:
                self._confirm_as_body(slot, enrolment)
        for number in (FIRST, SECOND):
            self.decide(self.officer(number), enrolments)
        issued = {one.key_sha256: one for one in self.room().turn().issued}
        keys = [(slot.key(self.nation.seed), slot) for slot in slots]
        if missing := [slot.label for key, slot in keys if key.sha256 not in issued]:
            raise DrillFailed(f"{len(missing)} certificates were not issued, the first {missing[0]}")
        self.confirm([(issued[key.sha256], key) for key, _ in keys])

    def _confirm_as_body(self, slot: Slot, enrolment: Enrolment) -> None:
        """By a colleague of the body, never by the one who asks."""
        place = self.nation.bodies.index(slot.organisation or "")
        there = self.nation.officers[place :: len(self.nation.bodies)]
        colleague = self.holder(next(one for one in there if one != slot.number))
        signed = colleague.sign(confirming(enrolment, f"o-{slot.organisation}", self.run.clock.now()))
        outcome = confirm_as_body(self.ledger, enrolment.id, signed)
        if isinstance(outcome, Refuse):
            raise DrillFailed(f"the body's word on {slot.label} was refused as {outcome.code}")

    def _enrolments(self, ids: Sequence[str]) -> list[Enrolment]:
        found: dict[str, Enrolment] = {}
        with self.ledger.read() as session:
            for start in range(0, len(ids), 500):
                some = select(Enrolment).where(Enrolment.id.in_(ids[start : start + 500]))
                found |= {one.id: one for one in session.scalars(some)}
        return [found[one] for one in ids]


def signed_by(certificate: Certificate, key: DeviceKey, act: Act) -> SignedAct:
    """The act under the certificate's own key."""
    return SignedAct(act, certificate.sha256, key.sign(act.message()))
