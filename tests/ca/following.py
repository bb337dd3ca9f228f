"""A holder with a confirmed certificate who asks for what follows it, and whoever would like to do it for him."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select

from ca.ceremonies.steps.first_officer import DESK
from ca.endings.following import Wanted, Way, follow
from ca.endings.replacement import replace_act, replacement
from ca.registration.application import Application, Shown
from ca.registration.approvals import act_for as deciding
from ca.registration.decision import Vote, decide
from ca.registration.enrolment import draft
from ca.registration.holder import confirm
from ca.registration.holders_word import act_for
from ca.registration.progress import states
from ca.registration.states import State
from ca.registration.succession import line_of
from ca.statement import terms
from ca.tables.registration import Enrolment
from ca.tables.statement import StatementVersion
from ledger.acts import SignedAct
from ledger.certificates import Certificate, Revocation
from ledger.decision import Refuse
from ledger.ledger import Deed
from ledger.people import Cutoff, PersonDetail
from tests.ca.agreeing import certified
from tests.ca.conftest import TEST, PracticeCa, agreed, request_for
from tests.ca.events import Registered
from tests.ca.governance.conftest import Hand
from tests.ca.registration.offices import duty
from tests.issuing import KeySigner

HOLDER = "10000017"


@dataclass
class Holder:
    """A person with a key for signing in, and the certificates that he got."""

    ca: PracticeCa
    hand: Hand
    number: str = HOLDER
    signers: dict[str, KeySigner] = field(default_factory=dict)
    """By the digest of a certificate, its key."""

    @classmethod
    def of(cls, ca: PracticeCa, number: str = HOLDER) -> "Holder":
        """A new officer of the register."""
        return cls(ca, certified(ca, number), number)

    def first(self, profile: str = "officer-signing") -> Certificate:
        """Enrolled at the desk, approved, issued and confirmed."""
        self.ca.approved(self.number, profile)
        return self.issued(KeySigner(self.ca.keys[self.number]))

    def issued(self, signer: KeySigner, *, confirming: bool = True) -> Certificate:
        """What the signing room issued in one turn, confirmed by its key."""
        turn = self.ca.room().turn()
        assert len(turn.issued) == 1, turn
        [made] = turn.issued
        self.signers[made.sha256] = signer
        if confirming:
            self.confirm(made)
        return made

    def confirm(self, certificate: Certificate) -> None:
        act = act_for(certificate, self.ca.ledger.clock.now())
        signer = self.signers[certificate.sha256]
        said = confirm(
            self.ca.ledger, certificate.sha256, SignedAct(act, certificate.sha256, signer.sign(act.message()))
        )
        assert not isinstance(said, Refuse), said

    def renew(self, old: Certificate, *, terms: str | None = None) -> str | Refuse:
        return self.follow(Wanted(Way.RENEW, old.sha256, terms_digest=terms))

    def rekey(self, old: Certificate, signer: KeySigner) -> str | Refuse:
        return self.follow(Wanted(Way.REKEY, old.sha256, request_for(signer.key)))

    def modify(
        self, old: Certificate, signer: KeySigner | None = None, evidence: Sequence[Shown] = ()
    ) -> str | Refuse:
        request = request_for(signer.key) if signer else None
        return self.follow(Wanted(Way.MODIFY, old.sha256, request, evidence))

    def follow(self, wanted: Wanted) -> str | Refuse:
        return follow(
            self.ca.ledger, self.ca.fields, wanted, self.hand.person_id, self.hand.sign, practice=True
        )

    def renewed(self, old: Certificate) -> Certificate:
        """The certificate that follows, confirmed."""
        asked = self.renew(old)
        assert isinstance(asked, str), asked
        return self.issued(self.signers[old.sha256])


def state(ca: PracticeCa, enrolment: str | Refuse) -> State:
    assert isinstance(enrolment, str), enrolment
    with ca.ledger.read() as session:
        return states(session, [enrolment], ca.ledger.clock.now())[enrolment]


def forged(
    ca: PracticeCa, old: Certificate, signed_by: Hand, before_minutes: int = 0, claimed_key: str = "", **changed: object
) -> str:
    """A renewal as a desk writes it that asks nobody: the request that carries, and an act of its choice.

    With `claimed_key` its row names that key, whatever the request is for.
    """
    with ca.ledger.read() as session:
        before = line_of(session, old)[0]
    given: dict[str, object] = {
        "request": bytes(before.enrolment.request), "number": before.enrolment.person_id.removeprefix("p"),
        "profile": before.enrolment.profile, "evidence": (), "agreed": agreed(ca.ledger),
        "carried": before.papers, "old_key": True,
    }  # fmt: skip
    made = draft(ca.ledger, ca.fields, Application(**given | changed), TEST, practice=True)  # type: ignore[arg-type]
    assert not isinstance(made, Refuse), made
    enrolment = next(fact for fact in made.facts if isinstance(fact, Enrolment))
    enrolment.key_sha256 = claimed_key or enrolment.key_sha256
    at = ca.ledger.clock.now() - timedelta(minutes=before_minutes)
    signed = signed_by.sign(replace_act(enrolment, old.sha256, at))
    wish = replacement(enrolment, old, signed, enrolment.person_id)
    ca.ledger.entries([Deed(Registered("x"), TEST, [*made.facts, wish])])
    return enrolment.id


def write(ca: PracticeCa, *facts: object) -> None:
    ca.ledger.entries([Deed(Registered("x"), TEST, facts)])  # type: ignore[arg-type]


def rename(ca: PracticeCa, number: str = HOLDER, given_en: str = "Bounmy", given_lo: str = "ບຸນມີ") -> None:
    """The register calls the person so from now on."""
    with ca.ledger.read() as session:
        versions = session.scalars(select(PersonDetail.number).where(PersonDetail.person_id == f"p{number}")).all()
    write(
        ca,
        PersonDetail(
            id=f"d{number}-{max(versions) + 1}", person_id=f"p{number}", number=max(versions) + 1, given_lo=given_lo,
            family_lo="ວົງສາ", given_en=given_en, family_en="Vongsa", born="1980-01-31", search_key=f"x{number}",
            source="officers",
        ),
    )  # fmt: skip


def reason(ca: PracticeCa, certificate: Certificate) -> str | None:
    with ca.ledger.read() as session:
        return session.scalar(select(Revocation.reason).where(Revocation.certificate_id == certificate.id))


def cut_off(ca: PracticeCa, number: str) -> None:
    """From now on nothing counts that this person did."""
    write(ca, Cutoff(id=f"cut-{number}", person_id=f"p{number}", at=ca.ledger.clock.now(), reason="misuse"))


def colleague(ca: PracticeCa, number: str = "10000003") -> Hand:
    """A third registration officer, granted his duty by two others."""
    hand = certified(ca, number)
    duty(ca.ledger, number, None)
    return hand


def decided(ca: PracticeCa, hand: Hand, enrolment_id: str | Refuse) -> str | Refuse:
    """His yes at the Center's desk."""
    enrolment = ca.enrolment(enrolment_id)
    signed = hand.sign(deciding(enrolment, ca.ledger.clock.now(), approved=True, desk=DESK))
    return decide(ca.ledger, Vote(enrolment.id, True, signed, DESK))


def republished(ca: PracticeCa) -> None:
    """The terms have another text from now on."""
    with ca.ledger.read() as session:
        before = session.scalars(select(StatementVersion).where(StatementVersion.document == "terms")).first()
        number = terms.current(session).version + 1
    assert before is not None
    kept = {column.key: getattr(before, column.key) for column in StatementVersion.__table__.columns}
    del kept["entry_id"]
    write(ca, StatementVersion(**kept | {"id": "terms-new", "number": number, "digest": "cd" * 32}))
