"""Issuers, intents, certificates and their endings: read by every house, written by the CA and its signing room.

Intent, Certificate and Revocation share one id. What is not here does not exist: status, mutual TLS and
validation look a certificate up by its digest, never by its serial number alone.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import ledger.people  # noqa: F401 - its tables are pointed to
from ledger.base import Fact, key_column


def generation_name(name: str, generation: int) -> str:
    """The name of a generation's key and files (`officers`, `officers-2`)."""
    return name if generation == 1 else f"{name}-{generation}"


class Issuer(Fact):
    """Thing: a CA certificate that we issue under. `name` is `root`, `officers`, `citizens` or `services`."""

    __tablename__ = "issuer"
    __table_args__ = (UniqueConstraint("name", "generation"),)
    id: Mapped[str] = key_column()
    name: Mapped[str] = mapped_column(String(32))
    generation: Mapped[int]
    certificate: Mapped[bytes]
    """DER."""
    crl_url: Mapped[str]
    ocsp_url: Mapped[str]
    certificate_url: Mapped[str]
    crl_shards: Mapped[int | None]
    """Into how many parts its CRL is partitioned, for as long as it lives; null is one whole list at `crl_url`."""

    @property
    def key_name(self) -> str:
        """The name of this generation's key and files."""
        return generation_name(self.name, self.generation)


class KeyUse(Fact):
    """Use: the key whose SubjectPublicKeyInfo has this SHA-256 (hex) belongs to this subject, for ever."""

    __tablename__ = "key_use"
    key_sha256: Mapped[str] = mapped_column(String(64), primary_key=True, sort_order=-10)
    subject: Mapped[str] = mapped_column(String(64), index=True)
    """A person's id, or the name of one of our own services."""


class KeyBlock(Fact):
    """Ending of a KeyUse: the key is known or feared to be in other hands, and is never certified again."""

    __tablename__ = "key_block"
    key_sha256: Mapped[str] = mapped_column(
        String(64), ForeignKey("key_use.key_sha256"), primary_key=True, sort_order=-10
    )
    at: Mapped[datetime]


class Intent(Fact):
    """Thing: what we are about to sign. Sealed in the log before any key sees `tbs`."""

    __tablename__ = "intent"
    __table_args__ = (UniqueConstraint("issuer_id", "serial_number"), UniqueConstraint("issuer_id", "dense_number"))
    id: Mapped[str] = key_column()
    issuer_id: Mapped[str] = mapped_column(String(64))
    """An Issuer's id. No foreign key: the root's own Intent is written before there is any issuer."""
    serial_number: Mapped[str] = mapped_column(String(40))
    """Lower-case hex without leading zeros."""
    dense_number: Mapped[int]
    """1, 2, 3 … per issuer; its big-endian octets begin the serial number."""
    profile: Mapped[str] = mapped_column(String(48))
    tbs: Mapped[bytes]
    """DER TBSCertificate, exactly as linted."""
    enrolment_id: Mapped[str | None] = mapped_column(String(64), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)


class Certificate(Fact):
    """What was signed; `id` is its Intent's."""

    __tablename__ = "certificate"
    __table_args__ = (UniqueConstraint("issuer_id", "serial_number"), UniqueConstraint("sha256"))
    id: Mapped[str] = mapped_column(String(64), ForeignKey("intent.id"), primary_key=True, sort_order=-10)
    issuer_id: Mapped[str] = mapped_column(ForeignKey("issuer.id"))
    serial_number: Mapped[str] = mapped_column(String(40))
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the DER, lower-case hex: the key by which everything looks certificates up."""
    key_sha256: Mapped[str] = mapped_column(String(64), index=True)
    der: Mapped[bytes]
    profile: Mapped[str] = mapped_column(String(48), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    not_before: Mapped[datetime]
    not_after: Mapped[datetime] = mapped_column(index=True)


class Revocation(Fact):
    """Ending of an Intent, with or without its Certificate: nothing comes back from it."""

    __tablename__ = "revocation"
    certificate_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("intent.id"), primary_key=True, sort_order=-10
    )
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(32))
    """RFC 5280 clause 5.3.1 by name: `keyCompromise`, `cessationOfOperation`, `superseded`, `unspecified` …"""


class Hold(Fact):
    """Thing: a pause of a certificate; ends by a HoldRelease or becomes a Revocation."""

    __tablename__ = "hold"
    id: Mapped[str] = key_column()
    certificate_id: Mapped[str] = mapped_column(ForeignKey("certificate.id"), index=True)
    at: Mapped[datetime]
    until: Mapped[datetime | None] = mapped_column(index=True)
    """When it becomes a Revocation, unless it is released before; null in holds from before there was an end."""


class HoldRelease(Fact):
    """Ending of a Hold. Only the signing room writes it, when it has verified the act of the officer who wants it."""

    __tablename__ = "hold_release"
    hold_id: Mapped[str] = mapped_column(String(64), ForeignKey("hold.id"), primary_key=True, sort_order=-10)
    at: Mapped[datetime]
