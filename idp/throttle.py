"""The one gate before every factor: an attempt is used up first, and only then is anything looked at.

Attempts are kept by subject: an account, whichever of its names was typed, or the keyed digest of a name that
nobody has; one-time codes and user codes have a budget of their own. Parallel guesses meet at a UNIQUE slot, so the
budget holds however many come at once.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import Session as Reading

from idp.events import AttemptsFlooded, AttemptTaken
from idp.tables import AccountUnlock, Attempt, Authentication, FloodMark, Proof
from ledger.canonical import canonical
from ledger.decision import Allow, Decision, Refuse
from ledger.event import ANYONE, Actor, Event
from ledger.facts import Facts, padded
from ledger.ledger import Ledger, Taken
from ledger.rounds import looked_up

WINDOW_SECONDS = 15 * 60
MOST_IN_WINDOW = 10
MOST_IN_ROUND = 100
"""Attempts without one completed sign-in, and of codes without one by a code; then only `account-unlock` helps
(NIST SP 800-63B clause 3.2.2)."""


def of_codes(account_id: str) -> str:
    """The subject of the account's one-time codes: only a code that was right begins its counting anew."""
    return account_id + _CODES


def of_user_codes(account_id: str) -> str:
    """The subject of the user codes that the account types (RFC 8628 clause 5.1): no sign-in gives it new attempts."""
    return account_id + _USER_CODES


def take_attempt(ledger: Ledger, *subjects: str) -> Decision:
    """One attempt of every subject is used up, or one had none left and none is used: Refuse `sign-in.locked`."""
    now = ledger.clock.now()
    window = int(now.timestamp()) // WINDOW_SECONDS
    with ledger.read() as session:
        found = [(subject, _taken(session, subject, window)) for subject in subjects]
    for skipped in range(MOST_IN_WINDOW + 1):
        spent = next((subject for subject, taken in found if _is_spent(taken, skipped)), None)
        if spent is not None:
            return _flooded(ledger, spent)
        attempts = [(subject, round_, here + 1 + skipped) for subject, (round_, _, here) in found]
        try:
            with ledger.entry(AttemptTaken(subjects[0], attempts[0][2]), ANYONE) as tx:
                tx.add(
                    *(
                        Attempt(id=tx.new_id(), subject=subject, round=round_, window=window, number=number)
                        for subject, round_, number in attempts
                    )
                )
        except Taken:
            continue
        return Allow()
    raise AssertionError("the window has fewer attempts than were skipped")


def is_locked(session: Reading, subject: str, now: datetime) -> bool:
    """Whether `take_attempt` would refuse now."""
    return _is_spent(_taken(session, subject, int(now.timestamp()) // WINDOW_SECONDS))


def _is_spent(taken: tuple[int, int, int], skipped: int = 0) -> bool:
    _, in_round, in_window = taken
    return in_round >= MOST_IN_ROUND or in_window + skipped >= MOST_IN_WINDOW


_CODES, _USER_CODES = "/code", "/user-code"
_BY_CODE = exists().where(Proof.request_id == Authentication.request_id, Proof.kind == "totp")
"""A word given elsewhere repeats the methods of a sign-in, but nothing was proven in answer to its request."""


def _taken(session: Reading, subject: str, window: int) -> tuple[int, int, int]:
    """The round of the subject, and how many attempts it has taken in it, and of these in the window."""
    found: tuple[int, int, int] = looked_up(session, _counts, (subject, window))
    return found


def _counts(session: Reading, asked: Sequence[tuple[str, int]]) -> dict[tuple[str, int], tuple[int, int, int]]:
    """Of many subjects: one statement, with a part for each, ordered by their kinds so that few statements differ."""
    filled, given, kinds = padded(sorted(asked, key=_kind_of)), dict[str, Any](), list[str]()
    for place, (subject, window) in enumerate(filled):
        account = subject.partition("/")[0]
        given |= {f"subject_{place}": subject, f"account_{place}": account, f"window_{place}": window}
        kinds.append(_kind_of((subject, window)))
    rows = _of_all(tuple(kinds)).rows(session, given)
    return {filled[place]: (round_, taken, int(here)) for place, round_, taken, here in rows}


def _kind_of(asked: tuple[str, int]) -> str:
    """The end of the subject."""
    _, slash, kind = asked[0].partition("/")
    return slash + kind


@lru_cache(64)
def _of_all(kinds: Sequence[str]) -> Facts:
    """The statement for subjects of these kinds. It is long: psycopg would take it apart anew each time."""
    parts = union_all(*[_of_one(kind, place) for place, kind in enumerate(kinds)]).subquery()
    return Facts(select(*parts.c))


def _of_one(kind: str, place: int) -> Select[Any]:
    """The subject at this place among those that are asked for; `kind` is its end."""
    account: BindParameter[str] = bindparam(f"account_{place}")
    window = bindparam(f"window_{place}", type_=Integer)
    counting = select(_round(kind, account, window).label("round")).offset(0).subquery()
    here = func.coalesce(func.sum(case((Attempt.window == window, 1), else_=0)), 0)
    numbered = literal_column(str(place), Integer).label("place")
    taken = select(numbered, counting.c.round, func.count(Attempt.id).label("taken"), here.label("here"))
    of_subject = and_(Attempt.subject == bindparam(f"subject_{place}"), Attempt.round == counting.c.round)
    return taken.select_from(counting.outerjoin(Attempt, of_subject)).group_by(counting.c.round)


def _round(kind: str, account: BindParameter[str], window: BindParameter[int]) -> ColumnElement[int]:
    """What begins the counting anew. For user codes that is the quarter of an hour alone."""
    if kind == _USER_CODES:
        return window
    let_in = select(func.count()).where(Authentication.account_id == account)
    if kind == _CODES:
        let_in = let_in.where(Authentication.methods.contains("otp"), _BY_CODE)
    unlocked = select(func.count()).where(AccountUnlock.account_id == account)
    return let_in.scalar_subquery() + unlocked.scalar_subquery()


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
