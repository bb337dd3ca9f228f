"""The ministry's leave to run this CA: entered by two CA operators, shown to everybody, and asked before each issue.

When it ends, or two withdraw it, nothing new is issued; revocations, CRLs and OCSP go on (law.md CA-02).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ca.events.hierarchy import AuthorityRecorded, AuthorityRefused, AuthorityWithdrawn
from ca.policy import Leave, leave_holds, may_close
from ca.registration.applicants import duties
from ca.tables.hierarchy import AuthorityRecord, AuthorityRecordAct, AuthorityWithdrawal
from ledger.acts import Act, ActInvalid, SignedAct, proof_columns, verify_act
from ledger.canonical import microseconds
from ledger.decision import Decision, Refuse
from ledger.event import Actor
from ledger.facts import Facts
from ledger.ledger import Deed, Ledger, Taken

NEEDED = 2
"""CA operators who enter a leave, or withdraw it: by it everything is issued, or nothing."""
_ENTERED = select(func.count()).where(AuthorityRecordAct.record_id == AuthorityRecord.id).scalar_subquery()
_WITHDRAWN = (
    select(AuthorityWithdrawal.act_at)
    .where(AuthorityWithdrawal.record_id == AuthorityRecord.id)
    .order_by(AuthorityWithdrawal.act_at)
    .offset(NEEDED - 1)
    .limit(1)
    .scalar_subquery()
)
"""When the last act that its end needs was signed; nothing before."""
TERMS = Facts(select(AuthorityRecord.id, AuthorityRecord.valid_from, AuthorityRecord.valid_to, _ENTERED, _WITHDRAWN))
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


@dataclass(frozen=True)
class Entered:
    """A leave as it is in the ledger now."""

    record: AuthorityRecord
    acts: int
    """How many entered it, or want its end."""


def record(ledger: Ledger, granted: Granted, signed: SignedAct) -> Entered | Refuse:
    """The leave is in the ledger with this act; with those of two operators it counts from its first day.

    The second one enters the same once more, from the ministry's paper, and not what the first one wrote.
    """
    by = _allowed(ledger, act_for(granted, signed.act.at), signed)
    if isinstance(by, Refuse):
        return by
    if granted.valid_to is not None and granted.valid_to <= granted.valid_from:
        return _refuse(ledger, "authority.dates", by)
    row = there = _numbered(ledger, granted.number)
    if row is None:
        row = _row(ledger, granted)
    elif granted != Granted(row.number, row.issued_by, row.valid_from, row.valid_to) or row.number == PRACTICE_NUMBER:
        return _refuse(ledger, "authority.known", by)
    proof = AuthorityRecordAct(id=ledger.new_id(), record_id=row.id, person_id=by, **proof_columns(signed))
    event = AuthorityRecorded(row.id, granted.valid_from, granted.valid_to, by)
    try:
        ledger.entries([Deed(event, Actor.person(by), [proof] if there else [row, proof])])
    except Taken:
        return _refuse(ledger, "authority.known", by)
    return _entered(ledger, row, AuthorityRecordAct)


def withdrawal_act(number: str, at: datetime) -> Act:
    """What the person signs by whose word the ministry took a leave back."""
    return Act("authority.withdraw", {"number": number}, at)


def withdraw(ledger: Ledger, number: str, signed: SignedAct) -> Entered | Refuse:
    """This act for the end of the leave is in the ledger; with those of two operators nothing is issued by it more."""
    by = _allowed(ledger, withdrawal_act(number, signed.act.at), signed)
    if isinstance(by, Refuse):
        return by
    row = _numbered(ledger, number)
    if row is None:
        return _refuse(ledger, "authority.unknown", by)
    proof = AuthorityWithdrawal(id=ledger.new_id(), record_id=row.id, person_id=by, **proof_columns(signed))
    try:
        ledger.entries([Deed(AuthorityWithdrawn(row.id, by), Actor.person(by), [proof])])
    except Taken:
        return _refuse(ledger, "closing.twice", by)
    return _entered(ledger, row, AuthorityWithdrawal)


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


def may_issue_now(
    session: Session, now: datetime, *, needed: bool, believes: Callable[[str], bool] = lambda _: True
) -> Decision:
    """Whether the leaves in the ledger allow new certificates now. Where one is `needed`, that of practice is none.

    The signing room passes what it believes by: whether the leave of this id was entered by those who might. One that
    was not lets nothing be issued, and keeps nothing from being issued under another.
    """
    rows = TERMS.rows(session)
    doubtful = {key for key, _, _, acts, _ in rows if acts >= NEEDED and not believes(key)}
    leaves = [
        Leave(begins, min(filter(None, (ends, withdrawn)), default=None))
        for key, begins, ends, acts, withdrawn in rows
        if (acts >= NEEDED and key not in doubtful) or (acts == 0 and not needed)
    ]
    if doubtful and not leaves:
        return Refuse("authority.unproven")
    if needed and not leaves and any(acts for *_, acts, _ in rows):
        return Refuse("authority.one-act")
    return leave_holds(leaves, now, needed=needed)


def records(session: Session) -> list[tuple[AuthorityRecord, datetime | None]]:
    """Every leave that counts, or did, the newest first, with its end, if it has one."""
    statement = select(AuthorityRecord, _WITHDRAWN).where(or_(_ENTERED == 0, _ENTERED >= NEEDED))
    rows = session.execute(statement.order_by(AuthorityRecord.valid_from.desc())).all()
    return [(row, min(filter(None, (row.valid_to, withdrawn)), default=None)) for row, withdrawn in rows]


def _numbered(ledger: Ledger, number: str) -> AuthorityRecord | None:
    with ledger.read() as session:
        return session.scalar(select(AuthorityRecord).where(AuthorityRecord.number == number))


def _entered(ledger: Ledger, row: AuthorityRecord, acts: type[AuthorityRecordAct | AuthorityWithdrawal]) -> Entered:
    with ledger.read() as session:
        count = session.scalar(select(func.count()).select_from(acts).where(acts.record_id == row.id))
    return Entered(row, count or 0)


def _row(ledger: Ledger, granted: Granted) -> AuthorityRecord:
    return AuthorityRecord(
        id=ledger.new_id(),
        number=granted.number,
        issued_by=granted.issued_by,
        valid_from=granted.valid_from,
        valid_to=granted.valid_to,
    )


def _allowed(ledger: Ledger, meant: Act, signed: SignedAct) -> str | Refuse:
    now = ledger.clock.now()
    if meant.message() != signed.act.message():
        return _refuse(ledger, "closing.not-about-this", None)
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
