"""Endings and pauses: certificates are revoked, held and released under the act of a person who may.

Nothing comes back from a revocation. Status is judged from these facts at each use, so all processes see them
as soon as their entry is committed; the signing room signs the CRL next (`ca.publication.crl`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.events.endings import CertificateHeld, CertificateReleased, CertificateRevoked, PersonRevoked, RevocationRefused
from ca.issuance.abandonment import end_of_keys, end_of_person
from ca.policy import makes_cutoff, may_revoke, reason_known
from ca.registration.applicants import duties
from ca.tables.endings import KeyBlock, RevocationProof
from ledger.acts import Act, ActInvalid, SignedAct, proof_columns, verify_act
from ledger.base import Fact
from ledger.certificates import Certificate, Hold, HoldRelease, Intent, Revocation
from ledger.decision import Refuse
from ledger.event import Actor, Event
from ledger.ledger import Deed, Ledger, Taken
from ledger.people import Cutoff, Person

MOST_AT_ONCE = 90
"""Certificates that one entry can end beside its other facts; nobody has nearly so many."""
_ATTEMPTS = 5
"""How often an ending is tried while others end the same things one by one."""
NEVER_HELD = ("tls-server", "ocsp-responder", "tsa-unit", "root-ca", "issuing-ca")
"""Profiles that may not be suspended (RV-05)."""


@dataclass(frozen=True)
class Receipt:
    """What a person gets to keep: what ended or paused, why, when, by whom, and the entry to prove it by."""

    act: str
    subject: str
    serial_numbers: tuple[str, ...]
    reason: str
    at: datetime
    by: str
    entry_id: str


def act_for(kind: str, subject: str, reason: str, at: datetime) -> Act:
    """What the person who acts signs; `kind` is `person.revoke` or `certificate.revoke`, `.hold`, `.release`."""
    return Act(kind, {"subject": subject, "reason": reason}, at)


def revoke_person(ledger: Ledger, number: str, reason: str, signed: SignedAct) -> Receipt | Refuse:
    """All certificates of the person end, and his sessions with them, in one entry.

    A routine `superseded` makes no Cutoff. The act's subject is the person's number.
    """
    by = _allowed(ledger, signed, act_for("person.revoke", number, reason, signed.act.at))
    if isinstance(by, Refuse):
        return by
    with ledger.read() as session:
        person_id = session.scalar(select(Person.id).where(Person.number == number))
        living = _living(session, Intent.person_id == person_id) if person_id else []
    if person_id is None:
        return _refuse(ledger, "unknown", "revocation.person-unknown", by)
    if not living and not makes_cutoff(reason):
        return _refuse(ledger, person_id, "revocation.nothing-to-revoke", by)
    if len(living) > MOST_AT_ONCE:
        return _refuse(ledger, person_id, "revocation.too-many", by)
    facts: list[Fact] = []
    if makes_cutoff(reason):
        facts.append(Cutoff(id=ledger.new_id(), person_id=person_id, at=ledger.clock.now(), reason=reason))
    ending = _Ending(
        lambda count: PersonRevoked(person_id, reason, count, by), signed, by, person_id, reason, living, facts
    )
    return _end(ledger, ending)


def revoke_certificate(ledger: Ledger, certificate_sha256: str, reason: str, signed: SignedAct) -> Receipt | Refuse:
    """This one certificate ends. With `keyCompromise` its key is blocked for ever, and what is intended for it ends."""
    by = _allowed(ledger, signed, act_for("certificate.revoke", certificate_sha256, reason, signed.act.at))
    if isinstance(by, Refuse):
        return by
    with ledger.read() as session:
        certificate = _certificate(session, certificate_sha256)
        living = _living(session, Intent.id == certificate.id) if certificate else []
    if certificate is None:
        return _refuse(ledger, "unknown", "revocation.certificate-unknown", by)
    if not living:
        return _refuse(ledger, certificate.id, "revocation.already-revoked", by)
    event = CertificateRevoked(certificate.id, reason, by)
    return _end(ledger, _Ending(lambda _: event, signed, by, certificate.id, reason, living, []))


def hold(ledger: Ledger, certificate_sha256: str, signed: SignedAct) -> Receipt | Refuse:
    """The certificate is paused: `certificateHold` on OCSP and CRL until it is released or revoked."""
    by = _allowed(ledger, signed, act_for("certificate.hold", certificate_sha256, "certificateHold", signed.act.at))
    if isinstance(by, Refuse):
        return by
    with ledger.read() as session:
        certificate = _certificate(session, certificate_sha256)
        state = _pausing(session, certificate)
    if isinstance(state, Refuse):
        return _refuse(ledger, certificate.id if certificate else "unknown", state.code, by)
    fact = Hold(id=ledger.new_id(), certificate_id=state.id, at=ledger.clock.now())
    return _paused(ledger, CertificateHeld(state.id, by), fact, state, signed, by)


def release(ledger: Ledger, certificate_sha256: str, signed: SignedAct) -> Receipt | Refuse:
    """The certificate's hold is over and it counts again."""
    by = _allowed(ledger, signed, act_for("certificate.release", certificate_sha256, "released", signed.act.at))
    if isinstance(by, Refuse):
        return by
    with ledger.read() as session:
        certificate = _certificate(session, certificate_sha256)
        held = _open_hold(session, certificate.id) if certificate else None
        ended = certificate is not None and session.get(Revocation, certificate.id) is not None
    if certificate is None or held is None or ended:
        code = "revocation.already-revoked" if ended else "revocation.not-held"
        return _refuse(ledger, certificate.id if certificate else "unknown", code, by)
    fact = HoldRelease(hold_id=held.id, at=ledger.clock.now())
    try:
        return _paused(ledger, CertificateReleased(certificate.id, by), fact, certificate, signed, by)
    except Taken:
        return _refuse(ledger, certificate.id, "revocation.not-held", by)


