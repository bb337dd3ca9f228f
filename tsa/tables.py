"""One row for each token that left."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.base import Fact, key_column


class TimeStamp(Fact):
    """Thing: a time-stamp token. Committed before the token leaves, so no token is unknown here."""

    __tablename__ = "time_stamp"
    id: Mapped[str] = key_column()
    serial_number: Mapped[str] = mapped_column(String(40), unique=True)
    """Lower-case hex; an authority never uses one twice (RFC 3161 clause 2.4.2)."""
    digest_algorithm: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(128), index=True)
    """What was stamped: the hash as the asker sent it, hex."""
    at: Mapped[datetime]
    policy: Mapped[str] = mapped_column(String(128))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    """Of the TimeStampToken's DER, hex."""
    certificate_sha256: Mapped[str] = mapped_column(String(64))
    """Of the unit's certificate whose key signed it."""
