"""Generations of an issuer: which one signs new certificates now, and what state each is in.

A name (`officers`) stays; its key changes with each generation. The newest generation whose start is reached signs;
the ones before it keep their CRL and their responder until their last certificate has ended.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from hashlib import sha256

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from ca.issuance.composition import SHORTEST
from ca.tables.hierarchy import IssuerEnd, IssuerStart
from ledger.certificates import Certificate, Issuer, KeyBlock, Revocation
from ledger.facts import Asked, Facts
from ledger.ledger import Ledger
from pki.certificate import parse_certificate
from pki.keys import key_sha256


class State(Enum):
    """What a generation does now."""

    SIGNS = "signs"
    WAITS = "waits"
    """Its start is not reached."""
    FOLLOWED = "followed"
    """A newer generation signs; CRL and responder go on."""
    EXPIRED = "expired"
    """So near its end, or past it, that nothing it certified would live a day."""
    TERMINATED = "terminated"
    COMPROMISED = "compromised"
    REVOKED = "revoked"
    """Its own certificate is, though nobody acted for its end: it signs no new ones; CRL and responder go on."""


ISSUERS = Facts(
    select(Issuer, IssuerEnd.kind)
    .join(IssuerEnd, IssuerEnd.issuer_id == Issuer.id, isouter=True)
    .order_by(Issuer.name, Issuer.generation.desc())
)
_ENDS = Facts(
    select(Issuer, IssuerEnd.kind)
    .join(IssuerEnd, IssuerEnd.issuer_id == Issuer.id, isouter=True)
    .where(Issuer.id.in_(bindparam("ids", expanding=True)))
)
STARTS = Facts(select(IssuerStart).order_by(IssuerStart.number))
_REVOKED = Facts(
    select(Certificate.sha256)
    .join(Revocation, Revocation.certificate_id == Certificate.id)
    .where(Certificate.sha256.in_(bindparam("digests", expanding=True)))
)
_BLOCKED = Facts(select(KeyBlock.key_sha256).where(KeyBlock.key_sha256.in_(bindparam("keys", expanding=True))))
ENDED = {"terminate": State.TERMINATED, "compromise": State.COMPROMISED}
"""By the kind of an IssuerEnd."""


@dataclass(frozen=True)
class Generation:
    """One generation of an issuer at one moment."""

    issuer: Issuer
    starts_at: datetime
    not_after: datetime
    state: State

    @property
    def key_name(self) -> str:
        """The name of its key and of its files in the home."""
        return self.issuer.key_name

    @property
    def is_root(self) -> bool:
        """Whether its key is apart from everything online: it stands above issuing CAs."""
        return is_root(self.issuer.name)


def is_root(name: str) -> bool:
    """Whether this is the name of a root, or of a root's key."""
    return name.partition("-")[0] == "root"


def issuer_key(issuer: Issuer) -> str:
    """The digest of the issuer's key, its name in the ledger."""
    return _read(bytes(issuer.certificate))[2]


def generations(session: Session, now: datetime, beside: Asked = ()) -> list[Generation]:
    """Every generation of every issuer, by name, the newest first. What will be asked `beside` is foreseen."""
    rows = [(issuer, kind, *_read(bytes(issuer.certificate))) for issuer, kind in ISSUERS.once(session)]
    starts = starts_of(session)
    digests = list(_by_digest([issuer for issuer, *_ in rows]))
    own = [(_BLOCKED, {"keys": [key for *_, key in rows]}), (_REVOKED, {"digests": digests})]
    Facts.foresee(session, [*own, *beside])
    blocked = set(_BLOCKED.values(session, {"keys": [key for *_, key in rows]}))
    revoked = _revoked(session, [issuer for issuer, *_ in rows])
    found: list[Generation] = []
    begun: set[str] = set()
    for issuer, kind, not_before, not_after, key in rows:
        starts_at = starts.get((issuer.name, issuer.generation), not_before)
        state = ENDED[kind] if kind else State.COMPROMISED if key in blocked else None
        state = state or (State.REVOKED if issuer.id in revoked else None)
        state = state or _state(now, starts_at, not_after, followed=issuer.name in begun)
        found.append(Generation(issuer, starts_at, not_after, state))
        if starts_at <= now:
            begun.add(issuer.name)  # that one signed; where it ended, the one before it does not come back
    return found


def signing(session: Session, now: datetime) -> Mapping[str, Issuer]:
    """The issuer that signs new certificates now, by name; a name that none signs for is not there."""
    return {one.issuer.name: one.issuer for one in generations(session, now) if one.state is State.SIGNS}


