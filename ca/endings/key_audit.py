"""All public keys of the ledger are looked at together: what no single request shows (weak kinship) shows here."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ca.machines.forms import parsed_form
from ca.tables.registration import Enrolment
from ledger.base import without
from ledger.certificates import Certificate, KeyBlock, Revocation
from ledger.decision import Refuse
from pki.certificate import parse_certificate
from pki.errors import PkiError
from pki.factoring import shared_factors
from pki.keys import check_strength, rsa_modulus


@dataclass(frozen=True)
class Weakness:
    """A key that must not be relied on, why, and the living certificates for it, by serial number."""

    key_sha256: str
    code: str
    serial_numbers: tuple[str, ...]


@dataclass(frozen=True)
class Audited:
    """What came of a look at all keys: how many there are, how many of them RSA, and those that are weak."""

    keys: int
    rsa: int
    weaknesses: tuple[Weakness, ...]


def audit_keys(session: Session, listed: Collection[str] = ()) -> Audited:
    """Every key of a certificate or request was weighed alone and, if RSA, against all others.

    `listed` are SHA-256 digests (hex) of known-bad SubjectPublicKeyInfo. Codes: `weak` (size, small or near factors,
    ROCA …), `shared-factor`, `listed`, `two-subjects`, and `blocked` for a blocked key that still has a certificate.
    """
    keys = dict(_keys(session))
    moduli = {key: modulus for key, spki in keys.items() if (modulus := _modulus(spki)) is not None}
    positions = list(moduli)
    shared = {positions[at] for at in shared_factors(list(moduli.values()))}
    certificates = _certificates(session)
    blocked = set(session.scalars(select(KeyBlock.key_sha256)))
    judged = (
        ("weak", {key for key, spki in keys.items() if _weak(spki)}),
        ("shared-factor", shared),
        ("listed", set(listed) & keys.keys()),
        ("two-subjects", _of_two(session)),
        ("blocked", {key for key in blocked if certificates.get(key)}),
    )
    found = [
        Weakness(key, code, tuple(certificates.get(key, ()))) for code, weak in judged for key in sorted(weak)
    ]
    return Audited(len(keys), len(moduli), tuple(found))


def _keys(session: Session) -> Iterator[tuple[str, bytes]]:
    """Each key's digest with its SubjectPublicKeyInfo; of a key that several certificates have, one."""
    rows = session.execute(select(Certificate.key_sha256, Certificate.der).order_by(Certificate.id))
    for key, der in rows.yield_per(1000):
        yield key, parse_certificate(bytes(der)).spki
    certified = select(Certificate.id).where(Certificate.key_sha256 == Enrolment.key_sha256).exists()
    for key, request in session.execute(select(Enrolment.key_sha256, Enrolment.request).where(~certified)):
        asked = parsed_form(bytes(request))
        if not isinstance(asked, Refuse):
            yield key, asked.spki


def _certificates(session: Session) -> dict[str, list[str]]:
    rows = select(Certificate.key_sha256, Certificate.serial_number)
    found: dict[str, list[str]] = {}
    for key, serial in session.execute(without(rows, Certificate.id, Revocation)):
        found.setdefault(key, []).append(serial)
    return found


def _of_two(session: Session) -> set[str]:
    """Keys in certificates of several subjects: of several persons, or, where there is none, of several names."""
    holders: dict[str, set[str | bytes]] = {}
    rows = select(Certificate.key_sha256, Certificate.person_id, Certificate.der)
    several = select(Certificate.key_sha256).group_by(Certificate.key_sha256).having(func.count() > 1)
    for key, person, der in session.execute(rows.where(Certificate.key_sha256.in_(several))):
        holders.setdefault(key, set()).add(person or parse_certificate(bytes(der)).subject)
    return {key for key, subjects in holders.items() if len(subjects) > 1}


def _modulus(spki: bytes) -> int | None:
    try:
        return rsa_modulus(spki)
    except PkiError:
        return None


def _weak(spki: bytes) -> bool:
    try:
        check_strength(spki)
    except PkiError:
        return True
    return False
