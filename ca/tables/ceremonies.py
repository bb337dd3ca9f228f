"""What was done at ceremonies, line by line, by whose leave, and the keys that were given up there."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import ledger.certificates  # noqa: F401 - its tables are pointed to
from ledger.base import Fact, key_column


class CeremonyRun(Fact):
    """Thing: a ceremony that was begun. `plan` is the canonical JSON of what its operators agreed on."""

    __tablename__ = "ceremony_run"
    id: Mapped[str] = key_column()
    plan_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    plan: Mapped[str]


class CeremonyApproval(Fact):
    """Use: one operator's signature over the plan's digest, each operator once."""

    __tablename__ = "ceremony_approval"
    __table_args__ = (UniqueConstraint("run_id", "operator"),)
    id: Mapped[str] = key_column()
    run_id: Mapped[str] = mapped_column(ForeignKey("ceremony_run.id"))
    operator: Mapped[str] = mapped_column(String(32))
    key_sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    signature: Mapped[bytes]


class CeremonyLine(Fact):
    """Use: one line of the transcript; the unique number keeps two runs of one ceremony from mixing."""

    __tablename__ = "ceremony_line"
    __table_args__ = (UniqueConstraint("run_id", "number"),)
    id: Mapped[str] = key_column()
    run_id: Mapped[str] = mapped_column(ForeignKey("ceremony_run.id"))
    number: Mapped[int]
    """0 is the beginning, then the plan's steps, then the end."""
    line: Mapped[str]
    """Canonical JSON, as it stands in the transcript."""


class CeremonySignature(Fact):
    """Use: one operator's, or the log's, signature over the whole transcript."""

    __tablename__ = "ceremony_signature"
    __table_args__ = (UniqueConstraint("run_id", "operator"),)
    id: Mapped[str] = key_column()
    run_id: Mapped[str] = mapped_column(ForeignKey("ceremony_run.id"))
    operator: Mapped[str] = mapped_column(String(32))
    signature: Mapped[bytes]


class KeyDestruction(Fact):
    """Ending of a KeyUse of our own: written before the key is destroyed, and from then on it is used for nothing."""

    __tablename__ = "key_destruction"
    key_sha256: Mapped[str] = mapped_column(
        String(64), ForeignKey("key_use.key_sha256"), primary_key=True, sort_order=-10
    )
    at: Mapped[datetime]
