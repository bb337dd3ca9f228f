"""What the validation house keeps: that it answered, and how; never the document."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.base import Fact, key_column


class Validation(Fact):
    """Thing: one answer. The same document may be asked about any number of times."""

    __tablename__ = "validation"
    id: Mapped[str] = key_column()
    document_sha256: Mapped[str] = mapped_column(String(64), index=True)
    rule: Mapped[str | None] = mapped_column(String(48))
    indication: Mapped[str] = mapped_column(String(16))
    sub_indication: Mapped[str | None] = mapped_column(String(48))
    answer_sha256: Mapped[str] = mapped_column(String(64))
    """Of the RFC 8785 form of the answer that was given."""
