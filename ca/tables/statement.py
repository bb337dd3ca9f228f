"""What the CA published about itself, version by version, and who agreed to it."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ledger.acts import ActProof
from ledger.base import Fact, key_column


class StatementVersion(Fact):
    """Version of one of `ca.statement.text.DOCUMENTS`: the highest number counts. The text is as it was published."""

    __tablename__ = "statement_version"
    __table_args__ = (UniqueConstraint("document", "number"),)
    id: Mapped[str] = key_column()
    document: Mapped[str] = mapped_column(String(32))
    number: Mapped[int]
    """1, 2, 3 … per document."""
    lo: Mapped[str]
    en: Mapped[str]
    """Both texts with their numbers filled in; Lao prevails."""
    digest: Mapped[str] = mapped_column(String(64))
    """Hex SHA-256 of the canonical JSON of both texts: what a subscriber accepts."""
    figures: Mapped[str]
    """Canonical JSON of the numbers that were in force."""
    figures_digest: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[datetime]
    plan: Mapped[str | None] = mapped_column(String(64), index=True)
    """The plan that two persons signed; null for the first version, which the ceremony publishes."""


class StatementApproval(ActProof, Fact):
    """Use: a person agreed to a plan, once; the act is his own (kind `statement.agree`)."""

    __tablename__ = "statement_approval"
    __table_args__ = (UniqueConstraint("plan", "person_id"),)
    id: Mapped[str] = key_column()
    plan: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[str] = mapped_column(String(64))
