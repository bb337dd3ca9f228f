"""A CA after its ceremony, with two registration officers and persons who may enrol."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from ca.ceremonies.ceremony import Ceremony, issuer_view_of
from ca.ceremonies.generations import generations, in_use
from ca.ceremonies.keyring import HomeKeyring
from ca.ceremonies.steps.first_officer import DESK
from ca.issuance.composition import IssuingKey
from ca.issuance.signing_room import SigningRoom
from ca.machines.doors import KEY, Doors
from ca.policy import EvidenceKind
from ca.publication.crl import newest
from ca.registration.application import Agreed, AgreementMeans, Application, Shown
from ca.registration.approvals import act_for
from ca.registration.decision import Vote, decide_many
from ca.registration.enrolment import submit_many
from ca.statement import terms
from ca.tables.publication import Crl
from ca.tables.registration import Enrolment
from ledger.acts import Act, SignedAct
from ledger.certificates import Certificate, Issuer
from ledger.decision import Refuse
from ledger.ledger import Ledger
from ledger.sealed_fields import SealedFields
from pki.keys import key_sha256
from pki.signing import SignatureAlgorithm, Signer
from signers import open_signer
from tests.ca.held import FIRST, SECOND, TEST, Held, register_person
from tests.ca.publishing import Published
from tests.doubles import SteadyChance, TurnedClock
from tests.issuing import KeySigner, PrivateKey, new_key
from tests.recorded import RecordedIssuer
from web.home import Home, Mode


def request_for(key: PrivateKey) -> bytes:
    """A PKCS#10 by another hand than ours."""
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .sign(key, SHA256())
        .public_bytes(Encoding.DER)
    )


def card(
    expires_on: date | None = date(2030, 1, 1),
    kind: EvidenceKind = EvidenceKind.CHIP_IDENTITY_CARD,
    *,
    number: str = "0123456789",
    officer: str = FIRST,
    desk: str = DESK,
) -> Shown:
    scan = sha256(f"scan of {number}".encode()).hexdigest()
    return Shown(kind, number, "MPS", date(2020, 1, 1), expires_on, scan, f"p{officer}", desk)


def agreed(ledger: Ledger) -> Agreed:
    """The terms in force, accepted on paper a moment ago."""
    with ledger.read() as session:
        return Agreed(terms.current(session).digest, AgreementMeans.WRITTEN, ledger.clock.now())


