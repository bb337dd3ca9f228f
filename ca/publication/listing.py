"""What the CRLs of an issuer must hold: read from the facts that OCSP reads too (RV-09), streamed, never as objects."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Select,
    bindparam,
    desc,
    func,
    literal,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import Session

from ledger.canonical import moment
from ledger.certificates import Hold, HoldRelease, Intent, Revocation
from ledger.facts import Facts
from ledger.order import is_postgresql
from pki.crl import CrlEntry

_AT_ONCE = 2000
"""Rows in memory while a list is read. On PostgreSQL each piece is a round trip; with more nothing becomes quicker."""
_AT = type_coerce(Revocation.at, BigInteger)
_EACH = Revocation.certificate_id.concat("")
"""Each revocation's certificate, hidden like `_of`: SQLite goes from the revoked to their intents, not back."""


class Row(NamedTuple):
    """What a list has of one certificate, as the database keeps it."""

    dense: int
    serial: str
    """Lower-case hex."""
    at: int
    """Microseconds since 1970."""
    reason: str
    ended: int
    """1 for an ending, 0 for a hold."""


def revoked(session: Session, issuer_id: str) -> Iterator[Sequence[tuple[int, str, int, str]]]:
    """Every intent that ended, signed or not, some at a time, in the order of ids: the first four parts of a Row."""
    return _REVOKED[is_postgresql(session)].pieces(session, _AT_ONCE, {"issuer": issuer_id})


def endings(session: Session, issuer_id: str, among: Sequence[int] | None = None) -> Iterator[Row]:
    """Every intent that ended, signed or not, and every open hold, by serial number; or of these dense numbers only."""
    rows: CompoundSelect[int, str, int, str, int]
    rows = union_all(_ended(issuer_id, among), _open_holds(issuer_id, among)).order_by("dense_number", desc("ended"))
    before = 0
    # Past the session, which takes three times as long for rows that are no objects.
    found = session.connection().execute(rows, execution_options={"yield_per": _AT_ONCE})
    for few in found.partitions():
        for row in few:
            if row[0] != before:  # what was held and then revoked is revoked
                before = row[0]
                yield row  # type: ignore[misc]


def listed(session: Session, issuer_id: str) -> list[CrlEntry]:
    """All entries of the issuer, in the order of serial numbers; for a list that is small, or for a look."""
    return [CrlEntry(int(serial, 16), moment(at), reason) for _, serial, at, reason, _ in endings(session, issuer_id)]


def released_since(session: Session, issuer_id: str, at: datetime) -> Iterator[tuple[int, CrlEntry]]:
    """Dense number and `removeFromCRL` entry of every hold that was released at `at` or later."""
    rows = (
        select(Intent.dense_number, Intent.serial_number, func.max(HoldRelease.at))
        .join(Hold, Hold.certificate_id == Intent.id)
        .join(HoldRelease, HoldRelease.hold_id == Hold.id)
        .where(*_of(issuer_id), HoldRelease.at >= at)
        .group_by(Intent.dense_number, Intent.serial_number)
    )
    for dense, serial, when in session.execute(rows):
        yield dense, CrlEntry(int(serial, 16), when, "removeFromCRL")


def pauses(session: Session, issuer_id: str, among: Sequence[int] | None = None) -> Counter[int]:
    """How many holds and releases there ever were, by dense number; or of these dense numbers only."""
    held = select(Intent.dense_number, func.count()).join(Hold, Hold.certificate_id == Intent.id)
    found: Counter[int] = Counter()
    for statement in (held, held.join(HoldRelease, HoldRelease.hold_id == Hold.id)):
        counted = statement.where(*_of(issuer_id, among)).group_by(Intent.dense_number)
        for dense, count in session.execute(counted):
            found[dense] += count
    return found


def _of(issuer_id: str, among: Sequence[int] | None = None) -> list[ColumnElement[bool]]:
    """The issuer's. Hidden from SQLite's index, or it would walk through all certificates in search of the revoked."""
    if among is None:
        return [Intent.issuer_id.concat("") == issuer_id]
    return [Intent.issuer_id == issuer_id, Intent.dense_number.in_(among)]


def _ended(issuer_id: str, among: Sequence[int] | None) -> Select[int, str, int, str, int]:
    return (
        select(Intent.dense_number, Intent.serial_number, _AT, Revocation.reason, literal(1).label("ended"))
        .join(Revocation, Intent.id == (_EACH if among is None else Revocation.certificate_id))
        .where(*_of(issuer_id, among))
    )


def _open_holds(issuer_id: str, among: Sequence[int] | None) -> Select[int, str, int, str, int]:
    released = select(HoldRelease.hold_id).where(HoldRelease.hold_id == Hold.id)
    at = type_coerce(func.min(Hold.at), BigInteger)
    return (
        select(Intent.dense_number, Intent.serial_number, at, literal("certificateHold"), literal(0))
        .join(Hold, Hold.certificate_id == Intent.id)
        .where(*_of(issuer_id, among), ~released.exists())
        .group_by(Intent.dense_number, Intent.serial_number)
    )


def _revoked(issuer: ColumnElement[str]) -> Facts:
    """By the ids of certificates, which both tables have in an index: nothing is sorted, and nobody waits for it.

    Revocations lie in the order in which they were made, which is no order of the intents: as they lie, SQLite would
    look up and down a table that is larger by far, and from a cold disk take thrice as long.
    """
    return Facts(
        select(Intent.dense_number, Intent.serial_number, _AT, Revocation.reason)
        .join(Revocation, Intent.id == Revocation.certificate_id)
        .where(issuer == bindparam("issuer"))
        .order_by(Revocation.certificate_id)
    )


_REVOKED = {True: _revoked(Intent.issuer_id.expression), False: _revoked(Intent.issuer_id.concat(""))}
"""On PostgreSQL, whose planner counts the issuer's certificates, and on SQLite, from which they are hidden."""
