"""What the signing room ends because a desk was not to be trusted: all that rests on what it saw or allowed in a time.

Two persons agreed on it (`desk.revoke`). The room walks to the desk's last, a lot at a time, and says when it is there.
Where it died on the way it begins anew, and finds what has ended ended.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from ca.closing.finality import changeable
from ca.desk_search import Pair, found_at, unended
from ca.endings import letters
from ca.endings.asking import answers
from ca.endings.concerned import concerned_by
from ca.endings.each import each
from ca.endings.grounds import Ground, Reach, ground_of
from ca.endings.revocation import MOST_AT_ONCE, reached
from ca.events.endings import DeskCertificateRevoked, DeskRevoked
from ca.governance.provenance import Issuers, Provenance
from ca.tables.endings import DeskRevocation, DeskRevocationEnd
from ca.tables.registration import Desk
from ledger.base import Fact, without
from ledger.certificates import Revocation
from ledger.entry import Entry
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken
from ledger.people import Cutoff

AT_ONCE = 50
"""Certificates of the walk whose endings are one transaction."""
IN_A_TURN = 1000
"""Certificates of the walk before the room looks at everything else again."""


@dataclass
class DeskRevocations:
    """The signing room's walks. Between two turns it remembers how far it came."""

    ledger: Ledger
    actor: Actor
    issuers: Issuers = None

    def __post_init__(self) -> None:
        """No walk has begun."""
        self._reached: dict[str, Pair] = {}

    def settle(self) -> int:
        """Returns how many certificates of desks ended now."""
        with self.ledger.read() as session:
            rows = session.scalars(unfinished()).all()
            provenance = Provenance(session, self.issuers)
            agreed = [one for one in rows if provenance.believes(one)]
        return each({f"desk revocation {one.id}": partial(self._walk, one) for one in agreed})

    def _walk(self, row: DeskRevocation) -> int:
        ended = 0
        for _ in range(IN_A_TURN // AT_ONCE):
            with self.ledger.read() as session:
                code = session.get_one(Desk, row.desk_id).code
                pairs = found_at(session, code, row.since, self._reached.get(row.id), AT_ONCE)
            if not pairs:
                self._close(row)
                break
            ended += self._end(row, [certificate for _, certificate in pairs])
            self._reached[row.id] = pairs[-1]
        return ended

    def _end(self, row: DeskRevocation, ids: Sequence[str]) -> int:
        """These have ended. One that somebody else ends meanwhile is looked at again with the others."""
        while True:
            with self.ledger.read() as session:
                deeds = list(_deeds(self.ledger, session, row, ids, self.actor))
            if not deeds:
                return 0
            try:
                self.ledger.entries(deeds)
            except Taken:
                continue
            return sum(isinstance(fact, Revocation) for deed in deeds for fact in deed.facts)

    def _close(self, row: DeskRevocation) -> None:
        with self.ledger.read() as session:
            count = _ended_by(session, row)
        end = DeskRevocationEnd(revocation_id=row.id, certificates=count)
        self.ledger.entries([Deed(DeskRevoked(row.id, count), self.actor, [end])])
        self._reached.pop(row.id, None)


def unfinished() -> Select[DeskRevocation]:
    """Selects what was planned for desks and is not through, agreed on or not, the oldest first."""
    return without(select(DeskRevocation), DeskRevocation.id, DeskRevocationEnd).order_by(DeskRevocation.id)


def _deeds(ledger: Ledger, session: Session, row: DeskRevocation, ids: Sequence[str], actor: Actor) -> Iterator[Deed]:
    now, ground = ledger.clock.now(), _ground(row)
    done: set[str] = set()
    cut = _cut_off(session, row)
    for certificate in changeable(session, unended(session, ids, now), now):
        if certificate.id in done:
            continue  # one of the same person took it along
        ended = [one for one in reached(session, certificate, ground, now) if one.id not in done]
        done |= {one.id for one in ended}
        subjects = {one.id for one in ended}
        person_id = certificate.person_id
        if ground.reach is Reach.PERSON and person_id is not None and person_id not in done:
            subjects.add(person_id)  # nothing of his lives any more, so who asked about him has his answer
            done.add(person_id)
        first: list[Fact] = list(answers(session, subjects, now))
        if ground.cutoff and person_id is not None and person_id not in cut:
            cut.add(person_id)
            first.append(Cutoff(id=ledger.new_id(), person_id=person_id, at=now, reason=ground.reason))
        about = concerned_by(session, certificate, now)
        event = DeskCertificateRevoked(row.id, certificate.id, ground.code)
        for start in range(0, len(ended), MOST_AT_ONCE):
            some = ended[start : start + MOST_AT_ONCE]
            serials = [one.serial_number for one in some]
            told = letters.told(ledger, session, letters.REVOKED, about, serials, now, ground=ground)
            facts = [Revocation(certificate_id=one.id, at=now, reason=ground.reason) for one in some]
            yield from letters.in_full(Deed(event, actor, [*facts, *(first if start == 0 else ())]), told)


def _ground(row: DeskRevocation) -> Ground:
    found = ground_of(row.ground)
    if found is None:
        raise ValueError("what two persons agreed on is a ground")
    return found


def _cut_off(session: Session, row: DeskRevocation) -> set[str]:
    """Whom this, or something else since it was agreed on, has cut off."""
    agreed: datetime = session.scalars(select(Entry.at).where(Entry.id == row.entry_id)).one()
    return set(session.scalars(select(Cutoff.person_id).where(Cutoff.at >= agreed)))


def _ended_by(session: Session, row: DeskRevocation) -> int:
    ended = select(func.count()).select_from(Revocation).join(Entry, Entry.id == Revocation.entry_id)
    ended = ended.where(Entry.kind == DeskCertificateRevoked.kind, Entry.body.contains(row.id))
    return session.scalar(ended) or 0
