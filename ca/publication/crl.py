"""CRLs and what the CA's address serves: made from the ledger's facts, kept for ever, numbered without a gap.

One table feeds OCSP and CRL (RV-09). A CRL counts from the moment its entry is committed; one that was signed
but not committed was never published, and its number is used again.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from ca.events.issuance import CrlPublished
from ca.issuance.composition import IssuingKey
from ca.tables.publication import Crl
from ledger.certificates import Hold, HoldRelease, Intent, Issuer, Revocation
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken
from pki.certificate import assemble
from pki.crl import CrlEntry, crl_tbs
from pki.keys import verify

EVERY = timedelta(days=1)
"""A new CRL at least this often, changes or not (RV-08)."""
LIFE = timedelta(days=3)
"""`nextUpdate`: a signing room that is down over a holiday makes nobody refuse good certificates."""
ROOT_LIFE = timedelta(days=366)
"""The root's key is apart; its CRL is made at ceremonies."""


def publish_due(ledger: Ledger, issuing: Iterable[IssuingKey], actor: Actor) -> list[Crl]:
    """Signs a CRL for each issuer whose newest one lacks a change or is a day old. Returns the new ones."""
    return [publish(ledger, key, actor, LIFE) for key in issuing if _is_due(ledger, key.id)]


def publish_changed(ledger: Ledger, issuing: IssuingKey, actor: Actor, life: timedelta) -> Crl | None:
    """Signs a CRL if the newest one lacks a change, or there is none; its age does not matter."""
    with ledger.read() as session:
        last = session.scalar(select(func.max(Crl.changes)).where(Crl.issuer_id == issuing.id))
        current = last is not None and last == _changes(session, issuing.id)
    return None if current else publish(ledger, issuing, actor, life)


def publish(ledger: Ledger, issuing: IssuingKey, actor: Actor, life: timedelta) -> Crl:
    """The issuer's next CRL is signed and in the ledger (RFC 5280 clause 5).

    It holds every intent of the issuer that ended, signed or not, and every open hold. If another process was
    first with this number, that one is returned.
    """
    now = ledger.clock.now().replace(microsecond=0)
    with ledger.read() as session:
        number = (session.scalar(select(func.max(Crl.number)).where(Crl.issuer_id == issuing.id)) or 0) + 1
        changes = _changes(session, issuing.id)
        entries = listed(session, issuing.id)
    der = _signed(issuing, number, now, now + life, entries)
    crl = Crl(
        id=ledger.new_id(),
        issuer_id=issuing.id,
        number=number,
        der=der,
        this_update=now,
        next_update=now + life,
        changes=changes,
    )
    event = CrlPublished(issuing.id, number, len(entries), sha256(der).hexdigest())
    try:
        ledger.entries([Deed(event, actor, [crl])])
    except Taken:
        with ledger.read() as session:
            return session.scalars(select(Crl).where(Crl.issuer_id == issuing.id, Crl.number == number)).one()
    return crl


def listed(session: Session, issuer_id: str) -> list[CrlEntry]:
    """What the issuer's CRL must list now, in the order of serial numbers."""
    ended = (
        select(Intent.serial_number, Revocation.at, Revocation.reason)
        .join(Revocation, Revocation.certificate_id == Intent.id)
        .where(Intent.issuer_id == issuer_id)
    )
    entries = {serial: CrlEntry(int(serial, 16), at, reason) for serial, at, reason in session.execute(ended)}
    for serial, at in session.execute(_open_holds(issuer_id)):
        entries.setdefault(serial, CrlEntry(int(serial, 16), at, "certificateHold"))
    return sorted(entries.values(), key=lambda entry: entry.serial)


def newest(session: Session, name: str, generation: int) -> Crl | None:
    """The CRL in force of this issuer."""
    statement = (
        select(Crl)
        .join(Issuer, Issuer.id == Crl.issuer_id)
        .where(Issuer.name == name, Issuer.generation == generation)
        .order_by(Crl.number.desc())
    )
    return session.scalar(statement.limit(1))


def issuer_certificate(session: Session, name: str, generation: int) -> bytes | None:
    """The issuer's own certificate, DER."""
    return session.scalar(select(Issuer.certificate).where(Issuer.name == name, Issuer.generation == generation))


def _is_due(ledger: Ledger, issuer_id: str) -> bool:
    last = select(Crl.changes, Crl.this_update).where(Crl.issuer_id == issuer_id).order_by(Crl.number.desc())
    with ledger.read() as session:
        row = session.execute(last.limit(1)).first()
        if row is None or row.changes != _changes(session, issuer_id):
            return True
    return bool(ledger.clock.now() - row.this_update >= EVERY)


def _changes(session: Session, issuer_id: str) -> int:
    """How many facts the issuer's CRL is made from: they are only ever added, so equal means unchanged."""
    of_issuer = Intent.issuer_id == issuer_id
    held = select(func.count(Hold.id)).join(Intent, Intent.id == Hold.certificate_id)
    released = held.join(HoldRelease, HoldRelease.hold_id == Hold.id)
    ended = select(func.count(Revocation.certificate_id)).join(Intent, Intent.id == Revocation.certificate_id)
    return sum(session.scalar(count.where(of_issuer)) or 0 for count in (held, released, ended))


def _open_holds(issuer_id: str) -> Select[str, datetime]:
    released = select(HoldRelease.hold_id).where(HoldRelease.hold_id == Hold.id)
    return (
        select(Intent.serial_number, Hold.at)
        .join(Hold, Hold.certificate_id == Intent.id)
        .where(Intent.issuer_id == issuer_id, ~released.exists())
    )


def _signed(
    issuing: IssuingKey, number: int, this_update: datetime, next_update: datetime, entries: list[CrlEntry]
) -> bytes:
    tbs = crl_tbs(issuing.view, number, this_update, next_update, entries)
    signature = issuing.signer.sign(tbs)
    verify(issuing.spki, issuing.signer.algorithm, tbs, signature)
    return assemble(tbs, issuing.signer.algorithm, signature)
