"""Who is told that a certificate ended, paused, counts again or ends soon, and how (RV-06): in Lao, then in English.

A letter is an outbox message in the entry of the act itself, so that no act goes untold; the worker sends it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.endings.concerned import Concerned, concerned_by
from ca.endings.grounds import Ground
from ca.events.endings import FurtherLetters
from ca.governance.provenance import verified
from ca.tables.endings import EndingRequest
from ledger.base import latest
from ledger.certificates import Certificate, Intent
from ledger.clock import VIENTIANE
from ledger.ledger import MOST_FACTS, Deed, Ledger
from ledger.outbox import OutboxMessage
from ledger.people import Duty, DutyKind, OrganisationDetail, PersonDetail
from ledger.standing import detail_of, duties
from web.mail import letter


@dataclass(frozen=True)
class Occasion:
    """What happened, as subject and sentence in both languages; `{when}` and `{hours}` are filled in."""

    subject: tuple[str, str]
    lao: str
    english: str


REVOKED = Occasion(
    ("ໃບຢັ້ງຢືນຖືກຍົກເລີກ", "Certificate revoked"),
    "ໃບຢັ້ງຢືນຂ້າງລຸ່ມນີ້ຖືກຍົກເລີກແລ້ວ ແລະ ໃຊ້ບໍ່ໄດ້ອີກ. ຖ້າຍັງຕ້ອງການ ໃຫ້ໄປລົງທະບຽນໃໝ່. ຖ້າທ່ານບໍ່ຮູ້ເລື່ອງນີ້ ໃຫ້ແຈ້ງສູນໃກ້ບ້ານທັນທີ.",
    "The certificates below are revoked and will never count again. If you still need one, enrol again. If you did not "
    "expect this, tell the nearest service centre at once.",
)
HELD = Occasion(
    ("ໃບຢັ້ງຢືນຖືກໂຈະ", "Certificate suspended"),
    "ໃບຢັ້ງຢືນຂ້າງລຸ່ມນີ້ຖືກໂຈະໄວ້ເຖິງ {when}. ຖ້າທຸກຢ່າງປົກກະຕິ ໃຫ້ຂໍເຈົ້າໜ້າທີ່ລົງທະບຽນປົດກ່ອນມື້ນັ້ນ; ຖ້າບໍ່ປົດ ໃບຢັ້ງຢືນຈະຖືກຍົກເລີກ.",
    "The certificate below is suspended until {when}. If all is well, have a registration officer release it before "
    "then; if nobody does, it is revoked.",
)
RELEASED = Occasion(
    ("ໃບຢັ້ງຢືນໃຊ້ໄດ້ຄືນ", "Certificate released"),
    "ໃບຢັ້ງຢືນຂ້າງລຸ່ມນີ້ໃຊ້ໄດ້ຄືນແລ້ວ. ຖ້າທ່ານບໍ່ຮູ້ເລື່ອງນີ້ ໃຫ້ແຈ້ງສູນໃກ້ບ້ານທັນທີ.",
    "The certificate below counts again. If you did not expect this, tell the nearest service centre at once.",
)
ENDS_SOON = Occasion(
    ("ໃບຢັ້ງຢືນໃກ້ໝົດອາຍຸ", "Certificate ends soon"),
    "ໃບຢັ້ງຢືນຂ້າງລຸ່ມນີ້ໝົດອາຍຸວັນທີ {when}. ໃຫ້ຕໍ່ອາຍຸກ່ອນມື້ນັ້ນ ທີ່ສູນໃກ້ບ້ານ ຫຼື ດ້ວຍກະແຈຂອງທ່ານເອງ.",
    "The certificate below ends on {when}. Have it replaced before then, at the nearest service centre or with your "
    "own key.",
)
OVERDUE = Occasion(
    ("ຄຳຂໍຍົກເລີກຍັງບໍ່ມີຄົນຕັດສິນ", "A request to revoke waits"),
    "ຄຳຂໍຍົກເລີກ ຫຼື ໂຈະ ຂ້າງລຸ່ມນີ້ ຍັງບໍ່ມີຄົນຕັດສິນ ຕັ້ງແຕ່ {when}. ຕ້ອງຕັດສິນພາຍໃນ {hours} ຊົ່ວໂມງ: ໃຊ້ຄຳສັ່ງ ending-list.",
    "What is asked below, to revoke or suspend, has been undecided since {when}. It must be decided within {hours} "
    "hours: see the verb ending-list.",
)
_MOST_LISTED = 20
"""Requests that a letter names; the verb names all."""


def told(
    ledger: Ledger,
    session: Session,
    occasion: Occasion,
    to: Concerned,
    serial_numbers: Sequence[str],
    at: datetime,
    *,
    when: datetime | None = None,
    ground: Ground | None = None,
) -> list[OutboxMessage]:
    """The letters to the holder, or who answers for the certificates, and to the bodies behind them.

    None for our own services' certificates.

    Who has no mail address gets none: the register's list of persons without one is who must be called.
    """
    if not serial_numbers:
        return []
    rows = [("ເລກທີ / Serial", ", ".join(serial_numbers)), ("ເວລາ / Time", _said(at))]
    if ground is not None:
        rows.append(("ເຫດຜົນ / Reason", f"{ground.lao} / {ground.english} ({ground.reason})"))
    text = _text(occasion, rows, when)
    sender = verified(session).mail_sender
    subject = " / ".join(occasion.subject)
    holder = _holder(session, to.person_id) if to.person_id else []
    addresses = dict.fromkeys((*holder, *_agencies(session, to.bodies)))
    return [letter(ledger.new_id(), sender, address, subject, text, at, to.person_id) for address in addresses]


def of_each(
    ledger: Ledger,
    session: Session,
    occasion: Occasion,
    ended: Iterable[Certificate | Intent],
    at: datetime,
    *,
    ground: Ground | None = None,
) -> list[OutboxMessage]:
    """The letters about certificates that may concern different people: one letter to each for all of the same."""
    concerned: dict[Concerned, list[str]] = {}
    for one in ended:
        concerned.setdefault(concerned_by(session, one, at), []).append(one.serial_number)
    return [
        message
        for about, serials in concerned.items()
        for message in told(ledger, session, occasion, about, serials, at, ground=ground)
    ]


def in_full(deed: Deed, letters: Sequence[OutboxMessage]) -> list[Deed]:
    """The deed with all its letters: what its entry cannot hold is in further ones, to be written with it."""
    room = MOST_FACTS - len(deed.facts)
    rest = [letters[start : start + MOST_FACTS] for start in range(room, len(letters), MOST_FACTS)]
    further = [Deed(FurtherLetters(len(some)), deed.actor, some) for some in rest]
    return [replace(deed, facts=[*deed.facts, *letters[:room]]), *further]


def alarm(
    ledger: Ledger, session: Session, waiting: Sequence[EndingRequest], now: datetime, kinds: Iterable[DutyKind]
) -> list[OutboxMessage]:
    """One letter to each who is on duty as one of `kinds`: these requests, the oldest first, wait too long."""
    rows = [("ຄຳຂໍ / Request", request.id) for request in waiting[:_MOST_LISTED]]
    hours = verified(session).revocation_limit_hours
    text = _text(OVERDUE, [("ຈຳນວນ / Number", str(len(waiting))), *rows], waiting[0].at, hours=hours)
    words = {kind.value for kind in kinds}
    on_duty = session.scalars(select(Duty.person_id).where(Duty.kind.in_(words)).distinct().order_by(Duty.person_id))
    people = [one for one in on_duty if words & {duty.kind for duty in duties(session, one, now)}]
    addresses = dict.fromkeys((address, one) for one in people for address in _holder(session, one))
    sender, subject = verified(session).mail_sender, " / ".join(OVERDUE.subject)
    return [letter(ledger.new_id(), sender, address, subject, text, now, one) for address, one in addresses]


def _text(occasion: Occasion, rows: Sequence[tuple[str, str]], when: datetime | None, **numbers: int) -> str:
    filled = {"when": _said(when) if when else "", **numbers}
    lines = [occasion.lao.format(**filled), "", occasion.english.format(**filled), ""]
    return "\n".join([*lines, *(f"{label}: {value}" for label, value in rows), ""])


def _said(at: datetime) -> str:
    return f"{at.astimezone(VIENTIANE):%d/%m/%Y %H:%M} (+07:00)"


def _holder(session: Session, person_id: str) -> list[str]:
    detail: PersonDetail | None = detail_of(session, person_id)
    return [detail.mail] if detail is not None and detail.mail else []


def _agencies(session: Session, bodies: frozenset[str]) -> list[str]:
    newest = latest(OrganisationDetail, OrganisationDetail.organisation_id)
    chosen = newest.where(OrganisationDetail.organisation_id.in_(bodies))
    details = session.scalars(chosen.order_by(OrganisationDetail.id))
    return [detail.contact for detail in details if detail.contact]
