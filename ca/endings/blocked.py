"""What lives for a key that is blocked ends, whosever it is: what can, with the block itself, and all else behind it.

Between the two the program may die, and the signing room may just have signed another certificate for the key. So the
room looks as well, and ends what it finds in the same way: whoever comes first.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BindParameter, Select, select
from sqlalchemy.orm import Session

from ca.closing.finality import changeable
from ca.endings import letters
from ca.endings.asking import answers
from ca.endings.concerned import concerned_by
from ca.endings.grounds import COMPROMISED
from ca.endings.looking_behind import LookBehind, first_of
from ca.events.endings import CertificateRevoked
from ca.profiles import CA_PROFILES
from ca.tables.endings import RevocationProof
from ledger.base import Moment, without
from ledger.certificates import Certificate, KeyBlock, Revocation
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken

KIND = "key.block"
"""What an officer signs who blocks a key."""
NOBODY = "nobody"
"""Who a key belongs to that nobody may have; and who asked, where the key itself did."""
AT_ONCE = 50
"""Certificates that one transaction ends, each with its letters. A key has one, or a few that followed each other."""


def living(session: Session, key: str, now: datetime) -> list[Certificate]:
    """The certificates for the key that have not run out and whose status may change, the oldest first."""
    found = select(Certificate).where(Certificate.key_sha256 == key, Certificate.not_after >= now)
    unended = without(found, Certificate.id, Revocation).order_by(Certificate.id)
    return changeable(session, session.scalars(unended), now)


def endings(ledger: Ledger, session: Session, ended: Sequence[Certificate], by: str | None, actor: Actor) -> list[Deed]:
    """The entries, to be written together, by which these end and those whom it concerns are told."""
    now = ledger.clock.now()
    deeds: list[Deed] = []
    for certificate in ended:
        about, serials = concerned_by(session, certificate, now), [certificate.serial_number]
        told = letters.told(ledger, session, letters.REVOKED, about, serials, now, ground=COMPROMISED)
        event = CertificateRevoked(certificate.id, COMPROMISED.code, by or NOBODY)
        ended_now = Revocation(certificate_id=certificate.id, at=now, reason=COMPROMISED.reason)
        facts = [ended_now, *answers(session, [certificate.id], now, by)]
        deeds += letters.in_full(Deed(event, actor, facts), told)
    return deeds


def end_living(ledger: Ledger, key: str, actor: Actor) -> list[str]:
    """Nothing lives for the blocked key any more. Returns the serial numbers of what ended here, not by others."""
    ended: list[str] = []
    while True:
        with ledger.read() as session:
            found = living(session, key, ledger.clock.now())[:AT_ONCE]
            deeds = endings(ledger, session, found, _officer(session, key), actor)
        if not found:
            return ended
        try:
            ledger.entries(deeds)
        except Taken:
            continue  # somebody ended one of them, which is as good
        ended += [one.serial_number for one in found]


class BlockedKeys(LookBehind[str]):
    """The keys whose block the signing room has not looked behind yet; of CAs, two operators end them."""

    def _alive(self, session: Session, since: datetime | None, now: datetime) -> Sequence[str]:
        return list(session.scalars(with_life(first_of(since), now)))

    def _name(self, one: str) -> str:
        """By its digest."""
        return f"key {one}"

    def _end(self, one: str) -> int:
        """All that lives for the key."""
        return len(end_living(self._ledger, one, self._actor))


def with_life(since: str | BindParameter[str], now: Moment) -> Select[str]:
    """Selects the keys blocked since then (`first_of`) for which a certificate lives."""
    found = (
        select(KeyBlock.key_sha256)
        .join(Certificate, Certificate.key_sha256 == KeyBlock.key_sha256)
        .where(Certificate.profile.not_in(CA_PROFILES), Certificate.not_after >= now)
        .where(KeyBlock.entry_id >= since)
        .distinct()
        .order_by(KeyBlock.key_sha256)
    )
    return without(found, Certificate.id, Revocation)


def _officer(session: Session, key: str) -> str | None:
    """Who blocked the key, if a person did."""
    acts = select(RevocationProof.officer_id).where(RevocationProof.subject == key, RevocationProof.kind == KIND)
    return session.scalar(acts.limit(1))
