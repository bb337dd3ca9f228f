"""What people agreed to, and until when."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import idp.tables  # noqa: F401 - its tables are pointed to
from ledger.base import Fact, key_column


class ConsentVersion(Fact):
    """Version of what an account agreed that a client gets: the highest number counts, for as long as it says."""

    __tablename__ = "consent_version"
    __table_args__ = (UniqueConstraint("account_id", "client_id", "number"),)
    id: Mapped[str] = key_column()
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"))
    number: Mapped[int]
    scope: Mapped[str]
    """Space-separated: what its claims belong to. Empty when the person took it back."""
    at: Mapped[datetime]
    until: Mapped[datetime]
    """From here on the person is asked again."""
    claims: Mapped[str | None]
    """Space-separated: what the client gets. Null in a version of the time when all claims of a scope went together."""
    withheld: Mapped[str | None]
    """Space-separated: what it asked for and does not get."""
