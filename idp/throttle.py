"""The one gate before every factor: an attempt is used up first, and only then is anything looked at.

Attempts are kept by subject: an account, whichever of its names was typed, or the keyed digest of a name that
nobody has. Parallel guesses meet at a UNIQUE slot, so the budget holds however many come at once.
"""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Reading

from idp.events import AttemptsFlooded, AttemptTaken
from idp.tables import AccountUnlock, Attempt, Authentication, FloodMark
from ledger.canonical import canonical
from ledger.decision import Allow, Decision, Refuse
from ledger.event import ANYONE, Actor, Event
from ledger.ledger import Ledger, Taken

WINDOW_SECONDS = 15 * 60
MOST_IN_WINDOW = 10
MOST_IN_ROUND = 100
"""Attempts without one completed sign-in; then only `account-unlock` helps (NIST SP 800-63B clause 3.2.2)."""


def take_attempt(ledger: Ledger, subject: str) -> Decision:
    """One attempt of the subject is used up, or there was none left: Refuse `sign-in.locked`."""
    now = ledger.clock.now()
    window = int(now.timestamp()) // WINDOW_SECONDS
    with ledger.read() as session:
        round_ = _round(session, subject)
        taken = _taken(session, subject, round_)
        number = _taken(session, subject, round_, window) + 1
    if taken >= MOST_IN_ROUND:
        return _flooded(ledger, subject)
    while number <= MOST_IN_WINDOW:
        try:
            with ledger.entry(AttemptTaken(subject, number), ANYONE) as tx:
                tx.add(Attempt(id=tx.new_id(), subject=subject, round=round_, window=window, number=number))
        except Taken:
            number += 1
        else:
            return Allow()
    return _flooded(ledger, subject)


def is_locked(session: Reading, subject: str, now: datetime) -> bool:
    """Whether `take_attempt` would refuse now."""
    round_ = _round(session, subject)
    in_window = _taken(session, subject, round_, int(now.timestamp()) // WINDOW_SECONDS)
    return in_window >= MOST_IN_WINDOW or _taken(session, subject, round_) >= MOST_IN_ROUND


def _round(session: Reading, subject: str) -> int:
    """How often the subject was let in or unlocked: each begins the counting anew."""
    signed_in = select(func.count()).select_from(Authentication).where(Authentication.account_id == subject)
    unlocked = select(func.count()).select_from(AccountUnlock).where(AccountUnlock.account_id == subject)
    return (session.scalar(signed_in) or 0) + (session.scalar(unlocked) or 0)


def _taken(session: Reading, subject: str, round_: int, window: int | None = None) -> int:
    statement = select(func.count()).select_from(Attempt).where(Attempt.subject == subject, Attempt.round == round_)
    if window is not None:
        statement = statement.where(Attempt.window == window)
    return session.scalar(statement) or 0


def record_once_a_minute(ledger: Ledger, event: Event, actor: Actor) -> None:
    """The event is entered, unless the very same was in this minute: one entry stands for a flood of them."""
    subject = sha256(canonical({"kind": event.kind, "body": event.body()})).hexdigest()
    _mark(ledger, event, actor, subject)


def _flooded(ledger: Ledger, subject: str) -> Refuse:
    _mark(ledger, AttemptsFlooded(subject), ANYONE, subject)
    return Refuse("sign-in.locked")


def _mark(ledger: Ledger, event: Event, actor: Actor, subject: str) -> None:
    minute = int(ledger.clock.now().timestamp()) // 60
    try:
        with ledger.entry(event, actor) as tx:
            tx.add(FloodMark(id=tx.new_id(), subject=subject, minute=minute))
    except Taken:
        return
