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

from ca.ceremonies.generations import issuer_key
from ca.endings.blocked import AT_ONCE, KIND, NOBODY, end_living, endings, living
from ca.endings.grounds import COMPROMISED
from ca.endings.on_duty import on_duty
from ca.endings.revocation import beside
from ca.events.ceremonies import KeyMade
from ca.events.endings import KeyBlocked, KeyReportRefused, KeysListed
from ca.issuance.abandonment import end_of_keys, end_of_person
from ca.profiles import CA_PROFILES
from ca.registration.applicants import sliced
from ca.registration.enrolment import parsed
from ca.tables.endings import KeyReport, RevocationProof
from ca.tables.hierarchy import IssuerRequest
from ledger.acts import Act, SignedAct, proof_columns
from ledger.base import Fact
from ledger.certificates import Certificate, Issuer, KeyBlock, KeyUse
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.event import ANYONE, Actor
from ledger.ledger import MOST_FACTS, Deed, Ledger, Taken
from ledger.people import Cutoff
from pki.names import name_text

NAME = "CN=laotrust: this key is compromised"
"""The subject of a PKCS#10 that reports its own key; nobody signs that by mistake."""
_LISTED_AT_ONCE = 45
_TRIES = (AT_ONCE, 0, 0, 0, 0)
"""How many certificates end with the block at each try. One that others end meanwhile does not hold the block up."""


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
    return _blocked(ledger, key, None, [KeyReport(key_sha256=key, request=signed.der)])


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
        by = on_duty(session, signed, now)
        if isinstance(by, Refuse):
            return by
        if _of_a_ca(session, key):
            return Refuse("revocation.of-a-ca")
    act = RevocationProof(
        id=ledger.new_id(), kind=KIND, subject=key, reason=COMPROMISED.code, officer_id=by, **proof_columns(signed)
    )
    return _blocked(ledger, key, by, [act])


def _of_a_ca(session: Session, key: str) -> bool:
    """Whether a CA has the key: certified by us or by an outside root, or asked for under one.

    A key that a ceremony made is for whatever it will be certified as, so until then it counts as a CA's.
    """
    asked = select(IssuerRequest.id).where(IssuerRequest.key_sha256 == key).limit(1)
    if session.scalar(asked) is not None or key in map(issuer_key, session.scalars(select(Issuer))):
        return True
    profiles = set(session.scalars(select(Certificate.profile).where(Certificate.key_sha256 == key)))
    made = select(KeyUse.key_sha256).join(Entry, Entry.id == KeyUse.entry_id)
    waits = not profiles and session.scalar(made.where(KeyUse.key_sha256 == key, Entry.kind == KeyMade.kind))
    return bool(waits or profiles & CA_PROFILES)


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


def _blocked(ledger: Ledger, key: str, by: str | None, proofs: Sequence[Fact]) -> tuple[str, ...] | Refuse:
    """The key is blocked, its certificates end and their holders are cut off, all at once.

    The serial numbers of what ended. What was in the making for the key, or overtook the block, ends behind it: by us,
    or by the signing room if we are no more (`ca.endings.blocked`).
    """
    actor = Actor.person(by) if by else ANYONE
    for most in _TRIES:
        now = ledger.clock.now()
        with ledger.read() as session:
            if _blocks(session, [key]):
                return Refuse("key.blocked-already")
            seen = bool(_used(session, [key]))
            found = living(session, key, now)
            holders = sorted({one.person_id for one in found if one.person_id})
            spared = {one: beside(session, one, found) for one in holders}
            ended = endings(ledger, session, found[:most], by, actor)
        facts: list[Fact] = [] if seen else [KeyUse(key_sha256=key, subject=NOBODY)]
        facts += [KeyBlock(key_sha256=key, at=now), *proofs]
        facts += [Cutoff(id=ledger.new_id(), person_id=one, at=now, reason=COMPROMISED.reason) for one in holders]
        try:
            ledger.entries([*_in_entries(KeyBlocked(key, COMPROMISED.code, len(found), by), actor, facts), *ended])
        except Taken:
            continue
        late = [one.serial_number for one in end_of_keys(ledger, [key], by or NOBODY)]
        for one in holders:
            end_of_person(ledger, one, COMPROMISED.reason, by or NOBODY, now, spared[one])
        return (*(one.serial_number for one in found[:most]), *end_living(ledger, key, actor), *late)
    return Refuse("key.blocked-already")


def _in_entries(event: KeyBlocked, actor: Actor, facts: Sequence[Fact]) -> list[Deed]:
    """As many entries as the facts need. Only a fault of ours gives a hundred persons one key."""
    return [Deed(event, actor, facts[start : start + MOST_FACTS]) for start in range(0, len(facts), MOST_FACTS)]


def _used(session: Session, keys: Iterable[str]) -> set[str]:
    statement = select(KeyUse.key_sha256)
    return {key for some in sliced(keys) for key in session.scalars(statement.where(KeyUse.key_sha256.in_(some)))}


def _blocks(session: Session, keys: Iterable[str]) -> set[str]:
    statement = select(KeyBlock.key_sha256)
    return {key for some in sliced(keys) for key in session.scalars(statement.where(KeyBlock.key_sha256.in_(some)))}
