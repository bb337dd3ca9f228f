"""The ministry's leave to run this CA: entered by a CA operator, shown to everybody, and asked before each issue.

When it ends, nothing new is issued; revocations, CRLs and OCSP go on (law.md CA-02).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.events.hierarchy import AuthorityRecorded, AuthorityRefused
from ca.policy import Leave, leave_holds, may_close
from ca.registration.applicants import duties
from ca.tables.hierarchy import AuthorityRecord, AuthorityRecordAct
from ledger.acts import Act, ActInvalid, SignedAct, proof_columns, verify_act
from ledger.canonical import microseconds
from ledger.decision import Decision, Refuse
from ledger.event import Actor
from ledger.facts import Facts
from ledger.ledger import Deed, Ledger, Taken

_TERMS = Facts(select(AuthorityRecord.valid_from, AuthorityRecord.valid_to))
PRACTICE_NUMBER = "PRACTICE"


@dataclass(frozen=True)
class Granted:
    """A leave as it stands in the ministry's paper."""

    number: str
    issued_by: str
    valid_from: datetime
    valid_to: datetime | None = None


def act_for(granted: Granted, at: datetime) -> Act:
    """What the person who enters the leave signs."""
    ends = {"valid_to": microseconds(granted.valid_to)} if granted.valid_to else {}
    fields = {"number": granted.number, "issued_by": granted.issued_by, "valid_from": microseconds(granted.valid_from)}
    return Act("authority.record", {**fields, **ends}, at)


def record(ledger: Ledger, granted: Granted, signed: SignedAct) -> AuthorityRecord | Refuse:
    """The leave is in the ledger and counts from its first day; the same number again changes nothing."""
    by = _allowed(ledger, granted, signed)
    if isinstance(by, Refuse):
        return by
    row = _row(ledger, granted)
    proof = AuthorityRecordAct(id=ledger.new_id(), record_id=row.id, person_id=by, **proof_columns(signed))
    event = AuthorityRecorded(row.id, granted.valid_from, granted.valid_to, by)
    try:
        ledger.entries([Deed(event, Actor.person(by), [row, proof])])
    except Taken:
        return _refuse(ledger, "authority.known", by)
    return row


def record_practice(ledger: Ledger, actor: Actor) -> None:
    """A practice installation has a leave of its own that never ends, once."""
    with ledger.read() as session:
        if session.scalar(select(AuthorityRecord.id).limit(1)) is not None:
            return
    row = _row(ledger, Granted(PRACTICE_NUMBER, PRACTICE_NUMBER, ledger.clock.now()))
    try:
        ledger.entries([Deed(AuthorityRecorded(row.id, row.valid_from), actor, [row])])
    except Taken:
        return


def may_issue_now(session: Session, now: datetime, *, needed: bool) -> Decision:
    """Whether the leaves in the ledger allow new certificates now."""
    return leave_holds([Leave(begins, ends) for begins, ends in _TERMS.rows(session)], now, needed=needed)


def records(session: Session) -> list[AuthorityRecord]:
    """Every leave, the newest first."""
    return list(session.scalars(select(AuthorityRecord).order_by(AuthorityRecord.valid_from.desc())))


def _row(ledger: Ledger, granted: Granted) -> AuthorityRecord:
    return AuthorityRecord(
        id=ledger.new_id(),
        number=granted.number,
        issued_by=granted.issued_by,
        valid_from=granted.valid_from,
        valid_to=granted.valid_to,
    )


def _allowed(ledger: Ledger, granted: Granted, signed: SignedAct) -> str | Refuse:
    now = ledger.clock.now()
    if act_for(granted, signed.act.at).message() != signed.act.message():
        return _refuse(ledger, "closing.not-about-this", None)
    if granted.valid_to is not None and granted.valid_to <= granted.valid_from:
        return _refuse(ledger, "authority.dates", None)
    with ledger.read() as session:
        try:
            by = verify_act(session, signed, now)
        except ActInvalid as fault:
            return _refuse(ledger, fault.code, None)
        outcome = may_close(duties(session, [by]).get(by, ()), now)
    return by if outcome else _refuse(ledger, "closing.no-duty", by)


def _refuse(ledger: Ledger, code: str, by: str | None) -> Refuse:
    ledger.record(AuthorityRefused(code, by), Actor.person(by) if by else Actor.system(ledger.process))
    return Refuse(code)
