"""What was shown once and must not be taken a second time, while it could still be shown: marks, no facts.

The request that shows something may cause an entry or none; the mark stands either way, in a transaction of its own.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from sqlalchemy import String, func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from ledger.base import Base
from ledger.ledger import Ledger, named_fault


class ReplayMark(Base):
    """A value that was shown, by the SHA-256 of what it was for and itself."""

    __tablename__ = "replay_mark"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True, sort_order=-10)
    not_after: Mapped[datetime] = mapped_column(index=True)
    """From then on the value is not taken anyway: its mark may go."""


def spend(ledger: Ledger, purpose: str, value: str, not_after: datetime) -> bool:
    """Whether the value is shown for the first time; from now on it is not. Raises LedgerUnavailable.

    Durable when it returns; of two requests with the same value, however near, one alone gets True.
    """
    try:
        with ledger.written() as connection:
            connection.execute(insert(ReplayMark), {"sha256": _mark(purpose, value), "not_after": not_after})
    except IntegrityError:
        return False
    except DBAPIError as fault:
        raise named_fault(fault) from fault
    return True


def spent(session: Session, purpose: str, values: Iterable[str]) -> int:
    """How many of the values were shown before."""
    marks = [_mark(purpose, value) for value in values]
    return session.scalar(select(func.count()).select_from(ReplayMark).where(ReplayMark.sha256.in_(marks))) or 0


def _mark(purpose: str, value: str) -> str:
    return sha256(f"{purpose}\n{value}".encode()).hexdigest()
