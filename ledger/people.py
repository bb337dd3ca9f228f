"""Who may do what, when: persons, organisations, posts, appointments, mandates, duties, cutoffs.

Certificates name persons, not posts; role and organisation are read from here at the moment that counts.
Everything here is bitemporal: `valid_from`/`valid_to` say when it was so (half-open, `valid_to` null = no end
known), and the time of the entry that brought the row says when we knew.
"""

from datetime import datetime
from enum import Enum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ledger.base import BY_OCTETS, Fact, Personal, key_column


class DutyKind(Enum):
    """What a person may do in this system. The database and the CLI use the value."""

    REGISTRATION_OFFICER = "registration-officer"
    REGISTER_CLERK = "register-clerk"
    CA_OPERATOR = "ca-operator"
    SYSTEM_ADMINISTRATOR = "system-administrator"
    AUDITOR = "auditor"
    HELP_DESK = "help-desk"
    """May pause a certificate for somebody who calls; whatever is final, others decide."""


class Person(Fact):
    """Thing. `number` is permanent, never reused, ASCII digits; certificates carry it as `EG:LA-<number>`."""

    __tablename__ = "person"
    id: Mapped[str] = key_column()
    number: Mapped[str] = mapped_column(String(16), unique=True)


class PersonDetail(Personal):
    """Version of a Person: names as the person spells them (NFC), in both scripts; surname may be missing."""

    __tablename__ = "person_detail"
    __table_args__ = (
        UniqueConstraint("person_id", "number"),
        Index(None, "search_key", "id"),
        Index(None, "search_key_en", "id"),
    )
    id: Mapped[str] = key_column()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    number: Mapped[int]
    """1, 2, 3 …: the highest counts."""
    given_lo: Mapped[str]
    family_lo: Mapped[str | None]
    given_en: Mapped[str]
    family_en: Mapped[str | None]
    title: Mapped[str | None]
    born: Mapped[str | None] = mapped_column(String(10))
    """ISO 8601 date, Gregorian."""
    mail: Mapped[str | None]
    phone: Mapped[str | None]
    """E.164."""
    search_key: Mapped[str] = mapped_column(BY_OCTETS)
    """`ledger.spelling.fold_name` of the Lao name: look-alike spellings are equal here."""
    search_key_en: Mapped[str | None] = mapped_column(BY_OCTETS)
    """The same of the Roman name; null in rows that are older than this column."""
    source: Mapped[str] = mapped_column(String(16))
    """`officers` or `citizens`: which list the person came from."""


class Organisation(Fact):
    """Thing. `code` is stable through renaming (`MTC`, `LA-VT`)."""

    __tablename__ = "organisation"
    id: Mapped[str] = key_column()
    code: Mapped[str] = mapped_column(String(32), unique=True)


class OrganisationDetail(Fact):
    """Version of an Organisation. `domains` is a space-separated list of mail domains."""

    __tablename__ = "organisation_detail"
    __table_args__ = (UniqueConstraint("organisation_id", "number"),)
    id: Mapped[str] = key_column()
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    """`ministry`, `province` or `body`."""
    name_lo: Mapped[str]
    name_en: Mapped[str]
    domains: Mapped[str]
    contact: Mapped[str | None]
    """The mail address at which the body is told of its officers' certificates (RV-06)."""
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class Succession(Fact):
    """Thing: from `at`, what `organisation_id` was is (also) `successor_id`."""

    __tablename__ = "succession"
    __table_args__ = (UniqueConstraint("organisation_id", "successor_id"),)
    id: Mapped[str] = key_column()
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    successor_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    at: Mapped[datetime]


class Post(Fact):
    """Thing: an office in an organisation. `code` is stable (`MTC/director-general`)."""

    __tablename__ = "post"
    id: Mapped[str] = key_column()
    code: Mapped[str] = mapped_column(String(64), unique=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    name_lo: Mapped[str]
    name_en: Mapped[str]


class Appointment(Fact):
    """Thing: a person in a post; its dates and decree are in AppointmentTerm, so that they can be corrected."""

    __tablename__ = "appointment"
    id: Mapped[str] = key_column()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    post_id: Mapped[str] = mapped_column(ForeignKey("post.id"), index=True)


class AppointmentTerm(Fact):
    """Version of an Appointment. An end or a correction is a further version."""

    __tablename__ = "appointment_term"
    __table_args__ = (UniqueConstraint("appointment_id", "number"),)
    id: Mapped[str] = key_column()
    appointment_id: Mapped[str] = mapped_column(ForeignKey("appointment.id"), index=True)
    number: Mapped[int]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    acting: Mapped[bool]
    decree: Mapped[str] = mapped_column(String(64))


class Mandate(Fact):
    """Thing: what the holder of a post, or one person, may do (`act`: `sign-decree`, `approve-payment` …).

    With both set, that person may do it as long as he holds that post.
    """

    __tablename__ = "mandate"
    id: Mapped[str] = key_column()
    act: Mapped[str] = mapped_column(String(64))
    post_id: Mapped[str | None] = mapped_column(ForeignKey("post.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)


class MandateTerm(Fact):
    """Version of a Mandate. `limit_lak` is a whole number of kip, null = no limit."""

    __tablename__ = "mandate_term"
    __table_args__ = (UniqueConstraint("mandate_id", "number"),)
    id: Mapped[str] = key_column()
    mandate_id: Mapped[str] = mapped_column(ForeignKey("mandate.id"), index=True)
    number: Mapped[int]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    limit_lak: Mapped[int | None]
    delegated_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    decree: Mapped[str] = mapped_column(String(64))


class Duty(Fact):
    """Thing: what a person may do in this system, at which desk, from when to when."""

    __tablename__ = "duty"
    id: Mapped[str] = key_column()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    """A value of `DutyKind`."""
    desk: Mapped[str | None] = mapped_column(String(64))
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class DutyEnd(Fact):
    """Ending of a Duty before its time."""

    __tablename__ = "duty_end"
    duty_id: Mapped[str] = mapped_column(String(64), ForeignKey("duty.id"), primary_key=True, sort_order=-10)
    at: Mapped[datetime]


class Cutoff(Fact):
    """Thing: from `at` on, nothing of this person that began earlier counts.

    Sessions, codes, refresh tokens and decisions are judged against it at each use: what was made at or
    before `at` is dead. A routine `superseded` revocation makes none.
    """

    __tablename__ = "cutoff"
    id: Mapped[str] = key_column()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(32))
    """An RFC 5280 reason word (`keyCompromise`, `cessationOfOperation` …)."""
