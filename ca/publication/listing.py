"""What the CRLs of an issuer must hold: read from the facts that OCSP reads too (RV-09), streamed, never as objects."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Select,
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
from pki.crl import CrlEntry

_AT_ONCE = 5_000
"""Rows in memory while a list is read."""
_EACH = Revocation.certificate_id.concat("")
"""Each revocation's certificate, hidden like `_of`: SQLite goes from the revoked to their intents, not back."""


def endings(session: Session, issuer_id: str) -> Iterator[tuple[int, int, CrlEntry]]:
    """Every intent that ended, signed or not, and every open hold, by serial number.

    Of each the dense number, 1 for an ending and 0 for a hold, and the entry.
    """
    rows: CompoundSelect[int, str, int, str, int] = union_all(_ended(issuer_id), _open_holds(issuer_id))
    rows = rows.order_by("dense_number", desc("ended"))
    before = 0
    # Past the session, which takes three times as long for rows that are no objects.
    for dense, serial, at, reason, over in session.connection().execute(
        rows, execution_options={"yield_per": _AT_ONCE}
    ):
        if dense != before:  # what was held and then revoked is revoked
            yield dense, over, CrlEntry(int(serial, 16), moment(at), reason)
        before = dense


def listed(session: Session, issuer_id: str) -> list[CrlEntry]:
    """All entries of the issuer, in the order of serial numbers; for a list that is small, or for a look."""
    return [entry for _, _, entry in endings(session, issuer_id)]


def released_since(session: Session, issuer_id: str, at: datetime) -> Iterator[tuple[int, CrlEntry]]:
    """Dense number and `removeFromCRL` entry of every hold that was released at `at` or later."""
    rows = (
        select(Intent.dense_number, Intent.serial_number, func.max(HoldRelease.at))
        .join(Hold, Hold.certificate_id == Intent.id)
        .join(HoldRelease, HoldRelease.hold_id == Hold.id)
        .where(_of(issuer_id), HoldRelease.at >= at)
        .group_by(Intent.dense_number, Intent.serial_number)
    )
    for dense, serial, when in session.execute(rows):
        yield dense, CrlEntry(int(serial, 16), when, "removeFromCRL")


def pauses(session: Session, issuer_id: str, shards: int | None) -> Counter[int | None]:
    """How many holds and releases there ever were in each shard; None is of them all.

    With the endings they are all the facts that a list is made from. These are only ever added, so an equal number
    means an unchanged list.
    """
    held = select(Hold).join(Intent, Intent.id == Hold.certificate_id)
    shard = _shard(shards)
    found: Counter[int | None] = Counter()
    for statement in (held, held.join(HoldRelease, HoldRelease.hold_id == Hold.id)):
        counted = statement.with_only_columns(shard, func.count()).where(_of(issuer_id)).group_by(shard)
        for number, count in session.execute(counted):
            found[None] += count
            found[number if shards else None] += count if shards else 0
    return found


def _shard(shards: int | None) -> ColumnElement[int]:
    return Intent.dense_number % shards if shards else literal(0)


def _of(issuer_id: str) -> ColumnElement[bool]:
    """The issuer's. Hidden from SQLite's index, or it would walk through all certificates in search of the revoked."""
    return Intent.issuer_id.concat("") == issuer_id


def _ended(issuer_id: str) -> Select[int, str, int, str, int]:
    at = type_coerce(Revocation.at, BigInteger)
    return (
        select(Intent.dense_number, Intent.serial_number, at, Revocation.reason, literal(1).label("ended"))
        .join(Revocation, Intent.id == _EACH)
        .where(_of(issuer_id))
    )


def _open_holds(issuer_id: str) -> Select[int, str, int, str, int]:
    released = select(HoldRelease.hold_id).where(HoldRelease.hold_id == Hold.id)
    at = type_coerce(func.min(Hold.at), BigInteger)
    return (
        select(Intent.dense_number, Intent.serial_number, at, literal("certificateHold"), literal(0))
        .join(Hold, Hold.certificate_id == Intent.id)
        .where(_of(issuer_id), ~released.exists())
        .group_by(Intent.dense_number, Intent.serial_number)
    )
