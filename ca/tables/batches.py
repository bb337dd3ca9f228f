"""Requests that were handed in together: the batch under its officer's signature, and what became of each line."""

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import ca.tables.registration  # noqa: F401 - its tables are pointed to
import ledger.people  # noqa: F401 - its tables are pointed to
from ledger.acts import ActProof
from ledger.base import Fact, key_column


class EnrolmentBatch(Fact, ActProof):
    """Thing: an officer hands in exactly these lines, whose people and papers he saw, under his own signature."""

    __tablename__ = "enrolment_batch"
    id: Mapped[str] = key_column()
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """Hex SHA-256 of the plan, which ends with a keyed value: it tells nothing to who guesses at the lines."""
    lines: Mapped[int]
    officer_id: Mapped[str] = mapped_column(ForeignKey("person.id"))


class EnrolmentBatchLine(Fact):
    """Use: what became of one line of an EnrolmentBatch, written with it in one entry: so once, and never lost."""

    __tablename__ = "enrolment_batch_line"
    __table_args__ = (UniqueConstraint("batch_id", "number"), UniqueConstraint("enrolment_id"))
    id: Mapped[str] = key_column()
    batch_id: Mapped[str] = mapped_column(ForeignKey("enrolment_batch.id"), index=True)
    number: Mapped[int]
    """As a spreadsheet counts: the header is 1."""
    enrolment_id: Mapped[str | None] = mapped_column(String(64), ForeignKey("enrolment.id"))
    """Of what was taken up; null when it was refused."""
    code: Mapped[str | None] = mapped_column(String(64))
    """Why it was refused."""
    field: Mapped[str | None] = mapped_column(String(32))
    """The column in which the fault is."""


class EnrolmentBatchEnd(Fact):
    """Ending of an EnrolmentBatch: every line of it is accounted for."""

    __tablename__ = "enrolment_batch_end"
    batch_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("enrolment_batch.id"), primary_key=True, sort_order=-10
    )
    taken: Mapped[int]
    refused: Mapped[int]
