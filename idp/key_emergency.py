"""A key of tokens that others may know goes at once: no notice, no overlap, and the next one signs.

One person on duty does it, as one presses the stop button: it errs safely, since what was signed honestly is fetched
anew within minutes. That a key is there to go on with was agreed when it was announced.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp.clients import current
from idp.contacts import addresses
from idp.key_events import TokenKeyRevocationTold, TokenKeyRevoked
from idp.key_rotation import Life, lives, row_of
from idp.management import manager, refused
from idp.tables import Client, ClientRetirement, TokenKeyEnd, TokenKeyStart
from idp.token_keys import Keyring, PublicHalf, TokenKey
from ledger.acts import SignedAct
from ledger.base import Fact, without
from ledger.decision import Refuse
from ledger.ledger import Deed, Ledger, Taken
from ledger.outbox import OutboxMessage
from web.mail import letter

REVOKE = "token-key.revoke"
A_TIME = 50
"""Letters of one entry."""
SUBJECT = "ດ່ວນ: ກະແຈຂອງລະບົບເຂົ້າສູ່ລະບົບຖືກຍົກເລີກ / Urgent: a key of the sign-in system was revoked"
TEXT = (
    "ກະແຈ {kid} ຂອງ {issuer} ອາດຖືກຄົນອື່ນຮູ້ ແລະ ຖືກຍົກເລີກແລ້ວ. ກະລຸນາເຮັດດຽວນີ້:\n"
    "1. ລຶບກະແຈທີ່ເກັບໄວ້ ແລະ ດຶງ {issuer}/jwks ໃໝ່; ຢ່າຮັບ token ທີ່ມີ kid ນີ້.\n"
    "2. ຈົບທຸກ session ທີ່ເລີ່ມດ້ວຍກະແຈນີ້; ໃຫ້ຄົນເຂົ້າສູ່ລະບົບໃໝ່.\n"
    "3. ກວດບັນທຶກຂອງທ່ານ ແລະ ແຈ້ງສູນ ຖ້າພົບສິ່ງຜິດປົກກະຕິ.\n\n"
    "Others may know the key {kid} of {issuer}: it is revoked. Do this now:\n"
    "1. Drop the keys that you keep and fetch {issuer}/jwks anew; take no token with this kid.\n"
    "2. End every session of yours that began with this key, and let people sign in again.\n"
    "3. Look through your logs, and tell the centre what is odd.\n"
)


@dataclass(frozen=True)
class Revoked:
    """The key that now signs in its stead, if one had to begin, and how many letters go to services."""

    next: str | None
    letters: int


@dataclass(frozen=True)
class Sender:
    """In whose name services are written to."""

    address: str
    issuer: str


def revoke(
    ledger: Ledger, keyring: Keyring, kid: str, signed: SignedAct, sender: Sender,
    fresh: tuple[TokenKey, str] | None = None,
) -> Revoked | Refuse:  # fmt: skip
    """Nothing that the key has signed counts from now on, another signs, and the services are written to.

    The next is the key that was announced last, or else `fresh` (with the URI of where it is), or an older one whose
    tokens still count. Refuse `token-key.no-next` where there is none: somebody would be signed in by nobody.
    """
    by = manager(ledger, signed, REVOKE, kid)
    if isinstance(by, Refuse):
        return by
    with ledger.read() as reading:
        known, letters = lives(reading), _letters(reading, ledger, kid, sender)
    keys = keyring.current(ledger)
    key = next((one for one in keys.keys if one.kid == kid), None)
    if key is None:
        return refused(ledger, "unknown", "token-key.unknown", by.person_id)
    signs = kid in {one.kid for one in keys.signing}
    following = _next(ledger, known, key, fresh, keyring) if signs else (None, [])
    if isinstance(following, Refuse):
        return refused(ledger, "unknown", following.code, by.person_id)
    following_kid, begun = following
    row = known[kid].row if kid in known else row_of(ledger, key, "")
    gone: list[Fact] = [*([] if kid in known else [row]), TokenKeyEnd(token_key_id=row.id)]
    own = Deed(TokenKeyRevoked(kid, following_kid), by.actor, [*gone, *begun, by.proof(ledger.new_id())])
    batches = [letters[at : at + A_TIME] for at in range(0, len(letters), A_TIME)]
    told = [Deed(TokenKeyRevocationTold(kid, len(batch)), by.actor, batch) for batch in batches]
    try:
        ledger.entries([own, *told])
    except Taken:
        return refused(ledger, "unknown", "token-key.done-already", by.person_id)
    return Revoked(following_kid, len(letters))


def _next(
    ledger: Ledger, known: Mapping[str, Life], key: TokenKey, fresh: tuple[TokenKey, str] | None, keyring: Keyring
) -> tuple[str | None, list[Fact]] | Refuse:
    """What begins so that something signs; nothing where an older key is still there to go on with."""
    now = ledger.clock.now()
    alike = [one for one in known.values() if one.row.algorithm == key.algorithm and not one.ended]
    opens = {one.kid for one in keyring.current(ledger).keys if not isinstance(one.signer, PublicHalf)}
    waiting = [one.row for one in alike if one.started_at is None and one.row.kid in opens]
    if waiting:
        return waiting[-1].kid, [TokenKeyStart(token_key_id=waiting[-1].id, at=now)]
    if fresh is not None:
        if fresh[0].algorithm != key.algorithm or fresh[0].kid in known or fresh[0].kid == key.kid:
            return Refuse("token-key.algorithm")
        row = row_of(ledger, *fresh)
        return row.kid, [row, TokenKeyStart(token_key_id=row.id, at=now)]
    others = {one.row.kid for one in alike} | {one.kid for one in keyring.base if one.algorithm == key.algorithm}
    ended = {kid for kid, life in known.items() if life.ended}
    return (None, []) if others - ended - {key.kid} else Refuse("token-key.no-next")


def _letters(reading: Reading, ledger: Ledger, kid: str, sender: Sender) -> Sequence[OutboxMessage]:
    """One to each address of a live service, and of its organisation."""
    now, text = ledger.clock.now(), TEXT.format(kid=kid, issuer=sender.issuer)
    ids = reading.scalars(without(select(Client.id).order_by(Client.id), Client.id, ClientRetirement)).all()
    clients = [client for one in ids if (client := current(reading, one)) is not None]
    to = addresses(reading, clients)
    return [letter(ledger.new_id(), sender.address, address, SUBJECT, text, now) for address in to]
