"""What a campaign would be about, before anything is recorded: who is affected, in which lane, by which way."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.reissue.lanes import LANES, Placed, placed
from ca.reissue.membership import free
from ca.reissue.selection import (
    Affected,
    Selection,
    affected,
    counted,
    digest_of,
    fits,
    unserved_names,
)
from ledger.decision import Refuse
from ledger.people import Organisation


@dataclass(frozen=True)
class Preview:
    """The affected certificates of one snapshot, counted."""

    selection: Selection
    digest: str
    ours: Sequence[Affected]
    """Of our own services: a ceremony or the signing room renews them."""
    theirs: Sequence[Placed]
    organisations: Mapping[str, int]
    """By the code of the organisation that a certificate names."""
    ceremonies: Sequence[str]
    """The issuers that need a next generation first."""
    elsewhere: int
    """How many more are in another campaign already, and stay there."""

    @property
    def profiles(self) -> Mapping[str, int]:
        """By profile, ours with them."""
        return counted([*self.ours, *(one.affected for one in self.theirs)])

    @property
    def lanes(self) -> Mapping[str, tuple[int, int]]:
        """By lane, in the order in which they are told: certificates, and persons who answer for them."""
        found = {}
        for lane in LANES:
            here = [one for one in self.theirs if one.lane == lane.name]
            if here:
                found[lane.name] = len(here), len({one.affected.holder_id for one in here})
        return found

    @property
    def ways(self) -> Mapping[str, int]:
        """How many by each way."""
        return dict(sorted(Counter(one.way.value for one in self.theirs).items()))


def preview(session: Session, selection: Selection, now: datetime) -> Preview | Refuse:
    """What the selection names now, or what is wrong with it."""
    allowed = fits(session, selection, now)
    if isinstance(allowed, Refuse):
        return allowed
    named = affected(session, selection, now)
    found = free(session, named)
    return Preview(
        selection,
        digest_of(selection, found),
        [one for one in found if one.our_own],
        placed(session, selection, found, now),
        _organisations(session, found),
        unserved_names(session, selection, found, now),
        len(named) - len(found),
    )


def _organisations(session: Session, found: Sequence[Affected]) -> Mapping[str, int]:
    named = Counter(one.organisation_id for one in found if one.organisation_id)
    codes: dict[str, str] = dict(session.execute(select(Organisation.id, Organisation.code)).all())
    return {codes[key]: count for key, count in named.most_common()}
