"""Requests that wait for an officer: a stranger's report, what an officer closes, the clock of each (RV-02, RV-03)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from ca.configuration import Configuration
from ca.desk_search import rests_on
from ca.endings import letters
from ca.endings.channels import Channel, Wish
from ca.endings.concerned import concerned_by
from ca.endings.grounds import ground_of
from ca.endings.on_duty import on_duty
from ca.events.endings import EndingOverdue, EndingRequestClosed, EndingRequested
from ca.governance.provenance import verified
from ca.tables.endings import EndingReport, EndingRequest, EndingRequestEnd, EndingRequestStep, RevocationProof
from ledger.acts import Act, SignedAct, proof_columns
from ledger.base import without
from ledger.certificates import Certificate, Intent
from ledger.decision import Refuse
from ledger.event import ANYONE, Actor
from ledger.ledger import Deed, Ledger, Taken
from ledger.people import DutyKind, Person
from ledger.spelling import digits

CLOSE = "ending.close"
CLOSING = ("unfounded", "duplicate", "not-ours", "withdrawn", "unconfirmed")
"""Why an officer closes a request without ending anything."""
MOST_IN_AN_HOUR = 1000
"""Strangers' reports, each an entry. Far beyond a bad day: what one address may send is limited at the web's edge."""
MOST_TOLD = 2000
"""Letters of what a stranger writes."""
MOST_CLOSED_AT_ONCE = 250
"""Requests that one act closes, in one transaction."""
_AT_ONCE = 500
"""Requests in memory while their clocks are looked at."""
_UNCONFIRMED = "unconfirmed"
_Limit = tuple[str, timedelta, tuple[DutyKind, ...]]
"""A step, when it comes after the request, and who is told."""


@dataclass(frozen=True)
class Report:
    """What a stranger says: a serial number or person number if he knows one, what happened, how to reach him."""

    ground: str
    told: str
    subject: str = ""
    contact: str = ""


def report(ledger: Ledger, said: Report) -> str | Refuse:
    """The id of the unconfirmed request. It revokes nothing; its clock runs from now."""
    if ground_of(said.ground) is None:
        return Refuse("revocation.reason-unknown")
    if not said.told.strip() and not said.subject.strip():
        return Refuse("report.empty")
    if len(said.told) + len(said.contact) + len(said.subject) > MOST_TOLD:
        return Refuse("report.too-long")
    with ledger.read() as session:
        subject = _named(session, said.subject)
        flooded = _lately(session, ledger.clock.now()) >= MOST_IN_AN_HOUR
    if flooded:
        return Refuse("report.too-many")
    told = f"{said.subject}\n{said.told}".strip()
    own = EndingRequest(
        id=ledger.new_id(),
        wish=Wish.REVOKE.value,
        ground=said.ground,
        channel=Channel.STRANGER.value,
        authentication="none",
        subject=subject,
        at=ledger.clock.now(),
    )
    event = EndingRequested(own.id, own.wish, own.channel, subject)
    ledger.entries(
        [Deed(event, ANYONE, [own, EndingReport(request_id=own.id, told=told, contact=said.contact or None)])]
    )
    return own.id


def close_act(request_ids: Sequence[str], code: str, at: datetime) -> Act:
    """What the officer signs who closes these requests, however many."""
    about = {"request": request_ids[0]} if len(request_ids) == 1 else {"requests": sorted(request_ids)}
    return Act(CLOSE, {**about, "code": code}, at)


def close(ledger: Ledger, request_ids: Sequence[str], code: str, signed: SignedAct) -> list[str] | Refuse:
    """The requests are over and nothing ended by them: all of them, or none. Returns their entries' ids, in order.

    At most MOST_CLOSED_AT_ONCE. None is ever opened again. Each keeps the act; who doubts it takes all requests that
    keep the same signature.
    """
    now = ledger.clock.now()
    if not 1 <= len(set(request_ids)) == len(request_ids) <= MOST_CLOSED_AT_ONCE:
        return Refuse("ending.not-so-many")
    if code not in CLOSING or signed.act.message() != close_act(request_ids, code, signed.act.at).message():
        return Refuse("revocation.not-about-this")
    with ledger.read() as session:
        by = _closer(session, request_ids, signed, now)
    if isinstance(by, Refuse):
        return by
    deeds = []
    for one in request_ids:
        end = EndingRequestEnd(request_id=one, code=code, decided_by=by, at=now)
        act = RevocationProof(
            id=ledger.new_id(), kind=CLOSE, subject=one, reason=code, officer_id=by, **proof_columns(signed)
        )
        deeds.append(Deed(EndingRequestClosed(one, code, by), Actor.person(by), [end, act]))
    try:
        return ledger.entries(deeds)
    except Taken:
        return Refuse("ending.closed")


def _closer(session: Session, request_ids: Sequence[str], signed: SignedAct, now: datetime) -> str | Refuse:
    """The officer on duty who signed, about requests that there are, and none of which is about himself."""
    by = on_duty(session, signed, now)
    if isinstance(by, Refuse):
        return by
    subjects = session.scalars(select(EndingRequest.subject).where(EndingRequest.id.in_(request_ids))).all()
    if len(subjects) != len(request_ids):
        return Refuse("ending.unknown")
    own = any(_whose(session, subject, now) == by for subject in subjects if subject is not None)
    return Refuse("ending.own") if own else by


def _whose(session: Session, subject: str, now: datetime) -> str | None:
    """The person whom a request is about: its subject himself, or who has the certificate or answers for it."""
    intent = session.get(Intent, subject)
    return subject if intent is None else concerned_by(session, intent, now).person_id


@dataclass(frozen=True)
class Among:
    """Which requests: by which way they came, on which ground, about certificates that rest on which desk's papers."""

    channel: str | None = None
    ground: str | None = None
    desk: str | None = None

    def of(self, found: Select[EndingRequest]) -> Select[EndingRequest]:
        """These of those."""
        if self.channel is not None:
            found = found.where(EndingRequest.channel == self.channel)
        if self.ground is not None:
            found = found.where(EndingRequest.ground == self.ground)
        if self.desk is not None:
            own = select(Intent.id).where(Intent.id == EndingRequest.subject, rests_on(self.desk, Intent.enrolment_id))
            found = found.where(own.exists())
        return found


