"""What happens while somebody asks to be certified."""

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
    desk: Id | None = None


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
class EnrolmentEnded(Event):
    """The signing room will not issue for this enrolment: policy or lint says no."""

    kind: ClassVar[str] = "enrolment.ended"
    enrolment: Id
    code: Code


@dataclass(frozen=True)
class DecisionDishonoured(Event):
    """The signing room found a decision whose proof does not hold. Somebody wrote it who may not."""

    kind: ClassVar[str] = "decision.dishonoured"
    decision: Id
    enrolment: Id
    code: Code


@dataclass(frozen=True)
class EnrolmentConfirmed(Event):
    """An officer of the organisation that a certificate is to name confirmed the enrolment, under his own signature."""

    kind: ClassVar[str] = "enrolment.confirmed"
    enrolment: Id
    organisation: Id
    officer: Id


@dataclass(frozen=True)
class ConfirmationRefused(Event):
    """An organisation's confirmation was not taken up."""

    kind: ClassVar[str] = "enrolment.confirmation-refused"
    enrolment: Id
    code: Code
    officer: Id | None = None


@dataclass(frozen=True)
class MailCodeSent(Event):
    """A code was mailed to the address that a person says is his."""

    kind: ClassVar[str] = "mail.code-sent"
    challenge: Id
    person: Id


@dataclass(frozen=True)
class MailProved(Event):
    """The mailed code came back in time."""

    kind: ClassVar[str] = "mail.proved"
    challenge: Id
    person: Id


@dataclass(frozen=True)
class MailRefused(Event):
    """An address was not taken, or a code was wrong, late, used or asked for too often."""

    kind: ClassVar[str] = "mail.refused"
    code: Code
    person: Id | None = None
    challenge: Id | None = None


@dataclass(frozen=True)
class DoubleCleared(Event):
    """An officer says under his own signature that two persons of the register who look like one are two."""

    kind: ClassVar[str] = "double.cleared"
    person: Id
    other: Id
    reason: Code
    officer: Id


@dataclass(frozen=True)
class DoubleRefused(Event):
    """A clearance of two look-alikes was not taken up."""

    kind: ClassVar[str] = "double.refused"
    code: Code
    person: Id | None = None
    other: Id | None = None
    officer: Id | None = None


@dataclass(frozen=True)
class CertificateConfirmed(Event):
    """The holder confirmed what his new certificate says, by its key or at a desk."""

    kind: ClassVar[str] = "certificate.confirmed"
    certificate: Id
    person: Id | None = None
    officer: Id | None = None


@dataclass(frozen=True)
class CertificateUnconfirmed(Event):
    """A holder's confirmation was not taken up."""

    kind: ClassVar[str] = "certificate.confirmation-refused"
    code: Code
    certificate: Id | None = None


EVENTS = (
    EnrolmentSubmitted, EnrolmentRefused, EnrolmentDecided, DecisionRefused, EnrolmentEnded, DecisionDishonoured,
    EnrolmentConfirmed, ConfirmationRefused, MailCodeSent, MailProved, MailRefused, DoubleCleared, DoubleRefused,
    CertificateConfirmed, CertificateUnconfirmed,
)  # fmt: skip
