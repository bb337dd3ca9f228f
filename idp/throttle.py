"""The one gate before every factor: an attempt is used up first, and only then is anything looked at.

Attempts are kept by subject: an account, whichever of its names was typed, or the keyed digest of a name that
nobody has. Parallel guesses meet at a UNIQUE slot, so the budget holds however many come at once.
"""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import bindparam, case, func, select
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
        round_, taken, here = _taken(session, subject, window)
    number = here + 1
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
    _, taken, here = _taken(session, subject, int(now.timestamp()) // WINDOW_SECONDS)
    return here >= MOST_IN_WINDOW or taken >= MOST_IN_ROUND


_ROUND = (
    select(func.count()).where(Authentication.account_id == bindparam("subject")).scalar_subquery()
    + select(func.count()).where(AccountUnlock.account_id == bindparam("subject")).scalar_subquery()
)
"""How often the subject was let in or unlocked: each begins the counting anew."""
_IN_WINDOW = case((Attempt.window == bindparam("window"), 1), else_=0)
_TAKEN = select(_ROUND, func.count(), func.coalesce(func.sum(_IN_WINDOW), 0)).where(
    Attempt.subject == bindparam("subject"), Attempt.round == _ROUND
)


def _taken(session: Reading, subject: str, window: int) -> tuple[int, int, int]:
    """The round of the subject, and how many attempts it has taken in it, and of these in the window."""
    round_, taken, here = session.connection().execute(_TAKEN, {"subject": subject, "window": window}).one()
    return round_, taken, int(here)


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
