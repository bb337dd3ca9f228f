"""Holds on a person's records, and orders to erase what need not be kept any longer."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

import ledger.people  # noqa: F401 - its tables are pointed to
from ledger.acts import ActProof
from ledger.base import Fact, key_column


class RecordsHold(Fact, ActProof):
    """Thing: nothing of this person's records is erased, at whatever age, until the hold is lifted (AU-05)."""

    __tablename__ = "records_hold"
    id: Mapped[str] = key_column()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    code: Mapped[str] = mapped_column(String(32))
    """A value of `HoldReason`."""
    officer_id: Mapped[str] = mapped_column(ForeignKey("person.id"))


class RecordsRelease(Fact, ActProof):
    """Ending of a RecordsHold."""

    __tablename__ = "records_release"
    hold_id: Mapped[str] = mapped_column(String(64), ForeignKey("records_hold.id"), primary_key=True, sort_order=-10)
    officer_id: Mapped[str] = mapped_column(ForeignKey("person.id"))


class ErasureOrder(Fact, ActProof):
    """Thing: a CA operator orders that exactly the rows of this plan be erased."""

    __tablename__ = "erasure_order"
    id: Mapped[str] = key_column()
    rule: Mapped[str] = mapped_column(String(16))
    """A value of `Rule`."""
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    """On whose request, if on anybody's."""
    ended_by: Mapped[datetime]
    """What must have ended by then."""
    plan_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    rows: Mapped[int]
    operator_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
