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


EVENTS = (EnrolmentSubmitted, EnrolmentRefused, EnrolmentDecided, DecisionRefused, EnrolmentEnded, DecisionDishonoured)