def starts_of(session: Session) -> Mapping[tuple[str, int], datetime]:
    """The beginnings that were set, by name and generation."""
    return {(row.name, row.generation): row.starts_at for (row,) in STARTS.once(session)}


def in_use(session: Session, name: str, now: datetime) -> Generation | None:
    """The generation of this name that a ceremony works with: the one that signs now, else the newest."""
    return used(generations(session, now), name)


def used(found: Sequence[Generation], name: str) -> Generation | None:
    """The one of these that `in_use` says."""
    named_so = [one for one in found if one.issuer.name == name]
    return next((one for one in named_so if one.state is State.SIGNS), named_so[0] if named_so else None)


def named(session: Session, now: datetime, key_name: str) -> Generation | None:
    """The generation whose key has this name (`officers`, `officers-2`)."""
    return next((one for one in generations(session, now) if one.key_name == key_name), None)


def issuing_names(ledger: Ledger) -> list[str]:
    """The names of the keys of the issuing CAs that sign now."""
    with ledger.read() as session:
        found = generations(session, ledger.clock.now())
    return [one.key_name for one in found if one.state is State.SIGNS and not one.is_root]


def issuer_named(ledger: Ledger, key_name: str) -> Issuer | None:
    """The issuer whose key has this name (`root`, `officers-2`)."""
    with ledger.read() as session:
        found = named(session, ledger.clock.now(), key_name)
    return found.issuer if found else None


def first_certificate(session: Session, name: str) -> bytes | None:
    """The certificate (DER) of the first generation of this name: all later ones are named after it."""
    found = session.scalar(select(Issuer.certificate).where(Issuer.name == name, Issuer.generation == 1))
    return None if found is None else bytes(found)


def first_name(session: Session, name: str) -> bytes | None:
    """The DER Name of the first generation of this name."""
    found = first_certificate(session, name)
    return None if found is None else parse_certificate(found).subject


def states(session: Session, now: datetime, issuer_ids: Sequence[str]) -> Mapping[str, Generation]:
    """The generations of these issuers, by the issuer's id."""
    wanted = set(issuer_ids)
    return {one.issuer.id: one for one in generations(session, now) if one.issuer.id in wanted}


def unserved(session: Session, now: datetime) -> list[str]:
    """Sentences for an operator: each issuing name that no generation signs for, and what to do."""
    found = generations(session, now)
    served = {one.issuer.name for one in found if one.state is State.SIGNS}
    newest = {one.issuer.name: one for one in reversed(found)}
    return [_sentence(one) for name, one in sorted(newest.items()) if name not in served]


@lru_cache(maxsize=64)
def _read(certificate: bytes) -> tuple[datetime, datetime, str]:
    """From when to when the certificate lives, and the digest of its key."""
    parsed = parse_certificate(certificate)
    return parsed.not_before, parsed.not_after, key_sha256(parsed.spki)


def _sentence(one: Generation) -> str:
    name, until = one.issuer.name, one.not_after.date().isoformat()
    if one.state is State.WAITS:
        number, begins = one.issuer.generation, one.starts_at.isoformat()
        return f"{name}: generation {number} begins at {begins}: wait, or let it begin earlier"
    if one.state is State.EXPIRED:
        return f"{name}: its certificate ends on {until}: hold `python -m scripts rollover {name}`"
    return f"{name}: it was {one.state.value} and issues nothing: hold `python -m scripts rollover {name}` if it is to"


def _state(now: datetime, starts_at: datetime, not_after: datetime, *, followed: bool) -> State:
    if not_after - now.replace(microsecond=0) < SHORTEST:
        return State.EXPIRED
    if now < starts_at:
        return State.WAITS
    return State.FOLLOWED if followed else State.SIGNS


def ended(session: Session, issuer_ids: Collection[str]) -> set[str]:
    """Those of these issuers that ended, or whose own certificate did: they certify nobody, whatever was begun."""
    rows = _ENDS.rows(session, {"ids": issuer_ids})
    return {issuer.id for issuer, kind in rows if kind} | _revoked(session, [issuer for issuer, _ in rows])


def _revoked(session: Session, issuers: Sequence[Issuer]) -> set[str]:
    """The ids of those whose own certificate was revoked; an outside CA's answer is not in our ledger."""
    by_digest = _by_digest(issuers)
    return {by_digest[one] for one in _REVOKED.values(session, {"digests": list(by_digest)})}


def _by_digest(issuers: Sequence[Issuer]) -> Mapping[str, str]:
    return {sha256(bytes(one.certificate)).hexdigest(): one.id for one in issuers}
