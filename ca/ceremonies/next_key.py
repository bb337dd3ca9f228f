"""The key of a next generation: of the kind that was asked for, else of the one before it, and never weaker."""

from datetime import datetime

from sqlalchemy.orm import Session

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.generations import in_use
from ca.ceremonies.names import check_family
from ledger.certificates import generation_name
from pki.certificate import parse_certificate
from pki.key_kind import KeyKind, key_kind, kind_of
from pki.signing import Signer


def next_key(ceremony: Ceremony, name: str, number: int, asked: KeyKind | None = None) -> Signer:
    """The key of this generation of the issuer; it is made if it is not there. Raises CeremonyFailed.

    A key that is there already is taken if it is of the kind that was asked for; if none was, a stronger one too.
    """
    key_name, kind = generation_name(name, number), next_kind(ceremony, name, number, asked)
    signer = ceremony.ca_key(key_name, kind.algorithm, kind.rsa_bits)
    found = kind_of(signer.public_key)
    if found.is_weaker_than(kind) or (asked is not None and found != asked):
        raise CeremonyFailed(f"the key {key_name} is {found}, not {kind}: give another URI", "ceremony.key-unfit")
    return signer


def next_kind(ceremony: Ceremony, name: str, number: int, asked: KeyKind | None = None) -> KeyKind:
    """Of which kind the key of this generation is to be. Raises CeremonyFailed before anything is made.

    Of the first generation it is of the ceremony's own algorithm, if that is of the family of the name.
    """
    with ceremony.ledger.read() as session:
        before = kind_in_use(session, name, ceremony.ledger.clock.now())
    return fitting(generation_name(name, number), asked or before or key_kind(ceremony.first_algorithm(name)), before)


def kind_in_use(session: Session, name: str, now: datetime) -> KeyKind | None:
    """Of which kind the key of this issuer is now; None where there is no issuer yet."""
    found = in_use(session, name, now)
    return None if found is None else kind_of(parse_certificate(bytes(found.issuer.certificate)).spki)


def fitting(key_name: str, kind: KeyKind, before: KeyKind | None) -> KeyKind:
    """The kind, if the key of this name may be of it after one of the kind `before`. Raises CeremonyFailed."""
    check_family(key_name, kind.algorithm)
    if before is not None and kind.is_weaker_than(before):
        raise CeremonyFailed(
            f"a key {kind} for {key_name} is weaker than the one before it, {before}: take one that is as strong",
            "ceremony.key-weaker",
        )
    return kind
