"""Everything that the ledger knows of the status of certificates, at one moment, for whoever carries it away."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from ledger.certificates import Certificate, Hold, HoldRelease, Intent, Issuer, Revocation, generation_name
from ledger.entry import Entry
from pki.certificate import parse_certificate
from pki.status import CertificateStatus, Good, Held, Pending, Revoked

RESPONDER_PROFILE, CROSS_PROFILE = "ocsp-responder", "cross-certificate"


@dataclass(frozen=True)
class Life:
    """A certificate's numbers and what became of it."""

    dense: int
    serial: int
    status: CertificateStatus


@dataclass(frozen=True)
class Population:
    """A CA (its name and key) with all that it issued, rising by serial number.

    `responders` are its delegated certificates (DER), valid at the moment of asking, the newest first. `twofold` says
    that it issued under two entries of the ledger, so that a dense number may be of two certificates.
    """

    name: str
    certificate: bytes
    since: datetime
    lives: tuple[Life, ...]
    responders: tuple[bytes, ...]
    twofold: bool


def populations(session: Session, now: datetime) -> list[Population]:
    """Those of all CAs of ours, the oldest first."""
    issuers = session.scalars(select(Issuer).order_by(Issuer.id)).all()
    authorities: dict[tuple[bytes, bytes], list[Issuer]] = {}
    for issuer in issuers:
        authorities.setdefault(_named(bytes(issuer.certificate)), []).append(issuer)
    return [_population(session, same, now) for same in authorities.values()]


def crosses(session: Session, authorities: Sequence[Population], now: datetime) -> list[bytes]:
    """The certificates (DER) that hold now by which one of ours vouches for one of these, the oldest first."""
    ours = {_named(one.certificate) for one in authorities}
    made = (
        select(Certificate.der)
        .outerjoin(Revocation, Revocation.certificate_id == Certificate.id)
        .where(Certificate.profile == CROSS_PROFILE, Revocation.certificate_id.is_(None))
        .where(Certificate.not_before <= now, Certificate.not_after >= now)
        .order_by(Certificate.id)
    )
    return [der for der in map(bytes, session.scalars(made)) if _named(der) in ours]


def newest_entry_at(session: Session) -> datetime | None:
    """When the ledger was last written to: no clock may be behind it."""
    newest: datetime | None = session.scalar(select(func.max(Entry.at)))
    return newest


def _named(certificate: bytes) -> tuple[bytes, bytes]:
    """Name (DER) and key, by which a CA is the same in all its certificates."""
    parsed = parse_certificate(certificate)
    return parsed.subject, parsed.spki


def _population(session: Session, issuers: list[Issuer], now: datetime) -> Population:
    first = issuers[0]
    ids = [issuer.id for issuer in issuers]
    lives = tuple(sorted(_lives(session, ids), key=lambda life: life.serial))
    used = session.scalars(select(Intent.issuer_id).where(Intent.issuer_id.in_(ids)).distinct()).all()
    good = {life.serial for life in lives if isinstance(life.status, Good)}
    since = parse_certificate(bytes(first.certificate)).not_before
    name = generation_name(first.name, first.generation)
    responders = tuple(der for serial, der in _responders(session, ids, now) if serial in good)
    return Population(name, bytes(first.certificate), since, lives, responders, len(used) > 1)


def _lives(session: Session, issuer_ids: list[str]) -> Iterator[Life]:
    holds = (
        select(Hold.certificate_id, func.min(Hold.at).label("at"))
        .outerjoin(HoldRelease, HoldRelease.hold_id == Hold.id)
        .where(HoldRelease.hold_id.is_(None))
        .group_by(Hold.certificate_id)
        .subquery()
    )
    rows = (
        select(
            Intent.dense_number,
            Intent.serial_number,
            Certificate.sha256,
            Revocation.at.label("revoked_at"),
            Revocation.reason,
            holds.c.at.label("held_at"),
        )
        .outerjoin(Certificate, Certificate.id == Intent.id)
        .outerjoin(Revocation, Revocation.certificate_id == Intent.id)
        .outerjoin(holds, holds.c.certificate_id == Intent.id)
        .where(Intent.issuer_id.in_(issuer_ids))
    )
    for row in session.execute(rows).yield_per(10_000):
        yield Life(row.dense_number, int(row.serial_number, 16), _status(row))


def _status(row: Row[tuple[object, ...]]) -> CertificateStatus:
    """As `ocsp.store` has it: an ending before all else, then the intent that waits, then the oldest pause."""
    if row.revoked_at is not None:
        return Revoked(row.revoked_at, row.reason)
    if row.sha256 is None:
        return Pending()
    return Good(row.sha256) if row.held_at is None else Held(row.held_at)


def _responders(session: Session, issuer_ids: list[str], now: datetime) -> Iterator[tuple[int, bytes]]:
    rows = (
        select(Certificate.serial_number, Certificate.der)
        .where(Certificate.issuer_id.in_(issuer_ids), Certificate.profile == RESPONDER_PROFILE)
        .where(Certificate.not_before <= now, Certificate.not_after >= now)
        .order_by(Certificate.not_before.desc(), Certificate.id.desc())
    )
    for serial_number, der in session.execute(rows):
        yield int(serial_number, 16), bytes(der)
