"""What the signing room does about pauses: it ends those that an officer provably released, revokes those run out.

A pause is lifted by nobody but this room, and only after the officer's act, his certificate and his duty were looked
at again, as they stand now.
"""

from datetime import datetime
from functools import partial

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from ca.closing.finality import changeable
from ca.endings import letters
from ca.endings.asking import act_for, waiting
from ca.endings.channels import Wish
from ca.endings.concerned import Concerned, concerned_by
from ca.endings.each import each
from ca.endings.grounds import HOLD_EXPIRED
from ca.endings.pausing import has_run_out, open_holds
from ca.endings.replacement import supersede
from ca.events.endings import CertificateReleased, HoldExpired, ReleaseDishonoured
from ca.governance.provenance import Issuers, Provenance
from ca.policy import may_revoke
from ca.registration.desks import at_open_desks
from ca.tables.endings import EndingRequestEnd, ReleaseOrder, ReleaseOrderEnd, RevocationProof
from ledger.acts import ActInvalid, ActVerifier, SignedAct
from ledger.base import Moment, without
from ledger.certificates import Certificate, Hold, HoldRelease, Revocation
from ledger.event import Actor
from ledger.facts import Facts
from ledger.ledger import Deed, Ledger, Taken


def settle(ledger: Ledger, actor: Actor, issuers: Issuers = None) -> int:
    """Holds past their end and what was replaced are revoked, release orders honoured or not. Returns how many.

    `issuers` as for ActVerifier.
    """
    steps = {
        "run-out pauses": partial(_expire_all, ledger, actor),  # before releases: these come too late for them
        "releases": partial(_release_ordered, ledger, actor, issuers),
        "replacements": partial(supersede, ledger, actor),
    }
    return each(steps)


def _release_ordered(ledger: Ledger, actor: Actor, issuers: Issuers) -> int:
    with ledger.read() as session:
        orders = session.scalars(open_orders()).all()
    return each({f"release order {one.id}": partial(_order, ledger, one, actor, issuers) for one in orders})


def _expire_all(ledger: Ledger, actor: Actor) -> int:
    with ledger.read() as session:
        run_out = _run_out(session, ledger.clock.now())
    return each({f"pause {one.id}": partial(_expire, ledger, one, ended, actor) for one, ended in run_out})


def next_end(ledger: Ledger, since: datetime) -> datetime | None:
    """When the next hold runs out of those that had not at `since`; None if no hold has an end ahead.

    Of a new hold, or a new order, the ledger itself tells; of time nobody does.
    """
    with ledger.read(glance=True) as session:
        found: datetime | None = _NEXT_END.value(session, {"since": since})
        return found


def open_orders() -> Select[ReleaseOrder]:
    """Selects the release orders that were neither honoured nor not, the oldest first."""
    return without(select(ReleaseOrder), ReleaseOrder.id, ReleaseOrderEnd).order_by(ReleaseOrder.id)


def _run_out(session: Session, now: datetime) -> list[tuple[Hold, Certificate]]:
    """Holds past their end. A certificate that was held when its issuer ended stays so: that was told for ever."""
    found = [(hold, certificate) for hold, certificate in session.execute(run_out_by(now))]
    may_change = {one.id for one in changeable(session, [certificate for _, certificate in found], now)}
    return [(hold, certificate) for hold, certificate in found if certificate.id in may_change]


def run_out_by(now: Moment) -> Select[Hold, Certificate]:
    """Selects the open holds whose end has come, with their certificates, the oldest first."""
    held = _held().where(Hold.until <= now).order_by(Hold.id)
    return held.with_only_columns(Hold, Certificate)


def _held() -> Select[Hold]:
    held = select(Hold).join(Certificate, Certificate.id == Hold.certificate_id)
    return without(without(held, Hold.id, HoldRelease), Certificate.id, Revocation)


_NEXT_END = Facts(_held().where(Hold.until > bindparam("since")).with_only_columns(func.min(Hold.until)))


