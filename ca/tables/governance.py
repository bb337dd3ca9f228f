"""Changes of who may do what and by which numbers: planned, approved by another person, applied once."""

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import ledger.people  # noqa: F401 - its tables are pointed to
from ledger.acts import ActProof
from ledger.base import Fact, key_column


class Change(Fact, ActProof):
    """Thing: a change that a person planned under his own signature over `digest`."""

    __tablename__ = "change"
    id: Mapped[str] = key_column()
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """Hex SHA-256 of `body`; planner and approver sign it."""
    kind: Mapped[str] = mapped_column(String(32))
    """A name of `ca.governance.kinds.KINDS`."""
    body: Mapped[str]
    """Canonical JSON: what was asked for, the exact difference, and all that the facts are made of."""
    planner_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)


class ChangeApproval(Fact, ActProof):
    """Use: another person's yes to a Change, once."""

    __tablename__ = "change_approval"
    __table_args__ = (UniqueConstraint("change_id", "person_id"),)
    id: Mapped[str] = key_column()
    change_id: Mapped[str] = mapped_column(ForeignKey("change.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))


class ChangeEnd(Fact, ActProof):
    """Ending of a Change: applied, with all that it brings under the same entry, or refused. Never both."""

    __tablename__ = "change_end"
    change_id: Mapped[str] = mapped_column(String(64), ForeignKey("change.id"), primary_key=True, sort_order=-10)
    number: Mapped[int] = mapped_column(unique=True)
    """1, 2, 3 … over all changes: who judged by an older state than the newest is turned away by this key."""
    applied: Mapped[bool]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
