"""Holders are told in time that a certificate ends (RV-06): each certificate once for each number of days."""

from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select

from ca.endings import letters
from ca.endings.concerned import concerned_by
from ca.events.endings import ExpiryTold
from ca.governance.provenance import verified
from ca.tables.endings import ExpiryNotice
from ledger.base import without
from ledger.certificates import Certificate, Intent, Revocation
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken

AT_ONCE = 100
"""Certificates of which one look tells; the next look goes on."""


def tell_of_ends(ledger: Ledger, actor: Actor) -> int:
    """Each certificate that ends within one of the configured numbers of days has its notice. Returns how many.

    The smallest number that fits counts alone, so that a worker that was away does not send three letters at once.
    One that lives less than twice as long as the notice is left out: it is renewed without anybody.
    """
    now = ledger.clock.now()
    with ledger.read() as session:
        numbers = sorted(verified(session).expiry_notice_days)
        spans = list(zip(numbers, [0, *numbers], strict=False))
        found = [(days, one) for days, under in spans for one in session.scalars(_ending(now, days, under))]
    return sum(_tell(ledger, certificate, days, actor) for days, certificate in found[:AT_ONCE])


def _ending(now: datetime, days: int, under: int) -> Select[Certificate]:
    """Those that end in more than `under` and at most `days` days, and have no notice of that number.

    Of persons and organisations: our own services' certificates are asked for by nobody.
    """
    from_, until = now + timedelta(days=under), now + timedelta(days=days)
    told = select(ExpiryNotice.id).where(ExpiryNotice.certificate_id == Certificate.id, ExpiryNotice.days == days)
    ending = select(Certificate).join(Intent, Intent.id == Certificate.id).where(
        Certificate.not_after > from_,
        Certificate.not_after <= until,
        Certificate.not_before <= until - timedelta(days=2 * days),
        or_(Certificate.person_id.is_not(None), Intent.enrolment_id.is_not(None)),
        ~told.exists(),
    )
    return without(ending, Certificate.id, Revocation).order_by(Certificate.not_after).limit(AT_ONCE)


def _tell(ledger: Ledger, certificate: Certificate, days: int, actor: Actor) -> bool:
    now, serials = ledger.clock.now(), [certificate.serial_number]
    with ledger.read() as session:
        about = concerned_by(session, certificate, now)
        told = letters.told(ledger, session, letters.ENDS_SOON, about, serials, now, when=certificate.not_after)
    notice = ExpiryNotice(id=ledger.new_id(), certificate_id=certificate.id, days=days)
    try:
        ledger.entries([Deed(ExpiryTold(certificate.id, days), actor, [notice, *told])])
    except Taken:
        return False
    return True
