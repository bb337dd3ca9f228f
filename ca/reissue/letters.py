"""What the holder of an affected certificate is told: that it must be replaced, how, and until when."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from ca.endings.concerned import Concerned
from ca.endings.letters import Occasion, told
from ca.reissue.lanes import Way
from ledger.ledger import Ledger
from ledger.outbox import OutboxMessage

_SUBJECT = ("ຕ້ອງປ່ຽນໃບຢັ້ງຢືນ", "Your certificate must be replaced")
_UNTIL = (
    "ໃບເກົ່າໃຊ້ໄດ້ເຖິງ {when} ເທົ່ານັ້ນ. ບໍ່ມີໃຜຈະຖາມລະຫັດຂອງທ່ານ.",
    "The old one ends on {when}, replaced or not. Nobody will ask you for a password.",
)
_OPEN = (
    "ໃບເກົ່າຍັງໃຊ້ໄດ້ ຈົນກວ່າໃບໃໝ່ຈະໃຊ້ແລ້ວ. ບໍ່ມີໃຜຈະຖາມລະຫັດຂອງທ່ານ.",
    "The old one counts until the new one is in use. Nobody will ask you for a password.",
)
_HOW = {
    Way.KEY: (
        "ກະລຸນາສ້າງກະແຈໃໝ່ ແລະ ສົ່ງຄຳຂໍ ເຊັນດ້ວຍກະແຈເຂົ້າລະບົບຂອງທ່ານ (rekey). ເມື່ອໄດ້ໃບໃໝ່ ໃຫ້ຢືນຢັນ (certificate-confirm).",
        "Please make a new key and send its request under your key for signing in (rekey). Then confirm the new one.",
    ),
    Way.DESK: (
        "ກະລຸນາໄປຫ້ອງລົງທະບຽນໃກ້ບ້ານດ້ວຍຕົນເອງ ພ້ອມບັດປະຈຳຕົວ ແລະ ເຄື່ອງ ຫຼື ບັດທີ່ຈະເກັບກະແຈໃໝ່.",
        "Please come to the nearest desk yourself, with your identity card and the device or card for the new key.",
    ),
    Way.MACHINE: (
        "ເຄື່ອງຂອງທ່ານຂໍໃບໃໝ່ເອງ ຕາມໂປຣໂຕຄອນຂອງມັນ (ACME, EST, CMP, SCEP). ຖ້າຍັງບໍ່ຂໍ ກະລຸນາສັ່ງໃຫ້ມັນຂໍດຽວນີ້.",
        "Your machine asks for it by its protocol (ACME, EST, CMP, SCEP). If it does not yet, please let it ask now.",
    ),
}


def asked(
    ledger: Ledger,
    session: Session,
    way: Way,
    to: Concerned,
    serial_numbers: Sequence[str],
    deadline: datetime | None,
    at: datetime,
) -> list[OutboxMessage]:
    """The letters that ask for new keys in the place of these certificates."""
    until = _OPEN if deadline is None else _UNTIL
    lao, english = (f"{how} {end}" for how, end in zip(_HOW[way], until, strict=True))
    return told(ledger, session, Occasion(_SUBJECT, lao, english), to, serial_numbers, at, when=deadline)