def undecided(session: Session, among: Among = Among(), *, after: str = "", limit: int = 1000) -> list[EndingRequest]:
    """The first `limit` requests behind `after`, an id, that nobody has decided, the oldest first."""
    found = without(select(EndingRequest), EndingRequest.id, EndingRequestEnd).where(EndingRequest.id > after)
    return list(session.scalars(among.of(found).order_by(EndingRequest.id).limit(limit)))


def overdue(ledger: Ledger, actor: Actor) -> int:
    """Each request that is open for too long has its step on record, and those who must know have a letter.

    Alarm: the registration officers. Escalation: CA operators and administrators too. Limit: the reason is recorded.
    Strangers' reports, which cost nothing to send, share one letter an hour. Returns how many steps were taken; a step
    is taken once, by whichever worker is first.
    """
    now, steps = ledger.clock.now(), 0
    after: str | None = ""
    with ledger.read() as session:
        limits = _steps(verified(session))
    while after is not None:
        with ledger.read() as session:
            late = _late(session, limits, now, after)
            taken = _taken(session, late)
        due = [
            (request, limit)
            for request in late
            for limit in limits
            if request.at + limit[1] <= now and (request.id, limit[0]) not in taken
        ]
        steps += sum(_step(ledger, request, limit, actor) for request, limit in due)
        after = late[-1].id if len(late) == _AT_ONCE else None
    return steps


