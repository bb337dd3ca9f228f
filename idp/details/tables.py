"""What people agreed to in detail."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

import idp.tables  # noqa: F401 - its tables are pointed to
from ledger.base import Personal, key_column


class GrantDetails(Personal):
    """Thing: the details of a grant (RFC 9396), in its entry. Once they are erased the grant counts no more."""

    __tablename__ = "grant_details"
    id: Mapped[str] = key_column()
    grant_id: Mapped[str] = mapped_column(ForeignKey("grant.id"), unique=True)
    details: Mapped[str]
    """As `idp.details.text_of` has it: labels of documents, which may name a person."""
