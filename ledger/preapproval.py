"""What two persons agreed that officers need not be asked: their own organisation's services, for so many scopes.

Read by the provider at each use, so that an end, of the policy or of somebody's post, counts at once.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

import ledger.people  # noqa: F401 - its tables are pointed to
from ledger.base import Fact, key_column, without

COVERABLE = ("profile", "email", "phone", "address", "organisation")
"""Scopes that a policy may be about; that it is the same person again goes with any."""


class Preapproval(Fact):
    """Thing: services of the organisation need no consent of its officers for these scopes, from when to when."""

    __tablename__ = "preapproval"
    id: Mapped[str] = key_column()
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    scopes: Mapped[str]
    """Of COVERABLE, space-separated."""
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    """Half-open; null = no end known."""
    legal_basis: Mapped[str]
    """By what decision, with its number: officers read it."""


class PreapprovalEnd(Fact):
    """Ending of a Preapproval before its time: what was given under it is dead."""

    __tablename__ = "preapproval_end"
    preapproval_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("preapproval.id"), primary_key=True, sort_order=-10
    )
    legal_basis: Mapped[str]


def preapprovals(session: Session, organisation_ids: Collection[str], at: datetime) -> Sequence[Preapproval]:
    """Those of these organisations that hold at that moment, the newest first."""
    own = select(Preapproval).where(
        Preapproval.organisation_id.in_(organisation_ids),
        Preapproval.valid_from <= at,
        or_(Preapproval.valid_to.is_(None), Preapproval.valid_to > at),
    )
    return session.scalars(without(own, Preapproval.id, PreapprovalEnd).order_by(Preapproval.id.desc())).all()
