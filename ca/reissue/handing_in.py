"""A new key is handed in for a certificate, as a request that follows it; where a campaign waits for it, that counts.

What is refused for a member of a campaign is an attempt with its code; its holder is asked again in a later wave.
"""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ca.endings.following import Sign, Wanted, follow
from ca.endings.replacement import refused
from ca.events.reissue import ReissueAttemptFailed
from ca.registration.enrolment import parsed
from ca.reissue.running import Campaign, member_of
from ca.reissue.selection import may_take_key
from ca.tables.reissue import ReissueAttempt, ReissueMember
from ledger.certificates import Certificate
from ledger.decision import Allow, Decision, Refuse
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken
from ledger.sealed_fields import SealedFields


@dataclass(frozen=True)
class HandedIn:
    """What a holder hands in, and his signature's maker."""

    wanted: Wanted
    person_id: str
    sign: Sign


def hand_in(ledger: Ledger, fields: SealedFields, handed: HandedIn, *, practice: bool = False) -> str | Refuse:
    """The new request's id, or why it was refused; then, if a campaign waits for it, the attempt is counted."""
    with ledger.read() as session:
        found = member_of(session, handed.wanted.certificate_sha256)
    allowed = Allow() if found is None else _leads_out(ledger, found[1], handed.wanted, found[0])
    if isinstance(allowed, Refuse):
        outcome: str | Refuse = refused(ledger, allowed.code, handed.person_id)
    else:
        outcome = follow(ledger, fields, handed.wanted, handed.person_id, handed.sign, practice=practice)
    if isinstance(outcome, Refuse) and found is not None and found[0].holder_id == handed.person_id:
        _count(ledger, found[0], outcome.code, handed.person_id)
    return outcome


def _leads_out(ledger: Ledger, campaign: Campaign, wanted: Wanted, member: ReissueMember) -> Decision:
    """Whether the new key is another one, and not of the kind that is broken."""
    if wanted.request is None:
        return Refuse("reissue.key-old")
    request = parsed(wanted.request)
    if isinstance(request, Refuse):
        return request
    with ledger.read() as session:
        profile = _profile(session, member)
        return may_take_key(session, campaign.selection, profile, request.spki, ledger.clock.now())


def _profile(session: Session, member: ReissueMember) -> str:
    return session.get_one(Certificate, member.certificate_id).profile


def _count(ledger: Ledger, member: ReissueMember, code: str, by: str) -> None:
    now = ledger.clock.now()
    with ledger.read() as session:
        before = select(func.max(ReissueAttempt.number)).where(ReissueAttempt.member_id == member.id)
        number = (session.scalar(before) or 0) + 1
    attempt = ReissueAttempt(id=ledger.new_id(), member_id=member.id, number=number, code=code, at=now)
    event = ReissueAttemptFailed(member.reissue_id, member.certificate_id, number, code, by)
    try:
        ledger.entries([Deed(event, Actor.person(by), [attempt])])
    except Taken:
        return  # another attempt at the same instant was counted, which is as good
