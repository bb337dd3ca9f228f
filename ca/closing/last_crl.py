"""CRLs of issuers through time: regular ones while anything lives, and one for ever when an issuer has ended.

The last CRL says with `nextUpdate` 99991231235959Z that none will follow (RFC 5280 clause 4.1.2.5; EN 319 411-1
clause 6.3.9 asks for one that holds on).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.ceremonies.generations import Generation, State, named, states
from ca.closing.finality import is_last
from ca.governance.provenance import verified
from ca.issuance.composition import SHORTEST, IssuingKey
from ca.publication.crl import newest_of, parts_of, publish, publish_parts
from ca.tables.publication import Crl
from ledger.certificates import Certificate, Intent, Revocation
from ledger.event import Actor
from ledger.ledger import Ledger, Taken
from pki.profile import FOR_EVER

OUTLIVING = ("ocsp-responder", "root-ca")
"""Profiles that an issuer's end leaves alone: who else would tell the status; and no root revokes itself."""
_OVER = (State.TERMINATED, State.COMPROMISED)


def parted(ledger: Ledger, keys: Sequence[IssuingKey]) -> tuple[list[IssuingKey], list[IssuingKey]]:
    """The keys whose CRLs are regular now, and those of issuers that ended and whose certificates have all ended.

    An issuer past its own end needs no CRL any more: it is in neither.
    """
    now = ledger.clock.now()
    with ledger.read() as session:
        found = states(session, now, [key.id for key in keys])
        closed = {key for key, one in found.items() if one.state in _OVER and not living(session, key, now)}
    alive = [key for key in keys if _lives(found.get(key.id), now)]
    return [key for key in alive if key.id not in closed], [key for key in alive if key.id in closed]


def publish_last(ledger: Ledger, key: IssuingKey, actor: Actor) -> list[Crl]:
    """The issuer's last CRLs, of each of its parts; none when they stand already and nothing has changed since."""
    life = FOR_EVER - ledger.clock.now().replace(microsecond=0)
    with ledger.read() as session:
        stands = is_last(session, key.id)
        parts = [part for part in parts_of(key, verified(session)) if not part.delta]
        known = {part: newest_of(session, key.id, part) if stands else None for part in parts}
    try:
        return publish_parts(ledger, key, known, actor, life)
    except Taken:  # another process published meanwhile: the next turn looks again
        return []


def publish_now(ledger: Ledger, key: IssuingKey, actor: Actor, life: timedelta) -> list[Crl]:
    """The issuer's next CRLs, at once; of one that ended its last ones, or none when these stand."""
    with ledger.read() as session:
        ended = is_last(session, key.id)
    closed = ended or parted(ledger, [key])[1]
    return publish_last(ledger, key, actor) if closed else publish(ledger, key, actor, life)


def is_told_for_ever(session: Session, issuer_id: str, now: datetime) -> bool:
    """Whether the issuer's last CRL stands, and a responder that has no end answers: its key has nothing more to sign.

    One that never had a responder has its last CRL alone.
    """
    if not is_last(session, issuer_id):
        return False
    responders = select(Certificate.id).where(
        Certificate.issuer_id == issuer_id, Certificate.profile == "ocsp-responder"
    )
    return session.scalar(responders.limit(1)) is None or _endless_from(session, issuer_id, now)


def owes_last_words(session: Session, key_name: str, now: datetime) -> bool:
    """Whether something must be signed yet with the key of this name that will hold for ever, or while anything lives.

    So it is with every issuing CA and root, since nobody signs for one whose key is gone. One that was compromised, or
    is near its end, signs nothing more; nor does an issuing CA whose endless responder waits for its end, and under
    which nothing lives.
    """
    found = named(session, now, key_name)
    if found is None or found.not_after - now < SHORTEST or found.state is State.COMPROMISED:
        return False
    issuer_id = found.issuer.id
    if is_told_for_ever(session, issuer_id, now):
        return False
    if found.is_root or found.state is State.TERMINATED:
        return True
    return living(session, issuer_id, now) or not _endless_from(session, issuer_id, FOR_EVER)


def _endless_from(session: Session, issuer_id: str, at: datetime) -> bool:
    """Whether the issuer has a responder without end that has begun by then."""
    ended = select(Revocation.certificate_id).where(Revocation.certificate_id == Certificate.id)
    endless = select(Certificate.id).where(
        Certificate.issuer_id == issuer_id,
        Certificate.not_before <= at,
        Certificate.not_after == FOR_EVER,
        ~ended.exists(),
    )
    return session.scalar(endless.limit(1)) is not None


def living(session: Session, issuer_id: str, now: datetime) -> bool:
    """Whether a certificate or intent of the issuer has not ended, beside its responders'."""
    ended = select(Revocation.certificate_id).where(Revocation.certificate_id == Intent.id)
    over = select(Certificate.id).where(Certificate.id == Intent.id, Certificate.not_after < now)
    statement = select(Intent.id).where(
        Intent.issuer_id == issuer_id, Intent.profile.not_in(OUTLIVING), ~ended.exists(), ~over.exists()
    )
    return session.scalar(statement.limit(1)) is not None


def _lives(one: Generation | None, now: datetime) -> bool:
    return one is None or now <= one.not_after
