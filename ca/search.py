"""Finding certificates among millions: by name, number, serial number, key, digest or desk, page by page.

Every way follows an index, and a page begins where the last one ended (keyset): nothing is counted, nothing is skipped
over, and the thousandth page costs what the first did.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, or_, select, text, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from ca.desk_search import PairUnknown, found_at
from ca.desk_walks import BEHIND_ALL
from ledger.base import latest
from ledger.certificates import Certificate, Hold, HoldRelease, Issuer, Revocation
from ledger.facts import Facts
from ledger.order import is_postgresql
from ledger.people import Person, PersonDetail
from ledger.spelling import digits, fold

LONGEST_PAGE = 500


class By(Enum):
    """What is looked for; the value is the option on the command line."""

    NAME = "name"
    """How a person's name begins, in Lao or Roman letters, however it is spelt."""
    NUMBER = "number"
    SERIAL = "serial"
    KEY = "key"
    """SHA-256 of the SubjectPublicKeyInfo, hex."""
    SHA256 = "sha256"
    DESK = "desk"


@dataclass(frozen=True)
class Query:
    """What is looked for; `since` is for desks: what rests on what was seen or allowed there from that moment on."""

    by: By
    text: str
    since: datetime | None = None


@dataclass(frozen=True)
class Found:
    """One certificate as a list shows it."""

    sha256: str
    serial_number: str
    issuer: str
    profile: str
    person: str | None
    """The person's number; None for organisations, hosts and services."""
    not_before: datetime
    not_after: datetime
    status: str
    """`good`, `held`, `revoked` or `expired`."""


@dataclass(frozen=True)
class Page:
    """Some of what was found, and where the next page begins; None when this is the last."""

    found: Sequence[Found]
    next: str | None


class CursorUnfit(Exception):
    """The text does not say where a page begins; give `next` of the page before, unchanged."""


def search(session: Session, query: Query, now: datetime, *, after: str | None = None, limit: int = 50) -> Page:
    """At most `limit` certificates (500 at most) from behind the cursor `after`. Raises CursorUnfit.

    By name in the order of names, else the oldest first. A name finds a person by his newest details.
    """
    limit = max(1, min(limit, LONGEST_PAGE))
    rows = _rows(session, query, None if after is None else after.split("|"), limit + 1)
    cursor = "|".join(rows[limit - 1]) if len(rows) > limit else None
    return Page(_shown(session, [row[-1] for row in rows[:limit]], now), cursor)


def search_all(session: Session, query: Query, now: datetime) -> Iterator[Found]:
    """Everything found, read page by page in the session's one snapshot."""
    cursor: str | None = None
    while True:
        page = search(session, query, now, after=cursor, limit=LONGEST_PAGE)
        yield from page.found
        cursor = page.next
        if cursor is None:
            return


def _by_name(query: Query, after: Sequence[str] | None) -> Select[*tuple[Any, ...]]:
    wanted = fold(query.text)
    column = PersonDetail.search_key_en if wanted.isascii() else PersonDetail.search_key
    statement: Select[*tuple[Any, ...]] = (
        latest(PersonDetail, PersonDetail.person_id)
        .with_only_columns(column, PersonDetail.id, Certificate.id)
        .join(Certificate, Certificate.person_id == PersonDetail.person_id)
        .where(_begins_with(column, wanted))
        .order_by(column, PersonDetail.id, Certificate.id)
    )
    if after is None:
        return statement
    name, detail, certificate = _of_length(after, 3)
    behind = or_(PersonDetail.id != detail, Certificate.id > certificate)
    return statement.where(tuple_(column, PersonDetail.id) >= tuple_(name, detail), behind)


