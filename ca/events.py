"""What happens in the CA, as audit entries say it."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.event import Code, Digest, Event, Id


@dataclass(frozen=True)
class EnrolmentSubmitted(Event):
    """A person asks for a key to be certified; proof of possession holds and evidence is recorded."""

    kind: ClassVar[str] = "enrolment.submitted"
    enrolment: Id
    person: Id
    profile: Code
    digest: Digest


@dataclass(frozen=True)
class EnrolmentRefused(Event):
    """A request was not taken up. `request` is the SHA-256 of what was handed in."""

    kind: ClassVar[str] = "enrolment.refused"
    code: Code
    request: Digest
    profile: Code
    person: Id | None = None


@dataclass(frozen=True)
class EnrolmentDecided(Event):
    """A registration officer said yes or no under his own signature."""

    kind: ClassVar[str] = "enrolment.decided"
    enrolment: Id
    officer: Id
    approved: bool


@dataclass(frozen=True)
class DecisionRefused(Event):
    """An officer's decision was not taken up."""

    kind: ClassVar[str] = "decision.refused"
    enrolment: Id
    code: Code
    officer: Id | None = None


@dataclass(frozen=True)
class DecisionDishonoured(Event):
    """The signing room found a decision whose proof does not hold. Somebody wrote it who may not."""

    kind: ClassVar[str] = "decision.dishonoured"
    decision: Id
    enrolment: Id
    code: Code


@dataclass(frozen=True)
class EnrolmentEnded(Event):
    """The signing room will not issue for this enrolment: policy or lint says no."""

    kind: ClassVar[str] = "enrolment.ended"
    enrolment: Id
    code: Code


@dataclass(frozen=True)
class CertificateIntended(Event):
    """These very bytes are about to be signed, once."""

    kind: ClassVar[str] = "certificate.intended"
    certificate: Id
    profile: Code
    tbs: Digest
    person: Id | None = None
    enrolment: Id | None = None


@dataclass(frozen=True)
class CertificateIssued(Event):
    """The intent was signed; `certificate_sha256` is of the whole certificate."""

    kind: ClassVar[str] = "certificate.issued"
    certificate: Id
    certificate_sha256: Digest
    person: Id | None = None


@dataclass(frozen=True)
class IntentAbandoned(Event):
    """An intent ends without a certificate: a crash came between, or the last look found a reason to stop."""

    kind: ClassVar[str] = "certificate.abandoned"
    certificate: Id
    code: Code


@dataclass(frozen=True)
class CertificateRevoked(Event):
    """One certificate ended."""

    kind: ClassVar[str] = "certificate.revoked"
    certificate: Id
    reason: Code
    by: Id


@dataclass(frozen=True)
class PersonRevoked(Event):
    """All certificates of a person ended; with a Cutoff unless the reason is `superseded`."""

    kind: ClassVar[str] = "person.revoked"
    person: Id
    reason: Code
    certificates: int
    by: Id


@dataclass(frozen=True)
class RevocationRefused(Event):
    """Somebody wanted to revoke, hold or release and may not, or there is nothing to do it to."""

    kind: ClassVar[str] = "revocation.refused"
    subject: Id
    code: Code
    by: Id | None = None


@dataclass(frozen=True)
class CertificateHeld(Event):
    """A certificate is paused."""

    kind: ClassVar[str] = "certificate.held"
    certificate: Id
    by: Id


@dataclass(frozen=True)
class CertificateReleased(Event):
    """A pause ended; the certificate counts again."""

    kind: ClassVar[str] = "certificate.released"
    certificate: Id
    by: Id


@dataclass(frozen=True)
class CrlPublished(Event):
    """A CRL was signed and can be fetched."""

    kind: ClassVar[str] = "crl.published"
    issuer: Id
    number: int
    entries: int
    crl: Digest


@dataclass(frozen=True)
class IssuerMade(Event):
    """A CA certificate of ours was signed, and its issuer can be used."""

    kind: ClassVar[str] = "ceremony.issuer-made"
    issuer: Id
    name: Code
    generation: int
    certificate_sha256: Digest


@dataclass(frozen=True)
class KeyMade(Event):
    """A key of ours was made; from here on it belongs to this service."""

    kind: ClassVar[str] = "ceremony.key-made"
    name: Code
    key: Digest


@dataclass(frozen=True)
class ModeSet(Event):
    """The home is for practice or for production, for good."""

    kind: ClassVar[str] = "ceremony.mode-set"
    mode: Code


@dataclass(frozen=True)
class FirstOfficerAdmitted(Event):
    """The ceremony makes a person a registration officer and takes up his key, since nobody could decide yet."""

    kind: ClassVar[str] = "ceremony.officer-admitted"
    person: Id
    key: Digest


EVENTS = (
    EnrolmentSubmitted,
    EnrolmentRefused,
    EnrolmentDecided,
    DecisionRefused,
    DecisionDishonoured,
    EnrolmentEnded,
    CertificateIntended,
    CertificateIssued,
    IntentAbandoned,
    CertificateRevoked,
    PersonRevoked,
    RevocationRefused,
    CertificateHeld,
    CertificateReleased,
    CrlPublished,
    IssuerMade,
    KeyMade,
    ModeSet,
    FirstOfficerAdmitted,
)
