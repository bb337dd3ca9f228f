"""What comes of a look at some enrolments: which may be issued, and what counts for nothing."""

from dataclasses import dataclass, field
from datetime import timedelta

from ca.registration.applicants import Standing
from ca.registration.case import Body
from ca.tables.registration import Decision, Enrolment, EnrolmentScope
from pki.request import SigningRequest


@dataclass(frozen=True)
class Honoured:
    """An enrolment that enough officers provably approved, or that they allowed in advance, and policy allows now."""

    enrolment: Enrolment
    standing: Standing
    """Of the person, or of the one who answers for an organisation's certificate."""
    request: SigningRequest
    scope: EnrolmentScope
    organisation: Body | None
    longest: timedelta | None = None
    """The certificate lives no longer than this: its key has had one before, or what allows it ends."""


@dataclass
class Examination:
    """What came of a look at some enrolments. What is in none of the lists waits for another decision."""

    honoured: list[Honoured] = field(default_factory=list)
    dishonoured: list[tuple[Decision, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    """The enrolment's id and the code."""
