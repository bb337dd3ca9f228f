"""Issuers through time: when each begins, who is above it, how it ends, and the leave that the CA works under."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import ledger.certificates
import ledger.people  # noqa: F401 - its tables are pointed to
from ledger.acts import ActProof
from ledger.base import Fact, key_column


class IssuerStart(Fact):
    """Version of a generation's beginning: from `starts_at` on it signs new certificates; the highest number counts.

    Written before the generation is made, so that a ceremony that was interrupted goes on with the same one. A
    generation without this row begins with its certificate.
    """

    __tablename__ = "issuer_start"
    __table_args__ = (UniqueConstraint("name", "generation", "number"),)
    id: Mapped[str] = key_column()
    name: Mapped[str] = mapped_column(String(32))
    generation: Mapped[int]
    number: Mapped[int]
    starts_at: Mapped[datetime]


class IssuerRequest(Fact):
    """Thing: a PKCS#10 for one of our CA keys, made for one outside root, whose SHA-256 it keeps."""

    __tablename__ = "issuer_request"
    __table_args__ = (UniqueConstraint("key_sha256", "outside_sha256"),)
    id: Mapped[str] = key_column()
    name: Mapped[str] = mapped_column(String(32))
    generation: Mapped[int]
    key_sha256: Mapped[str] = mapped_column(String(64))
    outside_sha256: Mapped[str] = mapped_column(String(64))
    """Of the outside root's certificate, as it was handed over beside the network."""
    path_length: Mapped[int]
    """How many CAs must have room below this one."""
    request: Mapped[bytes]
    """DER."""


class IssuerImport(Fact):
    """Ending of an IssuerRequest: the outside CA's answer."""

    __tablename__ = "issuer_import"
    request_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("issuer_request.id"), primary_key=True, sort_order=-10
    )
    issuer_id: Mapped[str] = mapped_column(ForeignKey("issuer.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    certificate: Mapped[bytes]
    """DER."""


class OutsideCertificate(Fact):
    """Thing: a certificate above ours that somebody else holds the key of; published beside our own."""

    __tablename__ = "outside_certificate"
    id: Mapped[str] = key_column()
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    der: Mapped[bytes]


class Closing(Fact):
    """Thing: an issuer shall end, by `terminate` or `compromise`; done when two persons' acts stand under it."""

    __tablename__ = "closing"
    __table_args__ = (UniqueConstraint("issuer_id", "kind"),)
    id: Mapped[str] = key_column()
    issuer_id: Mapped[str] = mapped_column(ForeignKey("issuer.id"))
    kind: Mapped[str] = mapped_column(String(16))


class ClosingAct(Fact, ActProof):
    """Use: one person's act under a Closing; nobody counts twice, and who acted in vain may act again."""

    __tablename__ = "closing_act"
    __table_args__ = (UniqueConstraint("closing_id", "person_id", "act_at"),)
    id: Mapped[str] = key_column()
    closing_id: Mapped[str] = mapped_column(ForeignKey("closing.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))


class IssuerEnd(Fact):
    """Ending of an Issuer: it certifies nobody any more; its CRL and its responder go on."""

    __tablename__ = "issuer_end"
    issuer_id: Mapped[str] = mapped_column(String(64), ForeignKey("issuer.id"), primary_key=True, sort_order=-10)
    kind: Mapped[str] = mapped_column(String(16))
    """`terminate`, or `compromise`: then its key is in other hands and signs nothing but its last CRL."""
    at: Mapped[datetime]
    closing_id: Mapped[str] = mapped_column(ForeignKey("closing.id"))
    """Another issuer's, where that one stood above this one."""


class IssuerArchive(Fact):
    """Thing: what an ended issuer did was handed over in a folder; `manifest_sha256` is of its list of files."""

    __tablename__ = "issuer_archive"
    id: Mapped[str] = key_column()
    issuer_id: Mapped[str] = mapped_column(ForeignKey("issuer.id"), index=True)
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class AuthorityRecord(Fact):
    """Thing: the ministry's leave to run this CA; of several, one that runs suffices (law.md CA-02)."""

    __tablename__ = "authority_record"
    id: Mapped[str] = key_column()
    number: Mapped[str] = mapped_column(String(64), unique=True)
    issued_by: Mapped[str] = mapped_column(String(200))
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    """The first instant at which it does not hold any more; None: until another word."""


class AuthorityRecordAct(Fact, ActProof):
    """Use: the act of one who entered an AuthorityRecord; it counts from the second on. A practice record has none."""

    __tablename__ = "authority_record_act"
    __table_args__ = (UniqueConstraint("record_id", "person_id"),)
    id: Mapped[str] = key_column()
    record_id: Mapped[str] = mapped_column(ForeignKey("authority_record.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))


class AuthorityWithdrawal(Fact, ActProof):
    """Use: the act of one by whose word the ministry took an AuthorityRecord back; with the second one it has ended."""

    __tablename__ = "authority_withdrawal"
    __table_args__ = (UniqueConstraint("record_id", "person_id"),)
    id: Mapped[str] = key_column()
    record_id: Mapped[str] = mapped_column(ForeignKey("authority_record.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
