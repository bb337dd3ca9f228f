"""What the holder said of a certificate before he used it: that its names are right (MLES article 8(1)(c))."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

import ledger.people  # noqa: F401 - its tables are pointed to
from ledger.acts import ActProof
from ledger.base import Fact
from ledger.certificates import Certificate, Intent


class HolderConfirmation(Fact, ActProof):
    """Use: what the certificate says was confirmed as right, by its own key or at a desk; until then it waits."""

    __tablename__ = "holder_confirmation"
    certificate_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("certificate.id"), primary_key=True, sort_order=-10
    )
    officer_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    """The officer of the desk where the holder confirmed; null when he signed with the new key himself."""
    at: Mapped[datetime]
    desk: Mapped[str | None] = mapped_column(String(32))
    """The code of that desk, which the officer signed; null in his confirmations of before it was kept."""


def awaits_holder(session: Session, certificate_id: str) -> bool:
    """Whether the certificate came of an enrolment and its holder has not confirmed it yet.

    What a ceremony certified waits for nobody: its holder stood beside it.
    """
    statement = (
        select(Certificate.id)
        .join(Intent, Intent.id == Certificate.id)
        .join(HolderConfirmation, HolderConfirmation.certificate_id == Certificate.id, isouter=True)
        .where(
            Certificate.id == certificate_id,
            Intent.enrolment_id.is_not(None),
            HolderConfirmation.certificate_id.is_(None),
        )
    )
    return session.execute(statement).first() is not None
