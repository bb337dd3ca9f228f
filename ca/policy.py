"""The CA's decisions: pure functions of what was read and of `now`. Nothing is read or written here."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from ca.registration.rules import RULES
from ledger.decision import Allow, Refuse
from ledger.decision import Decision as Outcome
from ledger.roles import Action, DutySpan, may_act


class EvidenceKind(Enum):
    """The papers that a person can be known by (ID-02), and a witness who is an officer."""

    NATIONAL_IDENTITY_CARD = "national-identity-card"
    CHIP_IDENTITY_CARD = "chip-identity-card"
    HOUSEHOLD_BOOK = "household-book"
    PASSPORT = "passport"
    WITNESS = "witness"


@dataclass(frozen=True)
class PaperRule:
    """What a record of one kind of paper must say, and what two records of it tell about two persons."""

    kind: EvidenceKind
    has_last_day: bool
    """It says itself until when it is valid; recorded without that day it shows nothing, however old it is."""
    one_persons: bool
    """Its number and its scan are one person's alone; a household book has its whole household."""


_PAPERS = (
    PaperRule(EvidenceKind.NATIONAL_IDENTITY_CARD, has_last_day=True, one_persons=True),
    PaperRule(EvidenceKind.CHIP_IDENTITY_CARD, has_last_day=True, one_persons=True),
    PaperRule(EvidenceKind.PASSPORT, has_last_day=True, one_persons=True),
    PaperRule(EvidenceKind.HOUSEHOLD_BOOK, has_last_day=False, one_persons=False),
    PaperRule(EvidenceKind.WITNESS, has_last_day=False, one_persons=False),
)
PAPERS = {rule.kind: rule for rule in _PAPERS}


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


@dataclass(frozen=True)
class DeskSpan:
    """A desk as the rules look at it, by its newest term."""

    id: str
    code: str
    province: str
    of_the_ca: bool
    """The CA's own desks register for the whole country, every other one for its province."""
    begins: datetime
    ends: datetime | None

    def open_at(self, at: datetime) -> bool:
        """Whether it may register at `at`."""
        return self.begins <= at and (self.ends is None or at < self.ends)


def evidence_suffices(papers: Sequence[Paper], today: date, sufficient: Sequence[Sequence[str]]) -> Outcome:
    """Whether one of the `sufficient` sets of kinds is there, each paper issued and not expired on `today`.

    A set has each kind once: two household books are no second paper. One that must have a last day and was recorded
    without it is refused, beside whatever other: nobody can say of it that it has not expired.
    """
    if not papers:
        return Refuse("enrolment.evidence-missing")
    if any(paper.issued_on > today for paper in papers):
        return Refuse("enrolment.evidence-not-yet-issued")
    if any(paper.expires_on is None and PAPERS[paper.kind].has_last_day for paper in papers):
        return Refuse("enrolment.evidence-without-last-day")
    valid = {paper.kind.value for paper in papers if paper.expires_on is None or today <= paper.expires_on}
    if any(set(needed) <= valid for needed in sufficient):
        return Allow()
    expired = len(valid) < len({paper.kind for paper in papers})
    return Refuse("enrolment.evidence-expired" if expired else "enrolment.evidence-insufficient")


def may_be_certified(profile: str, applicant: Applicant, asked_at: datetime, today: date, officer_age: int) -> Outcome:
    """Whether this person, who asked at `asked_at`, may have or answer for a certificate of this profile (CE-08)."""
    officer = profile in RULES and RULES[profile].officer
    young = applicant.born is not None and _years(applicant.born, today) < officer_age
    rules = (
        (not applicant.known, "enrolment.person-unknown"),
        (applicant.cut_off is not None and asked_at <= applicant.cut_off, "enrolment.person-cut-off"),
        (profile not in RULES, "enrolment.profile-not-for-persons"),
        (officer and not applicant.officer_now, "enrolment.no-appointment"),
        (officer and young, "enrolment.too-young"),
    )
    return next((Refuse(code) for wrong, code in rules if wrong), Allow())


def may_register(desk: DeskSpan | None, duties: Sequence[DutySpan], at: datetime) -> Outcome:
    """Whether an officer with these duties may register at this desk: the desk is open, and he is on duty there."""
    on_duty = may_act(Action.DECIDE, duties, at)
    if isinstance(on_duty, Refuse):
        return on_duty
    if desk is None:
        return Refuse("desk.unknown")
    if not desk.open_at(at):
        return Refuse("desk.closed")
    return Allow() if may_act(Action.DECIDE, duties, at, desk.code) else Refuse("desk.not-the-officers")


def may_serve(desk: DeskSpan, provinces: Collection[str]) -> Outcome:
    """Whether the desk may register for someone of these provinces; where none is known, every desk may."""
    if desk.of_the_ca or not provinces or desk.province in provinces:
        return Allow()
    return Refuse("desk.other-province")


def may_decide(
    subject_id: str, officer_id: str, duties: Sequence[DutySpan], at: datetime, desk: DeskSpan | None
) -> Outcome:
    """Whether this officer may decide at this desk on a request of `subject_id`: on duty, and never on his own."""
    if isinstance(refusal := may_register(desk, duties, at), Refuse):
        return refusal
    if subject_id == officer_id:
        return Refuse("decision.own-request")
    return Allow()


def may_revoke(duties: Sequence[DutySpan], at: datetime) -> Outcome:
    """Whether a person may revoke, hold and release."""
    return may_act(Action.END, duties, at)


def approved_by_enough(votes: Mapping[str, bool], needed: int) -> bool:
    """Whether `needed` different officers (the keys) said yes and nobody said no."""
    return all(votes.values()) and len(votes) >= needed


def approved_again(earlier: Mapping[str, bool], anew: Mapping[str, bool], needed: int, needed_anew: int) -> bool:
    """Whether `needed` officers stand by a request that follows an earlier one, `needed_anew` by decisions on it.

    Who decided both times is one officer, and what he says now counts.
    """
    return approved_by_enough({**earlier, **anew}, needed) and len(anew) >= needed_anew


def may_certify(profile: str, end: str | None, *, endless: bool = False) -> Outcome:
    """Whether an issuer may make a certificate of this profile; `end` is how it ended, if it did (law.md CA-09).

    One that was terminated still renews the responder that tells the status of what it issued; one that is lost makes
    its last, which has no end.
    """
    if end is None or (profile == "ocsp-responder" and (end == "terminate" or endless)):
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
"""Reasons of RFC 5280 clause 5.3.1 that people may give; what they mean by them is in `ca/endings/grounds.py`."""


def _years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
