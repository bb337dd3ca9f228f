"""Keys that are no secret, or never were: blocked for ever, and every certificate for them ends.

A key is blocked when its own private half says so (a PKCS#10 with a name fixed for that), when an officer does, or
when a published list names it, whether we have ever seen it or not: an unseen key gets a KeyUse of nobody's, so that
the UNIQUE index refuses it to everybody.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.closing.finality import changeable
from ca.endings import letters
from ca.endings.concerned import concerned_by
from ca.endings.grounds import ground_of
from ca.events.endings import CertificateRevoked, KeyBlocked, KeyReportRefused, KeysListed
from ca.issuance.abandonment import end_of_keys
from ca.policy import may_revoke
from ca.profiles import CA_PROFILES
from ca.registration.applicants import duties, sliced
from ca.registration.enrolment import parsed
from ca.tables.endings import KeyReport, RevocationProof
from ledger.acts import Act, ActInvalid, SignedAct, proof_columns, verify_act
from ledger.base import Fact, without
from ledger.certificates import Certificate, KeyBlock, KeyUse, Revocation
from ledger.decision import Refuse
from ledger.event import ANYONE, Actor
from ledger.ledger import Deed, Ledger, Taken
from pki.names import name_text

NAME = "CN=laotrust: this key is compromised"
"""The subject of a PKCS#10 that reports its own key; nobody signs that by mistake."""
KIND = "key.block"
NOBODY = "nobody"
"""The subject of a KeyUse of a key that nobody may have."""
_AT_ONCE = 20
"""Certificates that one entry ends, each with its letters."""
_LISTED_AT_ONCE = 45
_ATTEMPTS = 5


def block_act(key: str, at: datetime) -> Act:
    """What an officer signs who blocks a key: its SHA-256."""
    return Act(KIND, {"key": key}, at)


def report_by_key(ledger: Ledger, request: bytes) -> tuple[str, ...] | Refuse:
    """The serial numbers that ended because their own private key signed the report."""
    digest = sha256(request).hexdigest()
    signed = parsed(request)
    if not isinstance(signed, Refuse) and name_text(signed.subject) != NAME:
        signed = Refuse("key.not-a-report")
    if isinstance(signed, Refuse):
        ledger.record(KeyReportRefused(digest, signed.code), ANYONE)
        return signed
    key = signed.key_sha256
    return _blocked(ledger, key, "key-compromise", None, [KeyReport(key_sha256=key, request=signed.der)])


def reported(kept: KeyReport) -> bool:
    """Whether the key itself signed what was kept of its report; for whoever doubts an ending."""
    signed = parsed(bytes(kept.request))
    return not isinstance(signed, Refuse) and (name_text(signed.subject), signed.key_sha256) == (NAME, kept.key_sha256)


def block_by_officer(ledger: Ledger, key: str, signed: SignedAct) -> tuple[str, ...] | Refuse:
    """The serial numbers that ended because an officer on duty blocked their key; its SHA-256 is enough."""
    now = ledger.clock.now()
    if signed.act.message() != block_act(key, signed.act.at).message():
        return Refuse("revocation.not-about-this")
    with ledger.read() as session:
        try:
            by = verify_act(session, signed, now)
        except ActInvalid as fault:
            return Refuse(fault.code)
        if not may_revoke(duties(session, [by]).get(by, ()), now):
            return Refuse("revocation.no-duty")
        if set(session.scalars(select(Certificate.profile).where(Certificate.key_sha256 == key))) & CA_PROFILES:
            return Refuse("revocation.of-a-ca")
    act = RevocationProof(
        id=ledger.new_id(), kind=KIND, subject=key, reason="key-compromise", officer_id=by, **proof_columns(signed)
    )
    return _blocked(ledger, key, "key-compromise", by, [act])


