"""A machine ends its own certificate: asked for at the door under that very key, done by the signing room."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from ca.endings import letters
from ca.endings.asking import answers
from ca.endings.each import each
from ca.endings.grounds import ground_of
from ca.endings.revocation import reached, unblocked_keys
from ca.events.machines import MachineCertificateEnded, MachineEndingAsked, MachineEndingDishonoured
from ca.machines.acme.revocation import settle as settle_messages
from ca.machines.doors import Doors
from ca.machines.poison import apart
from ca.machines.proofs.cmp import CLOCKS_APART, signed_by
from ca.machines.rules import CredentialKind, Protocol
from ca.tables.machines import AllowanceSecret, MachineEnding, MachineEndingEnd, MachineRequest
from ledger.base import Fact, without
from ledger.certificates import Certificate, Intent, KeyBlock, Revocation
from ledger.decision import Allow, Decision, Refuse
from ledger.entry import Entry
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken
from ledger.outbox import OutboxMessage
from pki.certificate import parse_certificate
from pki.cmp.message import Body, Message, confirmations, parse_message, revocation_of, verdict_on
from pki.cmp.protection import verify_password
from pki.errors import PkiError

REASONS = {
    None: "unspecified",
    0: "unspecified",
    1: "keyCompromise",
    3: "affiliationChanged",
    4: "superseded",
    5: "cessationOfOperation",
    9: "privilegeWithdrawn",
}
"""By the number in the message; what is not here is not for a machine to say."""
REJECTED = "cessationOfOperation"
"""Of a certificate that its machine did not take."""
ENDED = "ended"
"""What becomes of a wish that was honoured."""


def ask(ledger: Ledger, certificate: Certificate, message: Message, proof: bytes, actor: Actor) -> str | Refuse:
    """The id of the wish that the signing room looks at next; or why it is not taken up."""
    reason = said_reason(message)
    if reason is None:
        return Refuse("machine.proof-wrong")
    wish = MachineEnding(id=ledger.new_id(), certificate_id=certificate.id, protocol="cmp", reason=reason, proof=proof)
    with ledger.entry(MachineEndingAsked(wish.id, certificate.id, wish.protocol, reason), actor) as tx:
        tx.add(wish)
    return wish.id


def reject(ledger: Ledger, certificate: Certificate, proof: bytes, actor: Actor) -> None:
    """A machine did not take its new certificate: the wish is there that it ends, once however often it is said.

    A wish that the signing room did not honour, which another may have left, stands in nobody's way.
    """
    with ledger.read() as session:
        if unwanted(session, certificate.id):
            return
    wish = MachineEnding(
        id=ledger.new_id(), certificate_id=certificate.id, protocol="cmp", reason=REJECTED, proof=proof
    )
    with ledger.entry(MachineEndingAsked(wish.id, certificate.id, wish.protocol, wish.reason), actor) as tx:
        tx.add(wish)


def unwanted(session: Session, certificate_id: str) -> bool:
    """Whether a machine asked that the certificate end, and the signing room did so or has not looked at it yet."""
    asked = select(MachineEnding.id).join(MachineEndingEnd, isouter=True)
    asked = asked.where(or_(MachineEndingEnd.code.is_(None), MachineEndingEnd.code == ENDED))
    return session.scalar(asked.where(MachineEnding.certificate_id == certificate_id).limit(1)) is not None


def revokes(message: Message, certificate: Certificate) -> bool:
    """Whether an rr names this one, and no other issuer's of its number (RFC 9483 clause 4.2). Raises ParseError."""
    named, _ = revocation_of(message)
    issuer = parse_certificate(bytes(certificate.der)).issuer
    return named.serial_number == int(certificate.serial_number, 16) and named.issuer in (None, issuer)


def said_reason(message: Message) -> str | None:
    """The reason by name; None where the message says none that a machine may give."""
    return REASONS.get(revocation_of(message)[1])


def ends_of(session: Session, ending_ids: Collection[str]) -> Mapping[str, str]:
    """What came of these wishes: `ended`, or a code; those of which nothing did yet are missing."""
    ends = select(MachineEndingEnd).where(MachineEndingEnd.ending_id.in_(ending_ids))
    return {one.ending_id: one.code for one in session.scalars(ends)}


def settle_machines(ledger: Ledger, actor: Actor, doors: Doors | None = None) -> int:
    """Every wish is looked at once: its certificate is revoked, or the wish counts for nothing. Returns how many.

    Without `doors` no rejection counts that a secret protects.
    """
    return each({"acme": partial(settle_messages, ledger, actor), "cmp": partial(_settle_all, ledger, actor, doors)})


def _settle_all(ledger: Ledger, actor: Actor, doors: Doors | None) -> int:
    with ledger.read() as session:
        wishes = session.scalars(waiting().where(MachineEnding.protocol != Protocol.ACME.value)).all()
        outcomes = [(wish, apart(f"wish {wish.id}", partial(proven, session, wish, doors))) for wish in wishes]
    return each({f"wish {one.id}": partial(_settle, ledger, one, outcome, actor) for one, outcome in outcomes})


