"""Foreign CAs whose certificates count as ours do, since two persons found them as reliable (MLES article 12)."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ledger.base import Fact, key_column


class ForeignCa(Fact):
    """Thing: one acceptance of a foreign CA. Accepted once more after its end, it is another one."""

    __tablename__ = "foreign_ca"
    id: Mapped[str] = key_column()
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    """Hex, of `certificate`."""
    certificate: Mapped[bytes]
    """DER."""
    level: Mapped[str] = mapped_column(String(16))
    """A word of `ca.recognition.LEVELS`: what its certificates are equal to here, at the most."""


class ForeignCaTerm(Fact):
    """Version of a ForeignCa: for signatures of which time it is accepted. An end is a further version."""

    __tablename__ = "foreign_ca_term"
    __table_args__ = (UniqueConstraint("foreign_ca_id", "number"),)
    id: Mapped[str] = key_column()
    foreign_ca_id: Mapped[str] = mapped_column(ForeignKey("foreign_ca.id"), index=True)
    number: Mapped[int]
    """1, 2, 3 …: of those that two persons agreed on the highest counts."""
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    """Half-open; null = no end known."""
    legal_basis: Mapped[str]
    """By what it was accepted, or ended: a treaty, a decision, with its number."""