def _late(session: Session, limits: Sequence[_Limit], now: datetime, after: str) -> list[EndingRequest]:
    """Some behind `after` that are open for longer than the first limit, and have not taken the last step."""
    last = select(EndingRequestStep.id).where(
        EndingRequestStep.request_id == EndingRequest.id, EndingRequestStep.step == limits[-1][0]
    )
    found = without(select(EndingRequest), EndingRequest.id, EndingRequestEnd).where(
        EndingRequest.id > after, EndingRequest.at <= now - limits[0][1], ~last.exists()
    )
    return list(session.scalars(found.order_by(EndingRequest.id).limit(_AT_ONCE)))


def _taken(session: Session, late: Sequence[EndingRequest]) -> set[tuple[str, str]]:
    steps = select(EndingRequestStep.request_id, EndingRequestStep.step)
    rows = session.execute(steps.where(EndingRequestStep.request_id.in_([one.id for one in late])))
    return {(request, step) for request, step in rows}


def _steps(chosen: Configuration) -> tuple[_Limit, ...]:
    officers = (DutyKind.REGISTRATION_OFFICER,)
    above = (DutyKind.CA_OPERATOR, DutyKind.SYSTEM_ADMINISTRATOR)
    return (
        ("alarm", timedelta(hours=chosen.revocation_alarm_hours), officers),
        ("escalation", timedelta(hours=chosen.revocation_escalation_hours), (*officers, *above)),
        ("limit", timedelta(hours=chosen.revocation_limit_hours), above),
    )


def _step(ledger: Ledger, request: EndingRequest, limit: _Limit, actor: Actor) -> bool:
    now, (step, _, kinds) = ledger.clock.now(), limit
    code = _UNCONFIRMED if request.authentication == "none" else "undecided"
    waiting, until = [request], None
    with ledger.read() as session:
        if code == _UNCONFIRMED:
            waiting, until = _due_this_hour(session, limit, now)
        told = letters.alarm(ledger, session, waiting, now, kinds) if waiting else []
    fact = EndingRequestStep(
        id=ledger.new_id(), request_id=request.id, step=step, code=code, at=now, told_before=until if waiting else None
    )
    try:
        ledger.entries(letters.in_full(Deed(EndingOverdue(request.id, step, code), actor, [fact]), told))
    except Taken:
        return False
    return True


def _due_this_hour(session: Session, limit: _Limit, now: datetime) -> tuple[list[EndingRequest], datetime]:
    """The strangers' reports that a letter of now is about, and before which moment these were made.

    They are all that come due before the hour of the clock is over; so nobody waits for the next letter. A report that
    an earlier one was about is in no further one. The hours may become fewer between two looks: then more come due in
    an hour than its letter could be about, and these have another.
    """
    step, after, _ = limit
    until = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1) - after
    taken = select(EndingRequestStep.request_id).where(EndingRequestStep.step == step)
    found = without(select(EndingRequest), EndingRequest.id, EndingRequestEnd).where(
        EndingRequest.authentication == "none", EndingRequest.at < until, EndingRequest.id.not_in(taken)
    )
    told = session.scalar(select(func.max(EndingRequestStep.told_before)).where(EndingRequestStep.step == step))
    if told is not None:
        found = found.where(EndingRequest.at >= told)
    return list(session.scalars(found.order_by(EndingRequest.id))), until


def _lately(session: Session, now: datetime) -> int:
    recent = (EndingRequest.channel == Channel.STRANGER.value, EndingRequest.at > now - timedelta(hours=1))
    return session.scalar(select(func.count()).select_from(EndingRequest).where(*recent)) or 0


def _named(session: Session, words: str) -> str | None:
    """The id of the certificate with this serial number, or of the person with this number."""
    wanted = "".join(digits(words).split()).lower().replace(":", "")
    certificate = select(Certificate.id).where(Certificate.serial_number == wanted.lstrip("0"))
    person = select(Person.id).where(Person.number == wanted)
    return session.scalar(certificate.limit(1)) or session.scalar(person)
