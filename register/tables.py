"""What the register keeps of its own work: each import of a list, and the act of the clerk who caused it."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

import ledger.people  # noqa: F401 - its tables are pointed to
from ledger.acts import ActProof
from ledger.base import Fact, key_column


class Import(Fact):
    """Thing: a run that applied (or went on applying) a plan. One that was killed has no ImportEnded event."""

    __tablename__ = "register_import"
    id: Mapped[str] = key_column()
    plan: Mapped[str] = mapped_column(String(64), index=True)
    """The plan's digest, hex: it covers the file's octets and what was to become of each line."""
    file_sha256: Mapped[str] = mapped_column(String(64))
    lines: Mapped[int]


class ImportProof(ActProof, Fact):
    """Use of an Import: the clerk's act, which names the plan and the suspicious lines that he vouches for.

    Missing only for imports made while no officer had a certificate yet, at the first ceremony.
    """

    __tablename__ = "register_import_proof"
    import_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("register_import.id"), primary_key=True, sort_order=-10
    )
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    vouched_lines: Mapped[str]
    """Numbers of the suspicious lines that the act vouches for, separated by spaces."""
