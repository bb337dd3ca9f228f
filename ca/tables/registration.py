"""Requests, what supports them, and officers' decisions."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import ledger.certificates
import ledger.people  # noqa: F401 - its tables are pointed to
from ledger.acts import ActProof
from ledger.base import Fact, Personal, key_column


class Enrolment(Fact):
    """Thing: a person's request to have a key certified. `digest` is what officers decide about."""

    __tablename__ = "enrolment"
    id: Mapped[str] = key_column()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    profile: Mapped[str] = mapped_column(String(48))
    request: Mapped[bytes]
    """DER PKCS#10; its proof of possession was checked before this row, and is checked again before signing."""
    key_sha256: Mapped[str] = mapped_column(ForeignKey("key_use.key_sha256"), index=True)
    """One request's alone, but for those that follow a certificate of this very key."""
    evidence_digest: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))


class EnrolmentEnd(Fact):
    """Ending of an Enrolment that will not be issued any more (`decision.no`, `policy.…`)."""

    __tablename__ = "enrolment_end"
    enrolment_id: Mapped[str] = mapped_column(String(64), ForeignKey("enrolment.id"), primary_key=True, sort_order=-10)
    code: Mapped[str] = mapped_column(String(64))


class Evidence(Fact):
    """Thing: a paper or witness that an officer saw for an enrolment. Its number is in EvidenceNumber."""

    __tablename__ = "evidence"
    __table_args__ = (Index(None, "place", "enrolment_id"),)
    id: Mapped[str] = key_column()
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolment.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    """A value of `EvidenceKind`."""
    issuer: Mapped[str] = mapped_column(String(64))
    issued_on: Mapped[str] = mapped_column(String(10))
    """ISO 8601 date, Gregorian."""
    expires_on: Mapped[str | None] = mapped_column(String(10))
    scan_sha256: Mapped[str] = mapped_column(String(64))
    """Hex SHA-256 over the blind and the scan's digest that EvidenceScan holds: erased there, this tells nothing."""
    officer_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    place: Mapped[str] = mapped_column(String(64))
    """The desk, by its code."""
    method: Mapped[str] = mapped_column(String(32))
    """How the person was seen: a value of `IdentificationMethod`."""


class CarriedEvidence(Fact):
    """Use: a paper that was seen for an earlier request supports this one too."""

    __tablename__ = "carried_evidence"
    __table_args__ = (UniqueConstraint("enrolment_id", "evidence_id"), Index(None, "evidence_id", "enrolment_id"))
    id: Mapped[str] = key_column()
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolment.id"), index=True)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"))


class EvidenceNumber(Personal):
    """Use: the document number of an Evidence, encrypted, with a keyed blind index for look-up."""

    __tablename__ = "evidence_number"
    evidence_id: Mapped[str] = mapped_column(String(64), ForeignKey("evidence.id"), primary_key=True, sort_order=-10)
    sealed: Mapped[bytes]
    blind_index: Mapped[str] = mapped_column(String(64), index=True)


class EvidenceScan(Personal):
    """Use: the digest of an Evidence's scan, which may be erased with its number."""

    __tablename__ = "evidence_scan"
    evidence_id: Mapped[str] = mapped_column(String(64), ForeignKey("evidence.id"), primary_key=True, sort_order=-10)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    """Hex, of the scan's octets."""
    blind: Mapped[bytes]
    """128 random bits."""


class EnrolmentScope(Fact):
    """Use: where an Enrolment was taken up, what the certificate is to say beside the person, and what backs it all."""

    __tablename__ = "enrolment_scope"
    enrolment_id: Mapped[str] = mapped_column(String(64), ForeignKey("enrolment.id"), primary_key=True, sort_order=-10)
    desk_id: Mapped[str] = mapped_column(ForeignKey("desk.id"), index=True)
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    names: Mapped[str]
    """Canonical JSON: a list of host names or addresses, or one mail address; mostly empty."""
    common_name: Mapped[str | None]
    """Of a service or device."""
    value_limit_lak: Mapped[int | None]
    """Whole kip, up to which a signature is meant to be relied on (EN 319 412-5 clause 4.3.2)."""
    backing: Mapped[str]
    """Canonical JSON: for each attribute of the certificate what kind of fact backs it, and its id."""