def _begins_with(column: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    """By octets, as the column's own order is: an index finds it."""
    return and_(column >= text, column < text + BEHIND_ALL)


def _by_number(query: Query, after: Sequence[str] | None) -> Select[*tuple[Any, ...]]:
    person = select(Person.id).where(Person.number == digits(query.text).removeprefix("EG:LA-")).scalar_subquery()
    return _oldest_first(Certificate.person_id == person, after)


def _by_serial(query: Query, after: Sequence[str] | None) -> Select[*tuple[Any, ...]]:
    serial = query.text.lower().replace(":", "").removeprefix("0x").lstrip("0")
    # The key begins with the issuer, and there are few of these.
    here = and_(Certificate.issuer_id.in_(select(Issuer.id)), Certificate.serial_number == serial)
    return _oldest_first(here, after)


def _by_key(query: Query, after: Sequence[str] | None) -> Select[*tuple[Any, ...]]:
    return _oldest_first(Certificate.key_sha256 == query.text.lower(), after)


def _by_sha256(query: Query, after: Sequence[str] | None) -> Select[*tuple[Any, ...]]:
    return _oldest_first(Certificate.sha256 == query.text.lower().replace(":", ""), after)


_PLANNED_ANEW = text("SET LOCAL plan_cache_mode = force_custom_plan")
"""A beginning of a name may be one person's or everybody's: one plan for all of them sorts all that it finds."""


def _rows(session: Session, query: Query, after: Sequence[str] | None, limit: int) -> Sequence[Sequence[Any]]:
    if query.by is By.NAME and is_postgresql(session):
        session.execute(_PLANNED_ANEW)
    if query.by is not By.DESK:
        return session.execute(_WAYS[query.by](query, after).limit(limit)).all()
    behind = None if after is None else _of_length(after, 2)
    try:
        return found_at(session, query.text, query.since, None if behind is None else (behind[0], behind[1]), limit)
    except PairUnknown as fault:
        raise _unfit() from fault


def _oldest_first(condition: ColumnElement[bool], after: Sequence[str] | None) -> Select[*tuple[Any, ...]]:
    statement: Select[*tuple[Any, ...]] = select(Certificate.id).where(condition).order_by(Certificate.id)
    return statement if after is None else statement.where(Certificate.id > _of_length(after, 1)[0])


def _of_length(after: Sequence[str], count: int) -> Sequence[str]:
    if len(after) != count:
        raise _unfit()
    return after


def _unfit() -> CursorUnfit:
    return CursorUnfit("this is not where a page begins: give `next` of the page before, unchanged")


_WAYS: Mapping[By, Callable[[Query, Sequence[str] | None], Select[*tuple[Any, ...]]]] = {
    By.NAME: _by_name,
    By.NUMBER: _by_number,
    By.SERIAL: _by_serial,
    By.KEY: _by_key,
    By.SHA256: _by_sha256,
}
_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
_SHOWN = Facts(
    select(
        Certificate.id, Certificate.sha256, Certificate.serial_number, Issuer.name, Issuer.generation,
        Certificate.profile, Person.number, Certificate.not_before, Certificate.not_after,
    )
    .join(Issuer, Issuer.id == Certificate.issuer_id)
    .join(Person, Person.id == Certificate.person_id, isouter=True)
    .where(Certificate.id.in_(_IDS))
)  # fmt: skip
_ENDED = Facts(select(Revocation.certificate_id).where(Revocation.certificate_id.in_(_IDS)))
_RELEASED = select(HoldRelease.hold_id).where(HoldRelease.hold_id == Hold.id)
_HELD = Facts(select(Hold.certificate_id).where(Hold.certificate_id.in_(_IDS), ~_RELEASED.exists()))


def _shown(session: Session, ids: Sequence[str], now: datetime) -> list[Found]:
    """In the order of `ids`."""
    if not ids:
        return []
    among = {"ids": ids}
    rows = {row[0]: row[1:] for row in _SHOWN.rows(session, among)}
    ended, held = set(_ENDED.values(session, among)), set(_HELD.values(session, among))
    found = []
    for key in ids:
        sha256, serial, name, generation, profile, person, begins, ends = rows[key]
        status = "revoked" if key in ended else "expired" if ends < now else "held" if key in held else "good"
        found.append(Found(sha256, serial, f"{name}-{generation}", profile, person, begins, ends, status))
    return found