@dataclass
class PracticeCa:
    """A CA whose ceremony was held, and the hands of its people."""

    ledger: Ledger
    home: Home
    fields: SealedFields
    keys: dict[str, PrivateKey] = field(default_factory=dict)
    mapping: dict[str, str] = field(default_factory=dict)
    """URIs of our own keys that are not in files of the home, by name."""

    @classmethod
    def at(cls, ledger: Ledger, home: Home) -> "PracticeCa":
        """In a home whose ceremony was held, by its own key for sealed fields."""
        return cls(ledger, home, SealedFields.open(home.key_uri("fields")))

    def keyring(self) -> HomeKeyring:
        return HomeKeyring(self.home, self.mapping)

    def issuing(self, name: str) -> IssuingKey:
        """The issuer of that name that signs now."""
        with self.ledger.read() as session:
            found = in_use(session, name, self.ledger.clock.now())
        assert found is not None
        return self.key_of(found.issuer)

    def key_of(self, issuer: Issuer) -> IssuingKey:
        signer = self.keyring().signer(issuer.key_name, SignatureAlgorithm.ECDSA_P256_SHA256)
        return IssuingKey(issuer.id, issuer_view_of(issuer, self.home), signer)

    def issuing_signer(self, name: str) -> Signer:
        """A key of ours that is there already."""
        return open_signer(self.keyring().uri(name))

    def await_seal(self, entries: Sequence[str]) -> None:
        Ceremony(self.ledger, self.home, self.keyring(), Mode.PRACTICE).await_seal(entries)

    def room(self, **changed: IssuingKey) -> SigningRoom:
        """The signing room with the keys of every generation, a second after whatever was before.

        There is one CRL a list and second.
        """
        if isinstance(self.ledger.clock, TurnedClock):
            self.ledger.clock.turn(seconds=1)
        with self.ledger.read() as session:
            found = generations(session, self.ledger.clock.now())
        issuing = {one.key_name: self.key_of(one.issuer) for one in found if not one.is_root} | changed
        doors = Doors.at(self.home.key_uri(KEY))
        return SigningRoom(self.ledger, issuing, self.await_seal, self.home.path, doors=doors)

    def newest_crl(self, name: str) -> Crl:
        """The CRL in force of the issuer's first generation."""
        with self.ledger.read() as session:
            crl = newest(session, name, 1)
        assert crl is not None
        return crl

    def apply(self, number: str, profile: str = "officer-signing", evidence: tuple[Shown, ...] = ()) -> str | Refuse:
        key = new_key()
        self.keys[number] = key
        return self.hand_in(self.application(number, profile, evidence, request_for(key)))

    def application(
        self, number: str, profile: str = "officer-signing", evidence: Sequence[Shown] = (), request: bytes = b"",
        **asked: Any,
    ) -> Application:  # fmt: skip
        """A person's application with his own card, seen by another officer than himself, and the terms accepted."""
        shown = evidence or (card(number=f"card of {number}", officer=SECOND if number == FIRST else FIRST),)
        request = request or request_for(new_key())
        return Application(request, number, profile, shown, agreed(self.ledger), **asked)

    def hand_in(self, application: Application, *, practice: bool = True) -> str | Refuse:
        [outcome] = submit_many(self.ledger, self.fields, [application], TEST, practice=practice)
        return outcome

    def sign(self, number: str, act: Act) -> SignedAct:
        """An act under a person's authentication key."""
        signer = open_signer(f"file:{self.home.path.resolve()}/people/{number}-authentication.key.pem")
        with self.ledger.read() as session:
            certificates = session.query(Certificate).filter_by(key_sha256=key_sha256(signer.public_key)).all()
        return SignedAct(act, certificates[0].sha256, signer.sign(act.message()))

    def enrolment(self, enrolment_id: str | Refuse) -> Enrolment:
        assert isinstance(enrolment_id, str)
        with self.ledger.read() as session:
            return session.get_one(Enrolment, enrolment_id)

    def vote(
        self, number: str, enrolment_id: str | Refuse, *, approved: bool = True, desk: str = DESK
    ) -> str | Refuse:
        enrolment = self.enrolment(enrolment_id)
        signed = self.sign(number, act_for(enrolment, self.ledger.clock.now(), approved=approved, desk=desk))
        return decide_many(self.ledger, [Vote(enrolment.id, approved, signed, desk)])[0]

    def approved(self, number: str, profile: str = "officer-signing") -> str:
        """An enrolment that both officers approved."""
        enrolment = self.apply(number, profile)
        assert isinstance(enrolment, str)
        assert isinstance(self.vote(FIRST, enrolment), str)
        assert isinstance(self.vote(SECOND, enrolment), str)
        return enrolment


@pytest.fixture
def ca(ledger: Ledger, held_ceremony: Held, chance: SteadyChance, tmp_path: Path) -> PracticeCa:
    """The CA after its ceremony; that the ledger is over a copy of its database `database_url` sees to."""
    home = held_ceremony.copy_home(tmp_path / "home")
    chance.resume(held_ceremony.chance)
    return PracticeCa.at(ledger, home)


@pytest.fixture
def published(ledger: Ledger, clock: TurnedClock) -> Published:
    """An issuer of four shards, its first lists made."""
    made = Published(RecordedIssuer(ledger, crl_shards=4), clock)
    made.publish()
    return made


__all__ = ["FIRST", "SECOND", "TEST", "KeySigner", "register_person"]
