"""A service is told in time that its agreement ends: each agreement once for each number of days (DP-04)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp.clients import current
from idp.contacts import addresses
from idp.events import AgreementEndTold
from idp.registration.tables import AgreementNotice, ClientAgreement
from idp.tables import Client, ClientRetirement
from ledger.base import latest, without
from ledger.clock import VIENTIANE
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken
from ledger.outbox import OutboxMessage
from web.mail import letter

AT_ONCE = 100
SUBJECT = "ສັນຍາຂອງບໍລິການໃກ້ໝົດ / A service's agreement ends soon"
TEXT = (
    "ສັນຍາເລກທີ {reference} ຂອງບໍລິການ {lao} ໝົດວັນທີ {day}. ຈາກມື້ນັ້ນ ບໍລິການຈະຖືກປະຕິເສດ. ໃຫ້ຕໍ່ສັນຍາກັບສູນກ່ອນມື້ນັ້ນ.\n\n"
    "Agreement {reference} of the service {english} ends on {day}. From then on the service is refused everywhere. "
    "Renew the agreement with the centre before that day.\n"
)


def tell_of_lapses(ledger: Ledger, sender: str, notice_days: Sequence[int], actor: Actor) -> int:
    """Agreements that end within one of these numbers of days have their notice, and the letters go. Returns how many.

    The smallest number that fits counts alone. Who has no address gets no letter: `client-list` shows what lapses.
    """
    now, told = ledger.clock.now(), 0
    for days, under in zip(sorted(notice_days), [0, *sorted(notice_days)], strict=False):
        with ledger.read() as reading:
            ending = _ending(reading, now, days, under)
            written = [(one, _letters(ledger, reading, one, sender, now)) for one in ending]
        told += sum(_enter(ledger, one, days, letters, actor) for one, letters in written)
    return told


def _ending(reading: Reading, now: datetime, days: int, under: int) -> Sequence[ClientAgreement]:
    """The newest agreements of clients that live, which end in more than `under` and at most `days` days."""
    notice = select(AgreementNotice.id).where(
        AgreementNotice.agreement_id == ClientAgreement.id, AgreementNotice.days == days
    )
    newest = latest(ClientAgreement, ClientAgreement.client_id).where(
        ClientAgreement.valid_until > now + timedelta(days=under),
        ClientAgreement.valid_until <= now + timedelta(days=days),
        ~notice.exists(),
    )
    return reading.scalars(without(newest, ClientAgreement.client_id, ClientRetirement).limit(AT_ONCE)).all()


def _letters(
    ledger: Ledger, reading: Reading, agreement: ClientAgreement, sender: str, now: datetime
) -> list[OutboxMessage]:
    """To the service's contacts and to its organisation."""
    client = current(reading, agreement.client_id) or reading.get_one(Client, agreement.client_id)
    text = TEXT.format(
        reference=agreement.reference,
        lao=client.name_lo,
        english=client.name_en,
        day=f"{agreement.valid_until.astimezone(VIENTIANE):%d/%m/%Y}",
    )
    to = addresses(reading, [client])
    return [letter(ledger.new_id(), sender, address, SUBJECT, text, now) for address in to]


def _enter(
    ledger: Ledger, agreement: ClientAgreement, days: int, letters: Sequence[OutboxMessage], actor: Actor
) -> bool:
    notice = AgreementNotice(id=ledger.new_id(), agreement_id=agreement.id, days=days)
    try:
        ledger.entries([Deed(AgreementEndTold(agreement.client_id, days), actor, [notice, *letters])])
    except Taken:
        return False
    return True
