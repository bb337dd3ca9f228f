"""Blocked keys, and the acts behind every ending and pause."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.acts import ActProof
from ledger.base import Fact, key_column


class KeyBlock(Fact):
    """Ending of a KeyUse: the key is known or feared to be in other hands, and is never certified again."""

    __tablename__ = "key_block"
    key_sha256: Mapped[str] = mapped_column(
        String(64), ForeignKey("key_use.key_sha256"), primary_key=True, sort_order=-10
    )
    at: Mapped[datetime]


class RevocationProof(Fact, ActProof):
    """Thing: the act of the person who revoked, held or released; `entry_id` ties it to what it caused."""

    __tablename__ = "revocation_proof"
    id: Mapped[str] = key_column()
    kind: Mapped[str] = mapped_column(String(48))
    subject: Mapped[str] = mapped_column(String(64), index=True)
    """The certificate's id, or the person's."""
    reason: Mapped[str] = mapped_column(String(32))
    officer_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