def block_listed(ledger: Ledger, keys: Iterable[str], source: str, actor: Actor) -> tuple[int, list[str]]:
    """The keys of a list of known-bad ones (SHA-256 of SubjectPublicKeyInfo, hex) are blocked before anybody asks.

    Returns how many were new, and those that somebody has used here: block these one by one, since certificates end.
    """
    wanted = sorted(set(keys))
    with ledger.read() as session:
        used = _used(session, wanted)
        blocked = _blocks(session, wanted)
    fresh = [key for key in wanted if key not in used]
    for start in range(0, len(fresh), _LISTED_AT_ONCE):
        _list(ledger, fresh[start : start + _LISTED_AT_ONCE], source, actor)
    return len(fresh), sorted(used - blocked)


def _list(ledger: Ledger, keys: Sequence[str], source: str, actor: Actor) -> None:
    now = ledger.clock.now()
    facts: list[Fact] = [KeyUse(key_sha256=key, subject=NOBODY) for key in keys]
    facts += [KeyBlock(key_sha256=key, at=now) for key in keys]
    try:
        ledger.entries([Deed(KeysListed(source, len(keys)), actor, facts)])
    except Taken:  # somebody used or blocked one of them meanwhile: the others must not suffer
        if len(keys) > 1:
            for key in keys:
                _list(ledger, [key], source, actor)


def _blocked(
    ledger: Ledger, key: str, word: str, by: str | None, proofs: Sequence[Fact]
) -> tuple[str, ...] | Refuse:
    """The key is blocked and its certificates ended; the block comes first, so that nothing slips past it."""
    actor = Actor.person(by) if by else ANYONE
    for _ in range(_ATTEMPTS):
        with ledger.read() as session:
            if _blocks(session, [key]):
                return Refuse("key.blocked-already")
            seen = bool(_used(session, [key]))
            living = _living(session, key, ledger.clock.now())
        facts: list[Fact] = [] if seen else [KeyUse(key_sha256=key, subject=NOBODY)]
        facts += [KeyBlock(key_sha256=key, at=ledger.clock.now()), *proofs]
        try:
            ledger.entries([Deed(KeyBlocked(key, word, len(living), by), actor, facts)])
        except Taken:
            continue
        return (*_end_all(ledger, key, word, by), *_late(ledger, key, by))
    return Refuse("key.blocked-already")


def _end_all(ledger: Ledger, key: str, word: str, by: str | None) -> list[str]:
    """Every certificate for the key ends, whosever it is, some in each entry. Returns their serial numbers."""
    ended: list[str] = []
    ground, actor = ground_of(word), Actor.person(by) if by else ANYONE
    assert ground is not None
    while True:
        now = ledger.clock.now()
        with ledger.read() as session:
            living = _living(session, key, now)[:_AT_ONCE]
            told = [
                one
                for certificate in living
                for one in letters.told(
                    ledger, session, letters.REVOKED, concerned_by(session, certificate, now),
                    [certificate.serial_number], now, ground=ground,
                )
            ]  # fmt: skip
        if not living:
            return ended
        facts = [*(Revocation(certificate_id=one.id, at=now, reason=ground.reason) for one in living), *told[:70]]
        try:
            ledger.entries([Deed(CertificateRevoked(living[0].id, word, by or NOBODY), actor, facts)])
        except Taken:
            continue  # somebody ended one of them, which is as good
        ended += [one.serial_number for one in living]


def _late(ledger: Ledger, key: str, by: str | None) -> list[str]:
    """What was intended for the key while it was being blocked."""
    return [one.serial_number for one in end_of_keys(ledger, [key], by or NOBODY)]


def _living(session: Session, key: str, now: datetime) -> list[Certificate]:
    found = select(Certificate).where(Certificate.key_sha256 == key).order_by(Certificate.id)
    return changeable(session, session.scalars(without(found, Certificate.id, Revocation)), now)


def _used(session: Session, keys: Iterable[str]) -> set[str]:
    statement = select(KeyUse.key_sha256)
    return {key for some in sliced(keys) for key in session.scalars(statement.where(KeyUse.key_sha256.in_(some)))}


def _blocks(session: Session, keys: Iterable[str]) -> set[str]:
    statement = select(KeyBlock.key_sha256)
    return {key for some in sliced(keys) for key in session.scalars(statement.where(KeyBlock.key_sha256.in_(some)))}
