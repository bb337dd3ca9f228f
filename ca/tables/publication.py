"""What was published."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ledger.base import Fact, key_column


class Crl(Fact):
    """Thing: a list of an issuer's revoked and held certificates as it was signed; every one is kept."""

    __tablename__ = "crl"
    __table_args__ = (UniqueConstraint("issuer_id", "number"),)
    id: Mapped[str] = key_column()
    issuer_id: Mapped[str] = mapped_column(ForeignKey("issuer.id"))
    number: Mapped[int]
    """1, 2, 3 … per issuer (RFC 5280 clause 5.2.3)."""
    der: Mapped[bytes]
    this_update: Mapped[datetime]
    next_update: Mapped[datetime]
    changes: Mapped[int]
    """How many revocations, holds and releases of the issuer this list was made from."""
