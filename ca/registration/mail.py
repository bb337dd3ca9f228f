"""Verified mail addresses (GV-02): a code is mailed to the address, and brought back in time it proves it, once.

The code leaves in a letter alone; the ledger has a keyed hash of it. Codes are few a person and an hour, and wrong
tries few a code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ca.configuration import current
from ca.events.registration import MailCodeSent, MailProved, MailRefused
from ca.registration.applicants import by_number
from ca.registration.case import may_have_address
from ca.registration.surroundings import bodies
from ca.tables.registration import MailAttempt, MailChallenge, MailProof
from ledger.clock import VIENTIANE
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken
from ledger.sealed_fields import SealedFields
from ledger.spelling import digits
from web.mail import letter

CODE_DIGITS = 8
CODES_AN_HOUR = 5
"""To one person, and to one address."""
TRIES = 5
"""Wrong codes that a challenge stands."""
_HOUR = timedelta(hours=1)
_SUBJECT = "ລະຫັດຢືນຢັນອີເມວ / Code for your mail address"
_TEXT = """ລະຫັດຂອງທ່ານ: {code}

ບອກລະຫັດນີ້ໃຫ້ເຈົ້າໜ້າທີ່ລົງທະບຽນກ່ອນ {until}. ຖ້າທ່ານບໍ່ໄດ້ຂໍ ບໍ່ຕ້ອງເຮັດຫຍັງ.

Your code: {code}

Give it to the registration officer before {until}. If you did not ask for it, do nothing.
"""


@dataclass(frozen=True)
class Asked:
    """Who says that which address is his."""

    number: str
    address: str


def ask(ledger: Ledger, fields: SealedFields, asked: Asked, actor: Actor) -> MailChallenge | Refuse:
    """A code is on its way to the address; or why it is not. One entry; the letter is in the outbox with it."""
    now = ledger.clock.now()
    with ledger.read() as session:
        person = by_number(session, [asked.number], now).get(asked.number)
        chosen = current(session)
        if person is None:
            refusal: Refuse | None = Refuse("mail.person-unknown")
        else:
            refusal = _refusal(session, person.person_id, person.posts, asked.address, now)
    if person is None or refusal is not None:
        refusal = Refuse("mail.person-unknown") if refusal is None else refusal
        ledger.record(MailRefused(refusal.code, person.person_id if person else None), actor)
        return refusal
    key, until = ledger.new_id(), now + timedelta(minutes=chosen.mail_code_minutes)
    code = f"{int.from_bytes(ledger.randomness(16)) % 10**CODE_DIGITS:0{CODE_DIGITS}}"
    clock = until.astimezone(VIENTIANE).strftime("%H:%M")
    with ledger.entry(MailCodeSent(key, person.person_id), actor) as tx:
        challenge = MailChallenge(
            id=key, person_id=person.person_id, address=asked.address, code_index=_index(fields, key, code), at=tx.at,
            not_after=until,
        )  # fmt: skip
        text = _TEXT.format(code=code, until=clock)
        message = letter(tx.new_id(), chosen.mail_sender, asked.address, _SUBJECT, text, tx.at, person.person_id)
        message.not_after = until
        tx.add(challenge, message)
    return challenge


def prove(ledger: Ledger, fields: SealedFields, challenge_id: str, code: str, actor: Actor) -> MailProof | Refuse:
    """The address of the challenge is proved by its code, in Lao or other digits; or why not. One entry."""
    now = ledger.clock.now()
    with ledger.read() as session:
        challenge = session.get(MailChallenge, challenge_id)
        used = session.get(MailProof, challenge_id) is not None
        tried = session.scalar(select(func.count()).where(MailAttempt.challenge_id == challenge_id)) or 0
    if challenge is None:
        ledger.record(MailRefused("mail.challenge-unknown"), actor)
        return Refuse("mail.challenge-unknown")
    right = compare_digest(_index(fields, challenge_id, digits(code.strip())), challenge.code_index)
    rules = (
        (used, "mail.code-used"),
        (tried >= TRIES, "mail.code-spent"),
        (now >= challenge.not_after, "mail.code-late"),
        (not right, "mail.code-wrong"),
    )
    refusal = next((Refuse(code) for wrong, code in rules if wrong), None)
    if refusal is not None:
        return _tried(ledger, challenge, tried + 1, refusal, actor)
    proof = MailProof(challenge_id=challenge_id, at=now)
    try:
        ledger.entries([Deed(MailProved(challenge_id, challenge.person_id), actor, [proof])])
    except Taken:
        ledger.record(MailRefused("mail.code-used", challenge.person_id, challenge_id), actor)
        return Refuse("mail.code-used")
    return proof


def _refusal(
    session: Session, person_id: str, posts: Sequence[str] | frozenset[str], address: str, now: datetime
) -> Refuse | None:
    allowed = may_have_address(address, list(bodies(session, posts, (), now).values()))
    if isinstance(allowed, Refuse):
        return allowed
    recent = select(func.count()).where(MailChallenge.at > now - _HOUR)
    for column, value in ((MailChallenge.person_id, person_id), (MailChallenge.address, address)):
        if (session.scalar(recent.where(column == value)) or 0) >= CODES_AN_HOUR:
            return Refuse("mail.too-often")
    return None


def _tried(ledger: Ledger, challenge: MailChallenge, number: int, refusal: Refuse, actor: Actor) -> Refuse:
    """A wrong code is counted; two that come at once count as the second comes."""
    try:
        with ledger.entry(MailRefused(refusal.code, challenge.person_id, challenge.id), actor) as tx:
            if refusal.code == "mail.code-wrong":
                tx.add(MailAttempt(id=tx.new_id(), challenge_id=challenge.id, number=number))
    except Taken:
        return _tried(ledger, challenge, number + 1, refusal, actor)
    return refusal


def _index(fields: SealedFields, challenge_id: str, code: str) -> str:
    return fields.index(f"mail code {challenge_id} {code}")
