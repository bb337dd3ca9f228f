"""Which campaigns run now, by the ledger alone: agreed on by two persons, not halted, not over."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ca.governance.provenance import Issuers, Provenance
from ca.reissue.selection import Selection, parse_selection
from ca.reissue.switches import campaign_halted
from ca.tables.reissue import Reissue, ReissueEnd, ReissueListing, ReissueMember
from ledger.base import without
from ledger.certificates import Certificate


@dataclass(frozen=True)
class Campaign:
    """A campaign as it stands in one snapshot."""

    row: Reissue
    selection: Selection
    members: int | None
    """None while they are being listed."""
    halted: bool
    ended: bool

    @property
    def waves(self) -> int:
        """How many there are."""
        return -(-(self.members or 0) // self.row.wave)

    def wave_of(self, number: int) -> int:
        """The wave, from 1 on, of the member of this number."""
        return (number - 1) // self.row.wave + 1


def campaigns(session: Session) -> list[Campaign]:
    """Every campaign, the oldest first, believed or not."""
    return [campaign_of(session, row) for row in session.scalars(select(Reissue).order_by(Reissue.id))]


def running(session: Session, issuers: Issuers = None) -> Iterator[Campaign]:
    """Those that two persons provably agreed on and that go on now. `issuers` as for ActVerifier."""
    rows = session.scalars(unended()).all()
    provenance = Provenance(session, issuers)
    for row in rows:
        if provenance.believes(row):  # before it is read: what a row says that nobody agreed on stops no other
            campaign = campaign_of(session, row, provenance)
            if not campaign.halted:
                yield campaign


def unended() -> Select[Reissue]:
    """Selects those that are not over, agreed on or not, halted or not, the oldest first."""
    return without(select(Reissue), Reissue.id, ReissueEnd).order_by(Reissue.id)


def campaign_of(session: Session, row: Reissue, provenance: Provenance | None = None) -> Campaign:
    """The campaign of this row; `provenance`, or one by all of the ledger's issuers, tells whether it stands still."""
    listing = session.get(ReissueListing, row.id)
    halted = campaign_halted(provenance or Provenance(session), row.id)
    ended = session.get(ReissueEnd, row.id) is not None
    members = None if listing is None else listing.members
    return Campaign(row, parse_selection(row.selection), members, halted, ended)


def member_of(session: Session, certificate_sha256: str) -> tuple[ReissueMember, Campaign] | None:
    """The certificate's place in the one campaign that it is a member of now, if there is one."""
    members = (
        select(ReissueMember, Reissue)
        .join(Certificate, Certificate.id == ReissueMember.certificate_id)
        .join(Reissue, Reissue.id == ReissueMember.reissue_id)
        .where(Certificate.sha256 == certificate_sha256)
    )
    found = session.execute(without(members, Reissue.id, ReissueEnd)).first()
    return None if found is None else (found[0], campaign_of(session, found[1]))
