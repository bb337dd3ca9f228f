"""The letter that tells somebody that a service waits for him; it says nothing of what the service wrote."""

from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy.orm import Session as Reading

from idp.provider import Provider
from idp.tables import Account, Client
from ledger.outbox import OutboxMessage
from ledger.standing import detail_of
from web.mail import letter

_SUBJECT = "ມີບໍລິການລໍຖ້າຄຳຕອບຂອງທ່ານ / A service waits for your answer"
_TEXT = """ບໍລິການ “{lo}” ຂໍໃຫ້ທ່ານຢືນຢັນ. ຖ້າທ່ານເປັນຜູ້ເລີ່ມເອງ ໃຫ້ເປີດໜ້ານີ້ ແລ້ວຕອບພາຍໃນ {minutes} ນາທີ:

    {address}

ຖ້າທ່ານບໍ່ໄດ້ເລີ່ມ ໃຫ້ກົດ “ບໍ່ອະນຸຍາດ” ຢູ່ໜ້ານັ້ນ. ຢ່າບອກລະຫັດຂອງທ່ານໃຫ້ໃຜ.

The service “{en}” asks you to confirm something. If you began it yourself, open this page and answer within
{minutes} minutes:

    {address}

If you did not, refuse there. Never tell anybody your codes or your password.
"""


def letter_to(
    reading: Reading, provider: Provider, account_id: str, client: Client, life: timedelta
) -> list[OutboxMessage]:
    """The letter, if the register has a mail address of the person; once the request's life is over it is not sent."""
    person_id = reading.get_one(Account, account_id).person_id
    detail = detail_of(reading, person_id)
    if detail is None or not detail.mail:
        return []
    ledger, now = provider.ledger, provider.ledger.clock.now()
    minutes, address = max(1, int(life.total_seconds()) // 60), f"{provider.issuer}/approve"
    text = _TEXT.format(lo=client.name_lo, en=client.name_en, minutes=minutes, address=address)
    sender = f"noreply@{urlsplit(provider.issuer).hostname}"
    message = letter(ledger.new_id(), sender, detail.mail, _SUBJECT, text, now, person_id)
    message.not_after = now + life
    return [message]
