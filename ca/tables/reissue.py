"""Campaigns that replace certificates: what is affected, in which order, who was told, and what failed. And the stop.

What is done is nowhere written down twice: that a member is replaced is read off requests, certificates and endings.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import ledger.certificates
import ledger.people  # noqa: F401 - its tables are pointed to
from ledger.acts import ActProof
from ledger.base import Fact, key_column


class Reissue(Fact):
    """Thing: a campaign that two persons agreed on; a change of kind `reissue.start` brings it."""

    __tablename__ = "reissue"
    id: Mapped[str] = key_column()
    selection: Mapped[str]
    """Canonical JSON of a `ca.reissue.selection.Selection`."""
    before: Mapped[datetime]
    """Only certificates that were issued before this moment are affected."""
    wave: Mapped[int]
    """Members that are told at a time."""
    pause_seconds: Mapped[int]
    """Between the openings of two waves at least."""
    reason: Mapped[str] = mapped_column(String(32))
    """With which the old certificate ends: `superseded`, or `keyCompromise`."""
    deadline: Mapped[datetime | None]
    """From then on the old one ends, replaced or not; null: it never ends unreplaced."""


class ReissueMember(Fact):
    """Use: a certificate that the campaign replaces, and its place in the order."""

    __tablename__ = "reissue_member"
    __table_args__ = (UniqueConstraint("certificate_id", "turn"), UniqueConstraint("reissue_id", "number"))
    id: Mapped[str] = key_column()
    reissue_id: Mapped[str] = mapped_column(ForeignKey("reissue.id"))
    certificate_id: Mapped[str] = mapped_column(ForeignKey("certificate.id"))
    turn: Mapped[int]
    """1, 2, 3 …: of how many campaigns that ended it was a member before, and one. So it is of one at a time."""
    number: Mapped[int]
    """1, 2, 3 … in the campaign; its wave follows from it."""
    lane: Mapped[str] = mapped_column(String(16))
    """A name of `ca.reissue.lanes.LANES`."""
    way: Mapped[str] = mapped_column(String(16))
    """A value of `ca.reissue.lanes.Way`."""
    holder_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    """The person who answers for it."""


class ReissueListing(Fact):
    """Ending of the listing of a campaign's members: all are there."""

    __tablename__ = "reissue_listing"
    reissue_id: Mapped[str] = mapped_column(String(64), ForeignKey("reissue.id"), primary_key=True, sort_order=-10)
    members: Mapped[int]


class ReissueWave(Fact):
    """Use: the wave of this number is open; its members are told next."""

    __tablename__ = "reissue_wave"
    __table_args__ = (UniqueConstraint("reissue_id", "number"),)
    id: Mapped[str] = key_column()
    reissue_id: Mapped[str] = mapped_column(ForeignKey("reissue.id"))
    number: Mapped[int]
    at: Mapped[datetime]


class ReissueNotice(Fact):
    """Use: the member's holder was asked for a new key: for his attempt of this number."""

    __tablename__ = "reissue_notice"
    __table_args__ = (UniqueConstraint("member_id", "number"),)
    id: Mapped[str] = key_column()
    member_id: Mapped[str] = mapped_column(ForeignKey("reissue_member.id"))
    number: Mapped[int]


class ReissueAttempt(Fact):
    """Use: what was handed in for the member at the time of this number was refused, and why."""

    __tablename__ = "reissue_attempt"
    __table_args__ = (UniqueConstraint("member_id", "number"),)
    id: Mapped[str] = key_column()
    member_id: Mapped[str] = mapped_column(ForeignKey("reissue_member.id"))
    number: Mapped[int]
    code: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class ReissueSwitch(Fact, ActProof):
    """Version of a campaign's state: a person halted it, or let it go on; the highest number counts."""

    __tablename__ = "reissue_switch"
    __table_args__ = (UniqueConstraint("reissue_id", "number"),)
    id: Mapped[str] = key_column()
    reissue_id: Mapped[str] = mapped_column(ForeignKey("reissue.id"))
    number: Mapped[int]
    halted: Mapped[bool]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))


class ReissueEnd(Fact):
    """Ending of a campaign: no member waits for anything any more."""

    __tablename__ = "reissue_end"
    reissue_id: Mapped[str] = mapped_column(String(64), ForeignKey("reissue.id"), primary_key=True, sort_order=-10)
    at: Mapped[datetime]


class IssuanceSwitch(Fact, ActProof):
    """Version of the stop button: a person halted all issuing, or let it go on; the highest number counts."""

    __tablename__ = "issuance_switch"
    id: Mapped[str] = key_column()
    number: Mapped[int] = mapped_column(unique=True)
    halted: Mapped[bool]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
