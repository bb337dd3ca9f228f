"""Pauses: a certificate is held until a set time, then released or, when nobody did, revoked (RV-05).

The process that takes a release in cannot end a pause: it writes a ReleaseOrder with the officer's act, and the
signing room, which listens to nothing, verifies that and writes the HoldRelease (docs/decisions/0016).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
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
from ca.endings.channels import Channel, Power, Wish
from ca.endings.concerned import concerned_by
from ca.endings.sign_in import SignedIn
from ca.events.endings import CertificateHeld, ReleaseOrdered
from ca.governance.provenance import verified
from ca.profiles import NEVER_HELD, PERSONS_PROFILES
from ca.tables.endings import ReleaseOrder, ReleaseOrderEnd, SignInProof
from ledger.acts import Act, ActInvalid, SignedAct
from ledger.base import without
from ledger.certificates import Certificate, Hold, HoldRelease, Revocation
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken

_TAKEN = {Hold.__tablename__: "revocation.already-held", SignInProof.__tablename__: "sign-on.used"}
"""What it means that somebody was first."""


def hold(
    ledger: Ledger, certificate_sha256: str, shown: SignedAct | SignedIn, until: datetime | None = None
) -> Receipt | Refuse:
    """The certificate is paused: `certificateHold` on OCSP and CRL until it is released or, at `until`, revoked.

    Without `until` the pause is as long as the configuration allows.
    """
    now = ledger.clock.now()
    meant = act_for("certificate.hold", certificate_sha256, "certificateHold", shown.act.at, until)
    with ledger.read() as session:
        certificate = certificate_of(session, certificate_sha256)
        asking = _asked(session, shown, meant, Wish.SUSPEND, certificate, now)
        state = _pausing(session, certificate, now)
        number = _pauses(session, certificate) + 1
        longest = now + timedelta(days=verified(session).hold_days)
        ends = until or longest
        answered = waiting(session, {state.id}, {Wish.SUSPEND}) if isinstance(state, Certificate) else []
        told = []
        if isinstance(state, Certificate):
            serials = [state.serial_number]
            about = concerned_by(session, state, now)
            told = letters.told(ledger, session, letters.HELD, about, serials, now, when=ends)
    if isinstance(asking, tuple):
        return refuse(ledger, "unknown", *asking)
    if isinstance(state, Certificate) and not now < ends <= longest:
        state = Refuse("revocation.hold-too-long")
    if asking.channel is Channel.HELP_DESK and isinstance(state, Certificate) and state.profile not in PERSONS_PROFILES:
        state = Refuse("revocation.not-by-phone")
    if isinstance(state, Refuse):
        return refuse(ledger, certificate.id if certificate else "unknown", state.code, asking.by)
    if asking.power is Power.DECISION:
        return taken_up(ledger, asking, state.id)
    # Two pauses at once would get the same number, and the key lets one of them be.
    fact = Hold(id=f"{state.id}-{number}", certificate_id=state.id, at=now, until=ends)
    facts = [fact, proof(ledger, asking, state.id), *granted(ledger, asking, state.id, answered), *told]
    try:
        [entry_id] = ledger.entries([Deed(CertificateHeld(state.id, asking.by), Actor.person(asking.by), facts)])
    except Taken as clash:
        if clash.table not in _TAKEN:
            raise
        return refuse(ledger, state.id, _TAKEN[clash.table], asking.by)
    return _receipt(asking, state, now, entry_id)


def release(ledger: Ledger, certificate_sha256: str, signed: SignedAct) -> Receipt | Refuse:
    """It is ordered that the certificate's hold end; the signing room ends it once it has verified the act."""
    now = ledger.clock.now()
    meant = act_for("certificate.release", certificate_sha256, "released", signed.act.at)
    with ledger.read() as session:
        certificate = certificate_of(session, certificate_sha256)
        asking = _asked(session, signed, meant, Wish.RELEASE, certificate, now)
        held = open_hold(session, certificate.id) if certificate else None
        state = _releasing(session, certificate, held, now)
        answered = waiting(session, {state.id}, {Wish.RELEASE}) if isinstance(state, Certificate) else []
    if isinstance(asking, tuple):
        return refuse(ledger, "unknown", *asking)
    if isinstance(state, Refuse) or held is None:
        code = state.code if isinstance(state, Refuse) else "revocation.not-held"
        return refuse(ledger, certificate.id if certificate else "unknown", code, asking.by)
    if asking.power is Power.DECISION:
        return taken_up(ledger, asking, state.id)
    act = proof(ledger, asking, state.id)
    order = ReleaseOrder(id=ledger.new_id(), hold_id=held.id, proof_id=act.id)
    facts = [act, order, *granted(ledger, asking, state.id, answered)]
    event = ReleaseOrdered(state.id, order.id, asking.by)
    [entry_id] = ledger.entries([Deed(event, Actor.person(asking.by), facts)])
    return _receipt(asking, state, now, entry_id)


