"""In which order, and by which way: what others depend on first, then who decides, then everybody else.

`LANES` is read from top to bottom; a certificate is in the first lane that takes it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.endings.grounds import OFFICE_PROFILES
from ca.registration.applicants import Standing, by_id, duties, sliced
from ca.registration.rules import RULES
from ca.reissue.selection import Affected, Selection
from ca.tables.machines import MachineRequest
from ledger.acts import HOLDERS_PROFILES
from ledger.base import without
from ledger.certificates import Certificate, Intent, KeyBlock, Revocation
from ledger.people import Cutoff
from ledger.roles import Action, DutySpan, may_act
from pki.certificate import parse_certificate
from pki.keys import algorithm_of


class Way(Enum):
    """How a member gets its new certificate."""

    KEY = "key"
    """The holder asks for it under his living key for signing in."""
    DESK = "desk"
    """In person, with his papers: no key of his counts for it."""
    MACHINE = "machine"
    """By the machine itself, under its allowance: no holder asks or confirms; by CMP it says that it took it."""
    GONE = "gone"
    """Never: he is cut off, or holds no post any more. It is listed, and nobody is told."""


@dataclass(frozen=True)
class Lane:
    """One lane: its name, what people call it, and what it takes."""

    name: str
    lao: str
    english: str
    takes: Callable[[str, bool], bool]
    """By the profile, and whether its holder decides or operates."""


_SERVICES = ("tls-server", "tls-client", "organisation-seal")
LANES = (
    Lane("services", "ບໍລິການ", "services that others depend on", lambda profile, _: profile in _SERVICES),
    Lane("deciders", "ຜູ້ຕັດສິນ", "officers who decide", lambda profile, decides: decides and profile in OFFICE_PROFILES),
    Lane("officers", "ພະນັກງານ", "officers", lambda profile, _: profile in OFFICE_PROFILES),
    Lane("devices", "ອຸປະກອນ", "devices", lambda profile, _: profile in ("device", "code-signing")),
    Lane("business", "ທຸລະກິດ", "business people", lambda profile, _: profile == "business-representative"),
    Lane("citizens", "ພົນລະເມືອງ", "citizens", lambda _profile, _decides: True),
)
_RANK = {lane.name: rank for rank, lane in enumerate(LANES)}


@dataclass(frozen=True)
class Placed:
    """An affected certificate with its lane and way."""

    affected: Affected
    lane: str
    way: Way


def placed(session: Session, selection: Selection, found: Sequence[Affected], now: datetime) -> list[Placed]:
    """All but our own services', in the order in which they are told: lane by lane, all of one person together."""
    theirs = [one for one in found if not one.our_own]
    holders = {one.holder_id for one in theirs if one.holder_id}
    around = _Around(session, selection, holders, theirs, now)
    laned = [Placed(one, around.lane(one), around.way(one)) for one in theirs]
    return sorted(laned, key=_order)


def order_of(lane: str) -> int:
    """The place of a lane among the lanes."""
    return _RANK[lane]


def _order(one: Placed) -> tuple[int, str, str]:
    return _RANK[one.lane], one.affected.holder_id or "", one.affected.certificate_id


class _Around:
    """What is known of the holders, read with few statements."""

    def __init__(
        self, session: Session, selection: Selection, holders: set[str], found: Sequence[Affected], now: datetime
    ) -> None:
        self._now = now
        self._people: Mapping[str, Standing] = by_id(session, holders, now)
        self._duties: dict[str, Sequence[DutySpan]] = {}
        for some in sliced(holders):
            self._duties |= duties(session, some)
        self._keyed = _with_living_key(session, holders, selection.key_type, now)
        self._cut = _cutoffs(session, holders)
        ids = [one.certificate_id for one in found]
        self._blocked, self._machines = _blocked(session, ids), _of_machines(session, ids)

    def lane(self, one: Affected) -> str:
        spans = self._duties.get(one.holder_id or "", ())
        decides = any(may_act(action, spans, self._now) for action in (Action.DECIDE, Action.CLOSE))
        return next(lane.name for lane in LANES if lane.takes(one.profile, decides))

    def way(self, one: Affected) -> Way:
        if one.certificate_id in self._machines:
            return Way.MACHINE
        holder = one.holder_id or ""
        standing = self._people.get(holder)
        cut = self._cut.get(holder)
        cut_since = cut is not None and cut[0] >= one.issued_at
        if one.person_id is not None and (standing is None or (cut_since and cut is not None and not cut[1])):
            return Way.GONE
        officer = one.profile in RULES and RULES[one.profile].officer
        left = officer and standing is not None and not standing.applicant.officer_now
        if left and one.person_id is not None:
            return Way.GONE
        by_desk = one.asker_id is None or one.certificate_id in self._blocked or holder not in self._keyed
        return Way.DESK if by_desk or cut_since or left else Way.KEY


def _with_living_key(session: Session, holders: set[str], broken: str | None, now: datetime) -> set[str]:
    """Those who have a key for signing in that lives and is not of the broken kind."""
    living = (Certificate.profile.in_(HOLDERS_PROFILES), Certificate.not_after > now)
    made = without(select(Certificate).where(*living), Certificate.id, Revocation)
    found: set[str] = set()
    for some in sliced(holders):
        rows = session.scalars(made.where(Certificate.person_id.in_(some)))
        found |= {str(one.person_id) for one in rows if broken is None or _kind(bytes(one.der)) != broken}
    return found


def _kind(der: bytes) -> str:
    return algorithm_of(parse_certificate(der).spki).value


def _cutoffs(session: Session, holders: set[str]) -> dict[str, tuple[datetime, bool]]:
    """By person his newest cutoff, and whether he lost a key by it and may come again."""
    found: dict[str, tuple[datetime, bool]] = {}
    for some in sliced(holders):
        rows = select(Cutoff.person_id, Cutoff.at, Cutoff.reason).where(Cutoff.person_id.in_(some))
        for person, at, reason in session.execute(rows.order_by(Cutoff.at)):
            found[person] = at, reason == "keyCompromise"
    return found


def _blocked(session: Session, ids: Sequence[str]) -> set[str]:
    blocks = select(Certificate.id).join(KeyBlock, KeyBlock.key_sha256 == Certificate.key_sha256)
    return {one for some in sliced(ids) for one in session.scalars(blocks.where(Certificate.id.in_(some)))}


def _of_machines(session: Session, ids: Sequence[str]) -> set[str]:
    made = select(Intent.id).join(MachineRequest, MachineRequest.enrolment_id == Intent.enrolment_id)
    return {one for some in sliced(ids) for one in session.scalars(made.where(Intent.id.in_(some)))}
