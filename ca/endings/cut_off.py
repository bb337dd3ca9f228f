"""What was in the making for a person when he was cut off ends, also if whoever cut him off died before he ended it.

The process that writes the Cutoff looks behind it (`ca.issuance.abandonment.end_of_person`), and so does the signing
room, as it does behind blocked keys: whoever comes first.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from ca.closing.finality import changeable
from ca.endings.blocked import NOBODY, OVERLAP
from ca.events.endings import CertificateRevoked
from ca.issuance.abandonment import expired
from ca.tables.registration import Enrolment
from ledger.base import without
from ledger.certificates import Certificate, Intent, Revocation
from ledger.clock import uuid7
from ledger.entry import Entry
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken
from ledger.people import Cutoff


class CutOffPersons:
    """The persons behind whose Cutoff the signing room has not looked yet: at first all, afterwards who came since."""

    def __init__(self, ledger: Ledger, actor: Actor) -> None:
        self._ledger, self._actor = ledger, actor
        self._since: datetime | None = None

    def settle(self) -> int:
        """Nothing lives that a Cutoff was overtaken by. Returns how many intents, signed or not, ended here."""
        now = self._ledger.clock.now()
        with self._ledger.read() as session:
            found = _overtaken(session, self._since, now)
        ended = sum(self._end(intent, reason) for intent, reason in found)
        self._since = now - OVERLAP
        return ended

    def _end(self, intent: Intent, reason: str) -> bool:
        fact = Revocation(certificate_id=intent.id, at=self._ledger.clock.now(), reason=reason)
        try:
            self._ledger.entries([Deed(CertificateRevoked(intent.id, reason, NOBODY), self._actor, [fact])])
        except Taken:
            return False
        return True


def _overtaken(session: Session, since: datetime | None, now: datetime) -> Sequence[tuple[Intent, str]]:
    """What the person had asked for before he was cut off and was certified after it, if at all, with the reason.

    What he had by then and still has, the ground spared, or it ended in the entry itself. What has expired since,
    before anybody looked, needs no ending.
    """
    asked, made = aliased(Entry), aliased(Entry)
    had = select(Certificate.id).join(made, made.id == Certificate.entry_id)
    had = had.where(Certificate.id == Intent.id, made.at <= Cutoff.at)
    found = (
        select(Intent, Cutoff.reason)
        .join(Cutoff, Cutoff.person_id == Intent.person_id)
        .join(Enrolment, Enrolment.id == Intent.enrolment_id)
        .join(asked, asked.id == Enrolment.entry_id)
        .where(asked.at <= Cutoff.at, ~had.exists(), ~expired(now))
        .order_by(Intent.id, Cutoff.id)
    )
    if since is not None:
        found = found.where(Cutoff.entry_id >= uuid7(since, bytes))  # ids begin with the time
    rows = {intent.id: (intent, reason) for intent, reason in session.execute(without(found, Intent.id, Revocation))}
    return [rows[one.id] for one in changeable(session, [intent for intent, _ in rows.values()], now)]