def open_hold(session: Session, certificate_id: str) -> Hold | None:
    """The certificate's pause that is not over."""
    return next(iter(open_holds(session, certificate_id)), None)


def open_holds(session: Session, certificate_id: str) -> Sequence[Hold]:
    """All of them: before pauses were numbered two could begin at once."""
    held = select(Hold).where(Hold.certificate_id == certificate_id)
    return session.scalars(without(held, Hold.id, HoldRelease).order_by(Hold.id)).all()


def has_run_out(session: Session, certificate_id: str, now: datetime) -> bool:
    """Whether a pause of it is past its end: then nothing releases it any more, and the room revokes it (RV-05)."""
    return any(one.until is not None and one.until <= now for one in open_holds(session, certificate_id))


def _pauses(session: Session, certificate: Certificate | None) -> int:
    """How many pauses the certificate has had, with one that runs."""
    if certificate is None:
        return 0
    had = select(func.count()).select_from(Hold).where(Hold.certificate_id == certificate.id)
    return session.scalar(had) or 0


def _asked(
    session: Session,
    shown: SignedAct | SignedIn,
    meant: Act,
    wish: Wish,
    certificate: Certificate | None,
    now: datetime,
) -> Asked | tuple[str, str | None]:
    """The wish, or the code of its refusal and who asked."""
    try:
        return asked(session, shown, meant, wish, concerned_by(session, certificate, now), now)
    except ActInvalid as fault:
        return fault.code, None
    except NotEntitled as nobody:
        return "revocation.no-duty", nobody.by


def _pausing(session: Session, certificate: Certificate | None, now: datetime) -> Certificate | Refuse:
    if certificate is None:
        return Refuse("revocation.certificate-unknown")
    if certificate.profile in NEVER_HELD:
        return Refuse("revocation.never-held")
    if session.get(Revocation, certificate.id) is not None:
        return Refuse("revocation.already-revoked")
    if open_hold(session, certificate.id) is not None:
        return Refuse("revocation.already-held")
    return certificate if changeable(session, [certificate], now) else Refuse("revocation.final")


def _releasing(
    session: Session, certificate: Certificate | None, held: Hold | None, now: datetime
) -> Certificate | Refuse:
    if certificate is not None and session.get(Revocation, certificate.id) is not None:
        return Refuse("revocation.already-revoked")
    if certificate is None or held is None:
        return Refuse("revocation.not-held")
    if has_run_out(session, certificate.id, now):
        return Refuse("revocation.hold-over")
    ordered = select(ReleaseOrder.id).where(ReleaseOrder.hold_id == held.id)
    if session.scalar(without(ordered, ReleaseOrder.id, ReleaseOrderEnd).limit(1)) is not None:
        return Refuse("revocation.release-ordered")
    return certificate if changeable(session, [certificate], now) else Refuse("revocation.final")


def _receipt(asking: Asked, certificate: Certificate, at: datetime, entry_id: str) -> Receipt:
    serials = (certificate.serial_number,)
    return Receipt(asking.shown.act.kind, certificate.id, serials, asking.ground, at, asking.by, entry_id)
