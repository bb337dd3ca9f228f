"""The CA's decisions: pure functions of what was read and of `now`. Nothing is read or written here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from ledger.decision import Allow, Refuse
from ledger.decision import Decision as Outcome
from ledger.roles import Action, DutySpan, may_act

DECISIONS_NEEDED = 2
"""Yes-decisions by different registration officers before the signing room takes a request up."""
OFFICER_AGE = 18
"""Years a person must have lived to hold an officer's certificate; the civil service takes nobody younger."""


class EvidenceKind(Enum):
    """The papers that a person can be known by (ID-02), and a witness who is an officer."""

    NATIONAL_IDENTITY_CARD = "national-identity-card"
    CHIP_IDENTITY_CARD = "chip-identity-card"
    HOUSEHOLD_BOOK = "household-book"
    PASSPORT = "passport"
    WITNESS = "witness"


class IdentificationMethod(Enum):
    """How the person and the papers were seen (ID-03)."""

    IN_PERSON = "in-person"
    AGENCY_LIST = "agency-list"


@dataclass(frozen=True)
class Paper:
    """One piece of evidence as the rules look at it."""

    kind: EvidenceKind
    issued_on: date
    expires_on: date | None


@dataclass(frozen=True)
class Applicant:
    """What the register says about a person at the moment of the decision."""

    known: bool
    number: str
    officer_now: bool
    born: date | None
    cut_off: datetime | None
    """The newest Cutoff; a request or decision made at or before it is dead."""


SUFFICIENT: tuple[frozenset[EvidenceKind], ...] = (
    frozenset({EvidenceKind.NATIONAL_IDENTITY_CARD}),
    frozenset({EvidenceKind.CHIP_IDENTITY_CARD}),
    frozenset({EvidenceKind.PASSPORT}),
    frozenset({EvidenceKind.HOUSEHOLD_BOOK, EvidenceKind.WITNESS}),
)
"""Sets of papers of which one must be complete; two household books are no second paper."""

OFFICER_PROFILES = ("officer-authentication", "officer-signing")
PERSON_PROFILES = (*OFFICER_PROFILES, "citizen-authentication")


def evidence_suffices(papers: Sequence[Paper], today: date) -> Outcome:
    """Whether one set of `SUFFICIENT` is there, each paper issued and not expired on `today`."""
    if not papers:
        return Refuse("enrolment.evidence-missing")
    if any(paper.issued_on > today for paper in papers):
        return Refuse("enrolment.evidence-not-yet-issued")
    valid = {paper.kind for paper in papers if paper.expires_on is None or today <= paper.expires_on}
    if any(needed <= valid for needed in SUFFICIENT):
        return Allow()
    expired = len(valid) < len({paper.kind for paper in papers})
    return Refuse("enrolment.evidence-expired" if expired else "enrolment.evidence-insufficient")


def may_be_certified(profile: str, applicant: Applicant, asked_at: datetime, today: date) -> Outcome:
    """Whether this person, who asked at `asked_at`, may have a certificate of this profile (CE-08, ID-04)."""
    if not applicant.known:
        return Refuse("enrolment.person-unknown")
    if applicant.cut_off is not None and asked_at <= applicant.cut_off:
        return Refuse("enrolment.person-cut-off")
    if profile not in PERSON_PROFILES:
        return Refuse("enrolment.profile-not-for-persons")
    if profile in OFFICER_PROFILES and not applicant.officer_now:
        return Refuse("enrolment.no-appointment")
    if profile in OFFICER_PROFILES and applicant.born is not None and _years(applicant.born, today) < OFFICER_AGE:
        return Refuse("enrolment.too-young")
    return Allow()


def may_enrol(profile: str, applicant: Applicant, papers: Sequence[Paper], asked_at: datetime, today: date) -> Outcome:
    """Whether a request is taken up at all: the person, then the evidence."""
    return may_be_certified(profile, applicant, asked_at, today) and evidence_suffices(papers, today)


def may_decide(subject_id: str, officer_id: str, duties: Sequence[DutySpan], at: datetime) -> Outcome:
    """Whether this officer may decide on a request of `subject_id`: on duty, and never on his own."""
    on_duty = may_act(Action.DECIDE, duties, at)
    return on_duty and (Refuse("decision.own-request") if subject_id == officer_id else on_duty)


def may_revoke(duties: Sequence[DutySpan], at: datetime) -> Outcome:
    """Whether a person may revoke, hold and release."""
    return may_act(Action.END, duties, at)


def approved_by_enough(votes: Mapping[str, bool]) -> bool:
    """Whether enough different officers (the keys) said yes and nobody said no."""
    return all(votes.values()) and len(votes) >= DECISIONS_NEEDED


def may_certify(profile: str, end: str | None) -> Outcome:
    """Whether an issuer may make a certificate of this profile; `end` is how it ended, if it did (law.md CA-09).

    One that was terminated still renews the responder that tells the status of what it issued.
    """
    if end is None or (end == "terminate" and profile == "ocsp-responder"):
        return Allow()
    return Refuse("issuance.issuer-ended")


def may_close(duties: Sequence[DutySpan], at: datetime) -> Outcome:
    """Whether a person may act for the end of an issuer, or enter the leave of the ministry: CA operators on duty."""
    return may_act(Action.CLOSE, duties, at)


CLOSERS_NEEDED = 2
"""Acts of different CA operators before an issuer ends (CA-05)."""


@dataclass(frozen=True)
class Leave:
    """The ministry's leave to run the CA as the rules look at it."""

    begins: datetime
    ends: datetime | None


def leave_holds(leaves: Sequence[Leave], at: datetime, *, needed: bool) -> Outcome:
    """Whether new certificates may be issued at `at` (law.md CA-02). Revocation and status do not ask this.

    Where none was ever entered it depends on whether one is `needed`: in practice mode it is not.
    """
    if not leaves:
        return Refuse("authority.missing") if needed else Allow()
    if any(leave.begins <= at and (leave.ends is None or at < leave.ends) for leave in leaves):
        return Allow()
    return Refuse("authority.ended" if any(leave.begins <= at for leave in leaves) else "authority.not-yet")


REASONS = (
    "unspecified",
    "keyCompromise",
    "affiliationChanged",
    "superseded",
    "cessationOfOperation",
    "privilegeWithdrawn",
)
"""Grounds that a person may give (RV-04), by the names of RFC 5280 clause 5.3.1; free text is refused."""


def reason_known(reason: str) -> Outcome:
    """Whether the reason is one of `REASONS`."""
    return Allow() if reason in REASONS else Refuse("revocation.reason-unknown")


def makes_cutoff(reason: str) -> bool:
    """Whether a revocation of a person for this reason also ends his sessions: all but routine replacement."""
    return reason != "superseded"


def _years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