def _order(ledger: Ledger, order: ReleaseOrder, actor: Actor, issuers: Issuers) -> bool:
    now = ledger.clock.now()
    with ledger.read() as session:
        hold = session.get_one(Hold, order.hold_id)
        certificate = session.get_one(Certificate, hold.certificate_id)
        act = session.get_one(RevocationProof, order.proof_id)
        about = concerned_by(session, certificate, now)
        fault = _fault(session, act, hold, certificate, now)
        fault = fault or _unproven(session, act, certificate, about, now, issuers)
        pauses = [one for one in open_holds(session, certificate.id) if one.at <= act.act_at]
        told = letters.told(ledger, session, letters.RELEASED, about, [certificate.serial_number], now)
    if fault is not None:
        return _once(ledger, Deed(ReleaseDishonoured(order.id, fault), actor, [_ended(order, fault)]))
    releases = [HoldRelease(hold_id=one.id, at=now) for one in pauses]
    facts = [*releases, _ended(order, "released"), *told]
    return _once(ledger, Deed(CertificateReleased(certificate.id, act.officer_id), actor, facts))


def _fault(session: Session, act: RevocationProof, hold: Hold, certificate: Certificate, now: datetime) -> str | None:
    """Why the order counts for nothing, whoever signed it; None if it is about this very pause, still open."""
    moot = (
        (session.get(Revocation, certificate.id) is not None, "revocation.already-revoked"),
        (session.get(HoldRelease, hold.id) is not None, "revocation.not-held"),
        (has_run_out(session, certificate.id, now), "revocation.hold-over"),
        ((act.kind, act.subject) != ("certificate.release", certificate.id), "revocation.not-about-this"),
        (act.act_at < hold.at, "act.stale"),  # what was signed about an earlier pause of this certificate
        (not changeable(session, [certificate], now), "revocation.final"),
    )
    for holds, code in moot:
        if holds:
            return code
    return None


def _unproven(
    session: Session, act: RevocationProof, certificate: Certificate, about: Concerned, now: datetime, issuers: Issuers
) -> str | None:
    """Why no officer on duty provably wants this; None if one does."""
    meant = act_for(act.kind, certificate.sha256, act.reason, act.act_at)
    signed = SignedAct(meant, act.act_certificate, act.act_signature)
    try:
        signer = ActVerifier(session, [act.act_certificate], issuers).verify(signed, judged=now)
    except ActInvalid as fault:
        return fault.code
    if signer != act.officer_id or signer == about.person_id:
        return "act.other-person"
    provenance = Provenance(session, issuers)
    spans = at_open_desks(session, provenance.duties([signer]).get(signer, ()), now, provenance.believes)
    allowed = all(may_revoke(spans, at) for at in (act.act_at, now))
    return None if allowed else "revocation.no-duty"


def _ended(order: ReleaseOrder, code: str) -> ReleaseOrderEnd:
    return ReleaseOrderEnd(order_id=order.id, code=code)


def _expire(ledger: Ledger, hold: Hold, certificate: Certificate, actor: Actor) -> bool:
    now = ledger.clock.now()
    with ledger.read() as session:
        answered = waiting(session, {certificate.id}, set(Wish))
        told = letters.told(
            ledger, session, letters.REVOKED, concerned_by(session, certificate, now), [certificate.serial_number], now,
            ground=HOLD_EXPIRED,
        )  # fmt: skip
    ends = [EndingRequestEnd(request_id=key, code=HOLD_EXPIRED.code, decided_by=None, at=now) for key in answered]
    revocation = Revocation(certificate_id=certificate.id, at=hold.until or now, reason=HOLD_EXPIRED.reason)
    return _once(ledger, Deed(HoldExpired(certificate.id), actor, [revocation, *ends, *told]))


def _once(ledger: Ledger, deed: Deed) -> bool:
    """The deed is done; False if somebody was first, which is as good."""
    try:
        ledger.entries([deed])
    except Taken:
        return False
    return True
