"""What was published."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import ledger.certificates  # noqa: F401 - its tables are pointed to
from ledger.base import Fact, key_column


class Crl(Fact):
    """Thing: a list of an issuer's revoked and held certificates as it was signed; every one is kept."""

    __tablename__ = "crl"
    __table_args__ = (
        UniqueConstraint("issuer_id", "number"),
        # All that finds the list in force: SQLite need not walk through lists of megabytes to know which they are.
        Index(None, "issuer_id", "shard", "this_update", "number", "base_number"),
    )
    id: Mapped[str] = key_column()
    issuer_id: Mapped[str] = mapped_column(ForeignKey("issuer.id"))
    number: Mapped[int]
    """1, 2, 3 … per issuer, through all its shards and deltas (RFC 5280 clause 5.2.3)."""
    der: Mapped[bytes]
    this_update: Mapped[datetime]
    next_update: Mapped[datetime]
    changes: Mapped[int]
    """How many revocations, holds and releases this list was made from: of its shard, or of the issuer."""
    shard: Mapped[int | None]
    """Null is the list of the whole issuer."""
    base_number: Mapped[int | None]
    """Of a delta (RFC 5280 clause 5.2.4): the number of the complete list that it goes on from."""
    sha256: Mapped[str | None] = mapped_column(String(64))
    """Of `der`, lower-case hex; null in lists that are older than this column."""