def waiting() -> Select[MachineEnding]:
    """Selects the wishes, by whatever protocol, of which nothing came yet, the oldest first."""
    return without(select(MachineEnding), MachineEnding.id, MachineEndingEnd).order_by(MachineEnding.id)


def _settle(ledger: Ledger, wish: MachineEnding, outcome: Decision, actor: Actor) -> int:
    now = ledger.clock.now()
    if isinstance(outcome, Refuse):
        end = MachineEndingEnd(ending_id=wish.id, code=outcome.code)
        return _once(ledger, Deed(MachineEndingDishonoured(wish.id, outcome.code), actor, [end]))
    with ledger.read() as session:
        living, keys = _reach(session, wish, now)
        ground = ground_of(wish.reason)
        answered = answers(session, [one.id for one in living], now)
        told = letters.of_each(ledger, session, letters.REVOKED, living, now, ground=ground)
    facts: list[Fact] = [
        MachineEndingEnd(ending_id=wish.id, code=ENDED),
        *(Revocation(certificate_id=intent.id, at=now, reason=wish.reason) for intent in living),
        *(KeyBlock(key_sha256=key, at=now) for key in keys),
        *answered,
    ]
    return _once(ledger, Deed(MachineCertificateEnded(wish.certificate_id, wish.id, wish.reason), actor, facts), told)


def _once(ledger: Ledger, deed: Deed, told: Sequence[OutboxMessage] = ()) -> int:
    """The deed is done, unless somebody else revoked something of it meanwhile: the next look finds that."""
    with suppress(Taken):
        ledger.entries(letters.in_full(deed, told))
    return 1


def _reach(session: Session, wish: MachineEnding, now: datetime) -> tuple[list[Intent], list[str]]:
    """What ends with this, and which key is blocked. What else lives for it ends behind the block, however many."""
    certificate, ground = session.get_one(Certificate, wish.certificate_id), ground_of(wish.reason)
    if ground is None:
        raise ValueError("a reason that may be given is a ground")
    living = reached(session, certificate, replace(ground, blocks_key=False), now)
    return living, unblocked_keys(session, [session.get_one(Intent, certificate.id)]) if ground.blocks_key else []


def proven(session: Session, wish: MachineEnding, doors: Doors | None = None) -> Decision:
    """Whether the message says just this and is signed, freshly then, by the key of the certificate that it names.

    Or it rejects this certificate, and is protected by what asked for it.
    """
    certificate = session.get_one(Certificate, wish.certificate_id)
    taken_up: datetime = session.scalars(select(Entry.at).where(Entry.id == wish.entry_id)).one()
    try:
        message = parse_message(bytes(wish.proof))
        if message.body is Body.CERTCONF:
            return _rejected(session, wish, certificate, message, doors)
        about = message.body is Body.RR and revokes(message, certificate)
        signed_by(message, certificate)
    except PkiError:
        return Refuse("machine.proof-wrong")
    if not about or said_reason(message) != wish.reason:
        return Refuse("machine.proof-wrong")
    return Allow() if fresh(message, taken_up) else Refuse("machine.proof-stale")


def _rejected(
    session: Session, wish: MachineEnding, certificate: Certificate, message: Message, doors: Doors | None
) -> Decision:
    """It names this one certificate, or comes in its transaction, so it may well be old.

    Who asked for a certificate may say that he wants none.
    """
    intent = session.get_one(Intent, certificate.id)
    row = session.get(MachineRequest, intent.enrolment_id)
    rejects = verdict_on(bytes(certificate.der), message) is False and wish.reason == REJECTED
    if row is None or not rejects or not _of_its_transaction(row, message):
        return Refuse("machine.proof-wrong")
    if row.credential_kind == CredentialKind.CERTIFICATE.value:
        signed_by(message, session.scalars(select(Certificate).where(Certificate.sha256 == row.credential)).one())
        return Allow()
    secret = session.get(AllowanceSecret, row.credential)
    if secret is None or secret.sealed is None or doors is None:
        return Refuse("machine.no-doors" if doors is None else "machine.secret-unknown")
    verify_password(message, doors.secret(secret))
    return Allow()


def _of_its_transaction(row: MachineRequest, message: Message) -> bool:
    """Whether the rejection names its certificate, or else came in the transaction of this request."""
    asked = row.protocol == Protocol.CMP.value and parse_message(bytes(row.proof)).header.transaction
    return bool(confirmations(message)) or asked == message.header.transaction


def fresh(message: Message, taken_up: datetime, apart: timedelta = CLOCKS_APART) -> bool:
    """Whether the message says a time near this one; an end must say one, since it could be kept and sent later."""
    return message.header.time is not None and abs(message.header.time - taken_up) <= apart
