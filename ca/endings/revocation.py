"""Revocations: certificates end under the act of a person who may, with all that their ground takes along.

Nothing comes back from a revocation. Status is judged from these facts at each use, so all processes see them
as soon as their entry is committed; the signing room signs the CRL next (`ca.publication.crl`).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from ca.closing.finality import changeable
from ca.endings import letters
from ca.endings.asking import (
    Asked,
    NotEntitled,
    Receipt,
    act_for,
    asked,
    certificate_of,
    granted,
    proof,
    refuse,
    taken_up,
    waiting,
)
from ca.endings.blocked import end_living
from ca.endings.channels import Power, Wish
from ca.endings.concerned import Concerned, concerned_by, person_concerned
from ca.endings.grounds import Ground, Reach, ground_of
from ca.endings.sign_in import SignedIn
from ca.events.endings import CertificateRevoked, PersonRevoked
from ca.issuance.abandonment import end_of_keys, end_of_person, expired
from ca.profiles import CA_PROFILES
from ledger.acts import ActInvalid, SignedAct
from ledger.base import Fact, without
from ledger.certificates import Certificate, Intent, KeyBlock, Revocation
from ledger.decision import Refuse
from ledger.event import Actor, Event
from ledger.ledger import Deed, Ledger, Taken
from ledger.people import Cutoff, Person

__all__ = ["Receipt", "act_for", "revoke_certificate", "revoke_person"]

MOST_AT_ONCE = 40
"""Certificates that one entry can end, each with its key, beside its other facts; nobody has nearly so many."""
_ATTEMPTS = 5
"""How often an ending is tried while others end the same things one by one."""


def revoke_person(ledger: Ledger, number: str, word: str, signed: SignedAct) -> Receipt | Refuse:
    """All certificates of the person end, and his sessions with them, in one entry.

    What is `superseded` makes no Cutoff. The act's subject is the person's number.
    """
    meant = act_for("person.revoke", number, word, signed.act.at)
    seen = ledger.clock.now()
    with ledger.read() as session:
        person_id = session.scalar(select(Person.id).where(Person.number == number))
        about = person_concerned(session, person_id, ledger.clock.now())
        asking = _asked(session, ledger, signed, meant.kind, number, word, about)
        living = _unexpired(session, person_id, ledger.clock.now()) if person_id else []
    if isinstance(asking, _No):
        return refuse(ledger, "unknown", asking.code, asking.by)
    ground = ground_of(word)
    if ground is None or person_id is None:
        code = "revocation.reason-unknown" if ground is None else "revocation.person-unknown"
        return refuse(ledger, "unknown", code, asking.by)
    cutoff = ground.reason != "superseded"
    if not living and not cutoff:
        return refuse(ledger, person_id, "revocation.nothing-to-revoke", asking.by)
    if len(living) > MOST_AT_ONCE:
        return refuse(ledger, person_id, "revocation.too-many", asking.by)
    if asking.power is Power.DECISION:
        return taken_up(ledger, asking, person_id)
    return _end(
        ledger,
        _Ending(
            lambda count: PersonRevoked(person_id, ground.code, count, asking.by),
            asking, ground, person_id, about, living, seen, cutoff=cutoff,
        ),
    )  # fmt: skip


def revoke_certificate(
    ledger: Ledger, certificate_sha256: str, word: str, shown: SignedAct | SignedIn
) -> Receipt | Refuse:
    """This certificate ends, with those of the same person that the ground reaches, in one entry.

    Where the ground says so the key is blocked for ever, what is intended for it ends, and the person is cut off. What
    the key has beyond MOST_AT_ONCE ends behind its block, here or by the signing room (`ca.endings.blocked`).
    """
    seen = ledger.clock.now()
    with ledger.read() as session:
        certificate = certificate_of(session, certificate_sha256)
        about = concerned_by(session, certificate, ledger.clock.now())
        asking = _asked(session, ledger, shown, "certificate.revoke", certificate_sha256, word, about)
        ground = ground_of(word)
        living = reached(session, certificate, ground, ledger.clock.now()) if certificate and ground else []
        spared = beside(session, about.person_id, living)
    if isinstance(asking, _No):
        return refuse(ledger, "unknown", asking.code, asking.by)
    if ground is None or certificate is None:
        code = "revocation.reason-unknown" if ground is None else "revocation.certificate-unknown"
        return refuse(ledger, "unknown", code, asking.by)
    if certificate.profile in CA_PROFILES or certificate.id not in {intent.id for intent in living}:
        return refuse(ledger, certificate.id, _moot(ledger, certificate), asking.by)
    if len(living) > MOST_AT_ONCE and not ground.blocks_key:
        return refuse(ledger, certificate.id, "revocation.too-many", asking.by)
    if asking.power is Power.DECISION:
        return taken_up(ledger, asking, certificate.id)
    event = CertificateRevoked(certificate.id, ground.code, asking.by)
    # What an organisation loses says nothing about the person who answers for it: he keeps his sessions.
    cutoff = ground.cutoff and certificate.person_id is not None
    first = sorted(living, key=lambda one: one.id != certificate.id)[:MOST_AT_ONCE]
    return _end(ledger, _Ending(lambda _: event, asking, ground, certificate.id, about, first, seen, cutoff, spared))


@dataclass(frozen=True)
class _No:
    code: str
    by: str | None = None


@dataclass(frozen=True)
class _Ending:
    event: Callable[[int], Event]
    """By the number of certificates that end."""
    asking: Asked
    ground: Ground
    subject: str
    about: Concerned
    living: Sequence[Intent]
    seen: datetime
    """When we looked what there is, which is when the person is cut off: what is certified since is not spared."""
    cutoff: bool
    spared: Collection[str] = ()
    """What the person has besides, and keeps."""


def _asked(
    session: Session,
    ledger: Ledger,
    shown: SignedAct | SignedIn,
    kind: str,
    subject: str,
    word: str,
    about: Concerned,
) -> Asked | _No:
    meant = act_for(kind, subject, word, shown.act.at)
    try:
        return asked(session, shown, meant, Wish.REVOKE, about, ledger.clock.now())
    except ActInvalid as fault:
        return _No(fault.code)
    except NotEntitled as nobody:
        return _No("revocation.no-duty", nobody.by)


def _end(ledger: Ledger, ending: _Ending) -> Receipt | Refuse:
    """The ending in one entry. What somebody else ended since we looked is left out, and stops nothing else."""
    for _ in range(_ATTEMPTS):
        try:
            return _ended(ledger, ending)
        except Taken:
            with ledger.read() as session:
                ids = [intent.id for intent in ending.living]
                left = _living(session, Intent.id.in_(ids), ledger.clock.now())
            if not left and not ending.cutoff:
                break
            ending = replace(ending, living=left)
    return refuse(ledger, ending.subject, "revocation.already-revoked", ending.asking.by)


def _moot(ledger: Ledger, certificate: Certificate) -> str:
    """Why nothing is left to be ended of a certificate."""
    if certificate.profile in CA_PROFILES:
        return "revocation.of-a-ca"
    with ledger.read() as session:
        ended = session.get(Revocation, certificate.id) is not None
    return "revocation.already-revoked" if ended else "revocation.final"


def _ended(ledger: Ledger, ending: _Ending) -> Receipt:
    now, by, reason = ledger.clock.now(), ending.asking.by, ending.ground.reason
    serials = [intent.serial_number for intent in ending.living]
    subjects = {ending.subject, *(intent.id for intent in ending.living)}
    with ledger.read() as session:
        keys = unblocked_keys(session, ending.living) if ending.ground.blocks_key else []
        answered = waiting(session, subjects, {Wish.REVOKE, Wish.SUSPEND})
        told = letters.of_each(ledger, session, letters.REVOKED, ending.living, now, ground=ending.ground)
    facts: list[Fact] = [
        *(Revocation(certificate_id=intent.id, at=now, reason=reason) for intent in ending.living),
        *(KeyBlock(key_sha256=key, at=now) for key in keys),
        proof(ledger, ending.asking, ending.subject),
        *granted(ledger, ending.asking, ending.subject, answered),
    ]
    if ending.cutoff:
        facts.append(Cutoff(id=ledger.new_id(), person_id=ending.about.person_id, at=ending.seen, reason=reason))
    deed = Deed(ending.event(len(ending.living)), Actor.person(by), facts)
    entry_id = ledger.entries(letters.in_full(deed, told))[0]
    behind = [number for key in keys for number in end_living(ledger, key, Actor.person(by))]
    late = end_of_keys(ledger, keys, by) if keys else []
    if ending.cutoff and ending.about.person_id:
        late += end_of_person(ledger, ending.about.person_id, reason, by, ending.seen, ending.spared)
    kind, word = ending.asking.shown.act.kind, ending.asking.ground
    ended = (*serials, *behind, *(intent.serial_number for intent in late))
    return Receipt(kind, ending.subject, ended, word, now, by, entry_id)


def reached(session: Session, certificate: Certificate, ground: Ground, now: datetime) -> list[Intent]:
    """This certificate's intent, and those of others of its key or person that end with it.

    Left out is what has ended, what else ran out by itself, and what was told for the last time
    (`ca.closing.finality`).
    """
    ids = {certificate.id}
    if ground.blocks_key:
        of_key = select(Certificate.id).where(Certificate.key_sha256 == certificate.key_sha256)
        ids |= set(session.scalars(of_key.where(Certificate.not_after >= now)))
    if ground.reach is Reach.ONE or certificate.person_id is None:
        return _living(session, Intent.id.in_(ids), now)
    of_person = _living(session, or_(Intent.id.in_(ids), _lasting(certificate.person_id, now)), now)
    return [one for one in of_person if one.id in ids or ground.reaches(one.profile)]


def beside(session: Session, person_id: str | None, ended: Iterable[Intent | Certificate]) -> set[str]:
    """The ids of the certificates that the person has besides these."""
    his = select(Certificate.id).where(Certificate.person_id == person_id)
    return set(session.scalars(his)) - {one.id for one in ended} if person_id else set()


def _unexpired(session: Session, person_id: str, now: datetime) -> list[Intent]:
    """What the person has that did not run out by itself: all else ends behind it (`end_of_person`)."""
    return _living(session, _lasting(person_id, now), now)


def _lasting(person_id: str, now: datetime) -> ColumnElement[bool]:
    """Whether an intent is of this person and has not run out."""
    return and_(Intent.person_id == person_id, ~expired(now))


def _living(session: Session, condition: object, now: datetime) -> list[Intent]:
    found = select(Intent).where(condition).order_by(Intent.id)  # type: ignore[arg-type]
    return changeable(session, session.scalars(without(found, Intent.id, Revocation)), now)


def unblocked_keys(session: Session, living: Sequence[Intent]) -> list[str]:
    """The keys of these intents' certificates that are not blocked yet."""
    ids = [intent.id for intent in living]
    keys = set(session.scalars(select(Certificate.key_sha256).where(Certificate.id.in_(ids))))
    return sorted(keys - set(session.scalars(select(KeyBlock.key_sha256).where(KeyBlock.key_sha256.in_(keys)))))
