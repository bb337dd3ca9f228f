"""What was shown once and must not be taken a second time, while it could still be shown: marks, no facts.

The request that shows something may cause an entry or none; the mark stands either way, in a transaction of its own.
"""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import String, insert
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

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
    mark = sha256(f"{purpose}\n{value}".encode()).hexdigest()
    try:
        with ledger.writing.begin() as connection:
            connection.execute(insert(ReplayMark), {"sha256": mark, "not_after": not_after})
    except IntegrityError:
        return False
    except DBAPIError as fault:
        raise named_fault(fault) from fault
    return True
