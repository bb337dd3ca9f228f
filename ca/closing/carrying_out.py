"""What follows an issuer's end: its certificates are revoked, and their holders are told, some in each entry.

Killed between two entries it goes on with what still lives, so nothing is done twice and nobody is left out.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.closing.ending import Way, ended_ways, own_certificate
from ca.closing.last_crl import OUTLIVING
from ca.configuration import current
from ca.events.hierarchy import IssuersCertificatesRevoked
from ledger.base import Fact, latest
from ledger.certificates import Certificate, Intent, Issuer, Revocation
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken
from ledger.people import PersonDetail
from web.mail import letter

AT_ONCE = 45
"""Revocations in one entry, each with at most one letter: 90 facts."""
_SUBJECT = "ໃບຢັ້ງຢືນຂອງທ່ານຖືກຍົກເລີກ / Your certificate was revoked"
_LETTER = {
    Way.TERMINATE: (
        "ຜູ້ອອກໃບຢັ້ງຢືນ {issuer} ປິດການເຮັດວຽກແລ້ວ. ໃບຢັ້ງຢືນຂອງທ່ານຖືກຍົກເລີກ. "
        "ກະລຸນາໄປຫ້ອງລົງທະບຽນ ເພື່ອຂໍໃບໃໝ່.\n"
        "ສິ່ງທີ່ທ່ານເຊັນກ່ອນເວລານີ້ຍັງມີຜົນ.\n\n"
        "The issuer {issuer} has ended its work, and your certificates are revoked. Please ask your registration "
        "office for new ones.\nWhat you signed before this time stays as it is.\n"
    ),
    Way.COMPROMISE: (
        "ກະແຈຂອງຜູ້ອອກໃບຢັ້ງຢືນ {issuer} ຮົ່ວໄຫຼ. ໃບຢັ້ງຢືນຂອງທ່ານຖືກຍົກເລີກ. "
        "ຢ່າໃຊ້ມັນອີກ ແລະ ໄປຫ້ອງລົງທະບຽນ ເພື່ອຂໍໃບໃໝ່.\n\n"
        "The key of the issuer {issuer} is in other hands, and your certificates are revoked. Do not use them any "
        "more, and ask your registration office for new ones.\n"
    ),
}  # fmt: skip


def carry_out(ledger: Ledger, issuer_id: str, told: Callable[[int], None] = lambda _: None) -> int:
    """Everything under this ended issuer is revoked, and, with a lost key, its own certificate by who stands above it.

    Returns how many were revoked now; `told` hears of each batch. Does nothing for an issuer that has not ended.
    """
    with ledger.read() as session:
        ending = ended_ways(session, issuer_id)
    if ending is None:
        return 0
    way, issuers = ending
    count = _its_own(ledger, way, issuers[0])
    for issuer in issuers:
        while batch := _next(ledger, issuer):
            done = _revoked(ledger, way, issuer, batch)
            count += done
            told(done)
    return count


def _its_own(ledger: Ledger, way: Way, issuer: Issuer) -> int:
    with ledger.read() as session:
        certificate = own_certificate(session, issuer)
        known = certificate is not None and session.get(Revocation, certificate.id) is not None
    if way is not Way.COMPROMISE or certificate is None or known or certificate.profile in OUTLIVING:
        return 0
    fact = Revocation(certificate_id=certificate.id, at=ledger.clock.now(), reason=way.reason)
    return _written(ledger, issuer, way, [fact], 1)


def _next(ledger: Ledger, issuer: Issuer) -> Sequence[Intent]:
    """What still lives, some of it; all of one person's together as far as they fit."""
    now = ledger.clock.now()
    ended = select(Revocation.certificate_id).where(Revocation.certificate_id == Intent.id)
    over = select(Certificate.id).where(Certificate.id == Intent.id, Certificate.not_after < now)
    living = select(Intent).where(
        Intent.issuer_id == issuer.id, Intent.profile.not_in(OUTLIVING), ~ended.exists(), ~over.exists()
    )
    with ledger.read() as session:
        found = session.scalars(living.order_by(Intent.person_id, Intent.id).limit(AT_ONCE + 1)).all()
    if len(found) <= AT_ONCE:
        return found
    whole = [one for one in found if one.person_id != found[-1].person_id]
    return whole or found[:AT_ONCE]


def _revoked(ledger: Ledger, way: Way, issuer: Issuer, batch: Sequence[Intent]) -> int:
    now = ledger.clock.now()
    with ledger.read() as session:
        letters = _letters(ledger, session, way, issuer, batch, now)
    facts: list[Fact] = [Revocation(certificate_id=one.id, at=now, reason=way.reason) for one in batch]
    return _written(ledger, issuer, way, [*facts, *letters], len(batch))


def _written(ledger: Ledger, issuer: Issuer, way: Way, facts: Sequence[Fact], count: int) -> int:
    event = IssuersCertificatesRevoked(issuer.id, way.reason, count)
    try:
        ledger.entries([Deed(event, Actor.system(ledger.process), facts)])
    except Taken:
        return 0  # One of them was ended by another since we looked: the next look leaves it out.
    return count


def _letters(
    ledger: Ledger, session: Session, way: Way, issuer: Issuer, batch: Sequence[Intent], now: datetime
) -> list[Fact]:
    """One letter to each holder with a mail address, naming his serial numbers."""
    serials: dict[str, list[str]] = {}
    for one in batch:
        if one.person_id is not None:
            serials.setdefault(one.person_id, []).append(one.serial_number)
    newest = latest(PersonDetail, PersonDetail.person_id).where(PersonDetail.person_id.in_(serials))
    sender = current(session).mail_sender
    return [
        letter(
            ledger.new_id(), sender, detail.mail, _SUBJECT, _text(way, issuer, serials[detail.person_id]), now,
            detail.person_id,
        )
        for detail in session.scalars(newest)
        if detail.mail
    ]  # fmt: skip


def _text(way: Way, issuer: Issuer, serials: Sequence[str]) -> str:
    return f"{_LETTER[way].format(issuer=issuer.key_name)}\nເລກທີ / serial: {', '.join(serials)}\n"
