"""All public keys of the ledger are looked at together: what no single request shows (weak kinship) shows here."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ca.known_keys import SOURCES, keys_in
from ca.tables.registration import Enrolment
from ledger.base import without
from ledger.certificates import Certificate, KeyBlock, Revocation
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
    """Every key of a certificate or request was weighed alone and, if RSA, against all that `ca.known_keys` has.

    `listed` are SHA-256 digests (hex) of known-bad SubjectPublicKeyInfo. Codes: `weak` (size, small or near factors,
    ROCA …), `shared-factor`, `listed`, `two-subjects`, and `blocked` for a blocked key that still has a certificate.
    """
    found_in = {kind: dict(keys_in(session, kind)) for kind in SOURCES}
    keys = {key: spki for some in found_in.values() for key, spki in some.items()}
    ours = found_in[Certificate] | found_in[Enrolment]
    moduli = {key: modulus for key, spki in keys.items() if (modulus := _modulus(spki)) is not None}
    positions = list(moduli)
    shared = {positions[at] for at in shared_factors(list(moduli.values()))}
    certificates = _certificates(session)
    blocked = set(session.scalars(select(KeyBlock.key_sha256)))
    judged = (
        ("weak", {key for key, spki in ours.items() if _weak(spki)}),
        ("shared-factor", shared),
        ("listed", set(listed) & keys.keys()),
        ("two-subjects", _of_two(session)),
        ("blocked", {key for key in blocked if certificates.get(key)}),
    )
    found = [
        Weakness(key, code, tuple(certificates.get(key, ()))) for code, weak in judged for key in sorted(weak)
    ]
    return Audited(len(keys), len(moduli), tuple(found))


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
