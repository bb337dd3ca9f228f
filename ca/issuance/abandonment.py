"""Intents that end before or while they are signed: what a crash left, and what a revocation overtook.

The signing room commits its intents, then looks for what stops them; who stops something commits that first, then
looks for intents. So one of the two always sees the other.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select

from ca.closing.finality import changeable
from ca.events.endings import CertificateRevoked
from ca.events.issuance import IntentAbandoned
from ca.tables.registration import Enrolment
from ledger.base import Moment
from ledger.certificates import Certificate, Intent, Revocation
from ledger.entry import Entry
from ledger.event import Actor, Event
from ledger.ledger import Deed, Ledger, Taken


def end_intents(ledger: Ledger, intents: Sequence[Intent], code: str, reason: str, actor: Actor) -> None:
    """These intents without certificates end: their serial numbers are revoked, and their bytes are never signed."""
    for intent in intents:
        end_intent(ledger, intent, IntentAbandoned(intent.id, code), reason, actor)


def end_of_keys(ledger: Ledger, keys: Sequence[str], by: str) -> list[Intent]:
    """Revokes what was intended for these keys, signed by now or not, unless it has expired since.

    Call it when their blocks are committed.
    """
    here = (Enrolment.key_sha256.in_(keys), ~expired(ledger.clock.now()))
    return _revoked(ledger, _overtaken(*here), "keyCompromise", by)


def end_of_person(
    ledger: Ledger, person_id: str, reason: str, by: str, at: datetime, spared: Collection[str] = ()
) -> list[Intent]:
    """Revokes what was intended for the person while his Cutoff of `at` was being written, signed by now or not.

    Call it when the Cutoff is committed. What the person asked for after it is another matter, and so are the ids
    `spared`: certificates that he had before, and that the ground does not reach. What has expired needs no ending.
    """
    here = (Intent.person_id == person_id, Entry.at <= at, Intent.id.not_in(spared), ~expired(ledger.clock.now()))
    overtaken = _overtaken(*here)
    return _revoked(ledger, overtaken, reason, by)


def expired(now: Moment) -> ColumnElement[bool]:
    """Whether what was intended was certified and is past its own end: it needs no ending."""
    return select(Certificate.id).where(Certificate.id == Intent.id, Certificate.not_after < now).exists()


def _overtaken(*conditions: ColumnElement[bool]) -> Select[Intent]:
    ended = select(Revocation.certificate_id).where(Revocation.certificate_id == Intent.id)
    return (
        select(Intent)
        .join(Enrolment, Enrolment.id == Intent.enrolment_id)
        .join(Entry, Entry.id == Enrolment.entry_id)
        .where(*conditions, ~ended.exists())
        .order_by(Intent.id)
    )


def _revoked(ledger: Ledger, overtaken: Select[Intent], reason: str, by: str) -> list[Intent]:
    with ledger.read() as session:
        intents = changeable(session, session.scalars(overtaken), ledger.clock.now())
    actor = Actor.person(by)
    return [one for one in intents if end_intent(ledger, one, CertificateRevoked(one.id, reason, by), reason, actor)]


def end_intent(ledger: Ledger, intent: Intent, event: Event, reason: str, actor: Actor) -> bool:
    """The intent's Revocation is written; False if somebody ended it since we looked, which is what we wanted."""
    fact = Revocation(certificate_id=intent.id, at=ledger.clock.now(), reason=reason)
    try:
        ledger.entries([Deed(event, actor, [fact])])
    except Taken:
        return False
    return True