@dataclass(frozen=True)
class _Ending:
    event: Callable[[int], Event]
    """By the number of certificates that end."""
    signed: SignedAct
    by: str
    subject: str
    reason: str
    living: Sequence[Intent]
    facts: list[Fact]
    """The Cutoff, if there is one."""


def _end(ledger: Ledger, ending: _Ending) -> Receipt | Refuse:
    """The ending in one entry. What somebody else ended since we looked is left out, and stops nothing else."""
    for _ in range(_ATTEMPTS):
        try:
            return _ended(ledger, ending)
        except Taken:
            with ledger.read() as session:
                left = _living(session, Intent.id.in_([intent.id for intent in ending.living]))
            if not left and not ending.facts:
                break
            ending = replace(ending, living=left)
    return _refuse(ledger, ending.subject, "revocation.already-revoked", ending.by)


def _ended(ledger: Ledger, ending: _Ending) -> Receipt:
    now = ledger.clock.now()
    with ledger.read() as session:
        keys = _unblocked_keys(session, ending.living) if ending.reason == "keyCompromise" else []
    facts = [
        *ending.facts,
        *(Revocation(certificate_id=intent.id, at=now, reason=ending.reason) for intent in ending.living),
        *(KeyBlock(key_sha256=key, at=now) for key in keys),
        _proof(ledger, ending.signed, ending.subject, ending.reason, ending.by),
    ]
    event = ending.event(len(ending.living))
    [entry_id] = ledger.entries([Deed(event, Actor.person(ending.by), facts)])
    late = end_of_keys(ledger, keys, ending.by) if keys else []
    if ending.facts:
        late += end_of_person(ledger, ending.subject, ending.reason, ending.by, now)
    serials = tuple(intent.serial_number for intent in [*ending.living, *late])
    return Receipt(ending.signed.act.kind, ending.subject, serials, ending.reason, now, ending.by, entry_id)


def _allowed(ledger: Ledger, signed: SignedAct, meant: Act) -> str | Refuse:
    """The id of the person who acts, or the refusal, recorded."""
    now = ledger.clock.now()
    if meant.message() != signed.act.message():
        return _refuse(ledger, "unknown", "revocation.not-about-this", None)
    with ledger.read() as session:
        try:
            by = verify_act(session, signed, now)
        except ActInvalid as fault:
            return _refuse(ledger, "unknown", fault.code, None)
        spans = duties(session, [by]).get(by, ())
    reason = str(meant.fields["reason"])
    known = reason_known(reason) if meant.kind.endswith(".revoke") else may_revoke(spans, now)
    outcome = may_revoke(spans, now) and known
    return _refuse(ledger, "unknown", outcome.code, by) if isinstance(outcome, Refuse) else by


def _refuse(ledger: Ledger, subject: str, code: str, by: str | None) -> Refuse:
    actor = Actor.person(by) if by else Actor.system(ledger.process)
    ledger.record(RevocationRefused(subject, code, by), actor)
    return Refuse(code)


def _living(session: Session, condition: object) -> list[Intent]:
    ended = select(Revocation.certificate_id).where(Revocation.certificate_id == Intent.id)
    return list(session.scalars(select(Intent).where(condition, ~ended.exists()).order_by(Intent.id)))  # type: ignore[arg-type]


def _certificate(session: Session, certificate_sha256: str) -> Certificate | None:
    return session.scalar(select(Certificate).where(Certificate.sha256 == certificate_sha256))


def _open_hold(session: Session, certificate_id: str) -> Hold | None:
    released = select(HoldRelease.hold_id).where(HoldRelease.hold_id == Hold.id)
    return session.scalar(select(Hold).where(Hold.certificate_id == certificate_id, ~released.exists()).limit(1))


def _pausing(session: Session, certificate: Certificate | None) -> Certificate | Refuse:
    if certificate is None:
        return Refuse("revocation.certificate-unknown")
    if certificate.profile in NEVER_HELD:
        return Refuse("revocation.never-held")
    if session.get(Revocation, certificate.id) is not None:
        return Refuse("revocation.already-revoked")
    if _open_hold(session, certificate.id) is not None:
        return Refuse("revocation.already-held")
    return certificate


def _paused(ledger: Ledger, event: Event, fact: Fact, certificate: Certificate, signed: SignedAct, by: str) -> Receipt:
    reason = str(signed.act.fields["reason"])
    facts = [fact, _proof(ledger, signed, certificate.id, reason, by)]
    [entry_id] = ledger.entries([Deed(event, Actor.person(by), facts)])
    serials = (certificate.serial_number,)
    return Receipt(signed.act.kind, certificate.id, serials, reason, ledger.clock.now(), by, entry_id)


def _proof(ledger: Ledger, signed: SignedAct, subject: str, reason: str, by: str) -> RevocationProof:
    return RevocationProof(
        id=ledger.new_id(),
        kind=signed.act.kind,
        subject=subject,
        reason=reason,
        officer_id=by,
        **proof_columns(signed),
    )


def _unblocked_keys(session: Session, living: Sequence[Intent]) -> list[str]:
    ids = [intent.id for intent in living]
    keys = set(session.scalars(select(Certificate.key_sha256).where(Certificate.id.in_(ids))))
    return sorted(keys - set(session.scalars(select(KeyBlock.key_sha256).where(KeyBlock.key_sha256.in_(keys)))))
