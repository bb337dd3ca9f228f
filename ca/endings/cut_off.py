"""What was in the making for a person when he was cut off ends, also if whoever cut him off died before he ended it.

The process that writes the Cutoff looks behind it (`ca.issuance.abandonment.end_of_person`), and so does the signing
room, as it does behind blocked keys: whoever comes first.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BindParameter, Select, select
from sqlalchemy.orm import Session, aliased

from ca.closing.finality import changeable
from ca.endings.blocked import NOBODY
from ca.endings.looking_behind import LookBehind, first_of
from ca.events.endings import CertificateRevoked
from ca.issuance.abandonment import end_intent, expired
from ca.tables.registration import Enrolment
from ledger.base import Moment, without
from ledger.certificates import Certificate, Intent, Revocation
from ledger.entry import Entry
from ledger.people import Cutoff


class CutOffPersons(LookBehind[tuple[Intent, str]]):
    """The persons behind whose Cutoff the signing room has not looked yet."""

    def _alive(self, session: Session, since: datetime | None, now: datetime) -> Sequence[tuple[Intent, str]]:
        return _overtaken(session, since, now)

    def _name(self, one: tuple[Intent, str]) -> str:
        """By the intent."""
        return f"intent {one[0].id}"

    def _end(self, one: tuple[Intent, str]) -> int:
        """The intent, signed or not."""
        intent, reason = one
        return end_intent(self._ledger, intent, CertificateRevoked(intent.id, reason, NOBODY), reason, self._actor)


def _overtaken(session: Session, since: datetime | None, now: datetime) -> Sequence[tuple[Intent, str]]:
    found = session.execute(overtaken(first_of(since), now))
    rows = {intent.id: (intent, reason) for intent, reason in found}
    return [rows[one.id] for one in changeable(session, [intent for intent, _ in rows.values()], now)]


def overtaken(since: str | BindParameter[str], now: Moment) -> Select[Intent, str]:
    """Selects what a person asked for before he was cut off and was certified after it, if at all, with the reason.

    Of those who were cut off since then (`first_of`). What he had by then and still has, the ground spared, or it ended
    in the entry itself. What has expired since, before anybody looked, needs no ending.
    """
    asked, made = aliased(Entry), aliased(Entry)
    had = select(Certificate.id).join(made, made.id == Certificate.entry_id)
    had = had.where(Certificate.id == Intent.id, made.at <= Cutoff.at)
    found = (
        select(Intent, Cutoff.reason)
        .join(Cutoff, Cutoff.person_id == Intent.person_id)
        .join(Enrolment, Enrolment.id == Intent.enrolment_id)
        .join(asked, asked.id == Enrolment.entry_id)
        .where(asked.at <= Cutoff.at, ~had.exists(), ~expired(now), Cutoff.entry_id >= since)
        .order_by(Intent.id, Cutoff.id)
    )
    return without(found, Intent.id, Revocation)