class Agreement(Fact):
    """Use: the applicant's acceptance of the terms, for one Enrolment."""

    __tablename__ = "agreement"
    enrolment_id: Mapped[str] = mapped_column(String(64), ForeignKey("enrolment.id"), primary_key=True, sort_order=-10)
    terms_version: Mapped[int]
    terms_digest: Mapped[str] = mapped_column(String(64))
    """Hex SHA-256 of the text that was shown, Lao first."""
    means: Mapped[str] = mapped_column(String(32))
    """A value of `AgreementMeans`."""
    at: Mapped[datetime]
    publication: Mapped[bool]
    """Whether he allows that the certificate is published in a directory."""


class OrganisationConfirmation(Fact, ActProof):
    """Use: an officer of the organisation confirms one Enrolment under his own signature, once."""

    __tablename__ = "organisation_confirmation"
    enrolment_id: Mapped[str] = mapped_column(String(64), ForeignKey("enrolment.id"), primary_key=True, sort_order=-10)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("person.id"))


class MailChallenge(Personal):
    """Thing: a code was mailed to an address that a person says is his."""

    __tablename__ = "mail_challenge"
    id: Mapped[str] = key_column()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    address: Mapped[str] = mapped_column(String(254), index=True)
    code_index: Mapped[str] = mapped_column(String(64))
    """Keyed hash of the code and this id."""
    at: Mapped[datetime]
    not_after: Mapped[datetime]


class MailAttempt(Fact):
    """Use: a wrong code for a MailChallenge; after a few there is no further try."""

    __tablename__ = "mail_attempt"
    __table_args__ = (UniqueConstraint("challenge_id", "number"),)
    id: Mapped[str] = key_column()
    challenge_id: Mapped[str] = mapped_column(ForeignKey("mail_challenge.id"), index=True)
    number: Mapped[int]


class MailProof(Fact):
    """Ending of a MailChallenge: its code came back in time, so the person reads what is sent to that address."""

    __tablename__ = "mail_proof"
    challenge_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("mail_challenge.id"), primary_key=True, sort_order=-10
    )
    at: Mapped[datetime]


class DoubleClearance(Fact, ActProof):
    """Thing: an officer looked at two persons who may be one, and says under his signature that they are two."""

    __tablename__ = "double_clearance"
    __table_args__ = (UniqueConstraint("person_id", "other_id"),)
    id: Mapped[str] = key_column()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    """Of the two ids the lesser."""
    other_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    reason: Mapped[str] = mapped_column(String(32))
    """A value of `ClearanceReason`."""
    officer_id: Mapped[str] = mapped_column(ForeignKey("person.id"))


class Decision(Fact, ActProof):
    """Thing: one registration officer's yes or no, under his own signature over the enrolment's digest."""

    __tablename__ = "decision"
    __table_args__ = (UniqueConstraint("enrolment_id", "officer_id"),)
    id: Mapped[str] = key_column()
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolment.id"), index=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    approved: Mapped[bool]
    desk: Mapped[str | None] = mapped_column(String(64))
    """The code of the desk at which he decided; null in decisions of before there were desks."""
    act_path: Mapped[bytes | None]
    """Where his signature is over many decisions together: the path from this one (`ledger.together`)."""


class DishonouredDecision(Fact):
    """Ending of a Decision whose proof the signing room found not to hold: it counts for nothing."""

    __tablename__ = "dishonoured_decision"
    decision_id: Mapped[str] = mapped_column(String(64), ForeignKey("decision.id"), primary_key=True, sort_order=-10)
    code: Mapped[str] = mapped_column(String(64))


class Desk(Fact):
    """Thing: an office licensed to register. Its dates are in DeskTerm; its officers are Duties with its code."""

    __tablename__ = "desk"
    id: Mapped[str] = key_column()
    code: Mapped[str] = mapped_column(String(64), unique=True)
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    """The body whose office it is; null: the CA's own."""
    province: Mapped[str] = mapped_column(String(8), index=True)
    """ISO 3166-2 (`LA-VT`)."""


class DeskTerm(Fact):
    """Version of a Desk: from when to when it may register. An early end or a renewal is a further version."""

    __tablename__ = "desk_term"
    __table_args__ = (UniqueConstraint("desk_id", "number"),)
    id: Mapped[str] = key_column()
    desk_id: Mapped[str] = mapped_column(ForeignKey("desk.id"), index=True)
    number: Mapped[int]
    """1, 2, 3 …: the highest counts."""
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    """Half-open; null = no end known."""
