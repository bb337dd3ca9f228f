"""What machines may ask for, the secrets that begin it, and their requests."""

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint, and_
from sqlalchemy.orm import Mapped, mapped_column

import ca.tables.registration
from ledger.acts import ActProof
from ledger.base import Fact, key_column


class Allowance(Fact):
    """Thing: what machines of one organisation may ask for by themselves. A change that two officers agree on makes it.

    It counts when an officer of the organisation confirms it and the responsible person accepts it.
    """

    __tablename__ = "allowance"
    id: Mapped[str] = key_column()
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    """Who answers for the keys: each request is his."""
    certificate_id: Mapped[str] = mapped_column(ForeignKey("certificate.id"))
    """His own certificate, which he had confirmed: the checked identity on which all this rests."""
    desk_id: Mapped[str] = mapped_column(ForeignKey("desk.id"), index=True)
    profile: Mapped[str] = mapped_column(String(48))
    """One of `MACHINE_PROFILES`."""
    names: Mapped[str]
    """Canonical JSON: `zones` (a domain with all below it), `hosts` and `common_names` (exactly so), lists."""
    protocols: Mapped[str]
    """Canonical JSON: a sorted list of values of `Protocol`."""
    most: Mapped[int]
    """Certificates that live or wait under it at once."""
    new_keys: Mapped[bool]
    """Whether who shows a certificate of this allowance may bring a new key; else that needs a new secret."""
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime]
    """Half-open."""


class AllowanceEnd(Fact):
    """Ending of an Allowance: nothing more is asked for or issued under it. What was issued lives on."""

    __tablename__ = "allowance_end"
    allowance_id: Mapped[str] = mapped_column(String(64), ForeignKey("allowance.id"), primary_key=True, sort_order=-10)


class AllowanceConfirmation(Fact, ActProof):
    """Use: an officer of the organisation says under his own signature that its machines may do this."""

    __tablename__ = "allowance_confirmation"
    __table_args__ = (UniqueConstraint("allowance_id", "officer_id"),)
    id: Mapped[str] = key_column()
    allowance_id: Mapped[str] = mapped_column(ForeignKey("allowance.id"), index=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("person.id"))


class AllowanceAcceptance(Fact, ActProof):
    """Use: the responsible person accepts under his own signature to answer for it, by terms of this digest."""

    __tablename__ = "allowance_acceptance"
    __table_args__ = (UniqueConstraint("allowance_id", "terms_digest"),)
    id: Mapped[str] = key_column()
    allowance_id: Mapped[str] = mapped_column(ForeignKey("allowance.id"), index=True)
    terms_version: Mapped[int]
    terms_digest: Mapped[str] = mapped_column(String(64))


class AllowanceSecret(Fact, ActProof):
    """Thing: what begins a machine's asking by one protocol: a one-time code, or a secret that is used again.

    An officer of the desk made it under his own signature, so that no process can make one up. Of a one-time code
    only a keyed hash is here; a secret that keys a MAC is sealed with the key `doors`.
    """

    __tablename__ = "allowance_secret"
    id: Mapped[str] = key_column()
    allowance_id: Mapped[str] = mapped_column(ForeignKey("allowance.id"), index=True)
    protocol: Mapped[str] = mapped_column(String(8))
    reference: Mapped[str] = mapped_column(String(32), unique=True)
    """By which the machine names it: the user of EST, the sender of CMP, the key identifier of ACME."""
    code_index: Mapped[str | None] = mapped_column(String(64), unique=True)
    sealed: Mapped[bytes | None]
    not_after: Mapped[datetime]
    issued_by: Mapped[str] = mapped_column(ForeignKey("person.id"))


class AllowanceSecretEnd(Fact):
    """Ending of an AllowanceSecret: used up by the request of this id, or withdrawn."""

    __tablename__ = "allowance_secret_end"
    secret_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("allowance_secret.id"), primary_key=True, sort_order=-10
    )
    enrolment_id: Mapped[str | None] = mapped_column(ForeignKey("enrolment.id"))
    """Null: withdrawn."""


class MachineRequest(Fact):
    """Use: an Enrolment that a machine asked for under an Allowance, and what it showed."""

    __tablename__ = "machine_request"
    __table_args__ = (Index(None, "allowance_id", "enrolment_id"),)
    enrolment_id: Mapped[str] = mapped_column(String(64), ForeignKey("enrolment.id"), primary_key=True, sort_order=-10)
    allowance_id: Mapped[str] = mapped_column(ForeignKey("allowance.id"))
    protocol: Mapped[str] = mapped_column(String(8))
    credential_kind: Mapped[str] = mapped_column(String(16))
    """A value of `CredentialKind`."""
    credential: Mapped[str] = mapped_column(String(64))
    """By which it was let in: the id of the secret or account, or the SHA-256 (hex) of the certificate."""
    proof: Mapped[bytes]
    """What the protocol's verifier in `ca/machines/proofs` needs to judge it again; mostly the message itself."""


def in_one_entry() -> ColumnElement[bool]:
    """That an Enrolment is the one which a MachineRequest is about, and was written in the same entry.

    A process that writes requests of machines can so make no machine's of one that a person handed in.
    """
    return and_(
        MachineRequest.enrolment_id == ca.tables.registration.Enrolment.id,
        MachineRequest.entry_id == ca.tables.registration.Enrolment.entry_id,
    )


class MachineTransaction(Fact):
    """Use: a transaction of CMP that asks for a certificate, once under its allowance."""

    __tablename__ = "machine_transaction"
    id: Mapped[str] = key_column()
    """Hex SHA-256 over allowance and transaction."""
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolment.id"), index=True)


class MachineEnding(Fact):
    """Thing: a machine asked that its certificate end, under its own key or as an ACME account that may.

    The signing room verifies it.
    """

    __tablename__ = "machine_ending"
    id: Mapped[str] = key_column()
    certificate_id: Mapped[str] = mapped_column(ForeignKey("certificate.id"), index=True)
    protocol: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(32))
    """RFC 5280 clause 5.3.1 by name."""
    proof: Mapped[bytes]


class MachineEndingEnd(Fact):
    """Ending of a MachineEnding: done (`ended`), or why it counts for nothing."""

    __tablename__ = "machine_ending_end"
    ending_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("machine_ending.id"), primary_key=True, sort_order=-10
    )
    code: Mapped[str] = mapped_column(String(64))


class MachineAcceptance(Fact):
    """Use: a machine said that it has this certificate and takes it, by what it had asked with (a certConf of CMP).

    Whoever ends another one for its sake verifies that again.
    """

    __tablename__ = "machine_acceptance"
    certificate_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("certificate.id"), primary_key=True, sort_order=-10
    )
    replaces_id: Mapped[str | None] = mapped_column(ForeignKey("certificate.id"), index=True)
    """The one whose key asked for it by an update (kur); null: it stands beside whatever there is."""
    at: Mapped[datetime]
    proof: Mapped[bytes]
