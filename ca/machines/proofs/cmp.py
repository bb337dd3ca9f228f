"""CMP: the message that was sent is the proof, protected by the sealed secret or by an old certificate's key."""

from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy.orm import Session

from ca.machines.proofs.shown import Room, certificate_of, secret_of
from ca.machines.rules import CredentialKind
from ca.tables.machines import Allowance, MachineRequest
from ca.tables.registration import Enrolment
from ledger.certificates import Certificate
from ledger.decision import Allow, Decision, Refuse
from pki.certificate import parse_certificate
from pki.cmp.message import Body, Message, parse_message, request_of
from pki.cmp.protection import verify_password, verify_signature
from pki.crmf import updated_by
from pki.errors import PkiError

CLOCKS_APART = timedelta(minutes=5)
"""A message is taken only so long after, or before, the time that it says (RFC 9483 clause 3.5)."""


def verify(
    session: Session, enrolment: Enrolment, row: MachineRequest, allowance: Allowance, room: Room, now: datetime
) -> Decision:
    """Whether the message asks for just this, was fresh when it was taken up, and is protected by what it names."""
    taken_up = room.asked_at(session, row)
    try:
        message = parse_message(bytes(row.proof))
        if request_of(message) != bytes(enrolment.request):
            return Refuse("machine.proof-wrong")
        if message.header.time is not None and abs(message.header.time - taken_up) > CLOCKS_APART:
            return Refuse("machine.proof-stale")
        return _protected(session, message, row, allowance, room, taken_up, now) and _first(
            session, message, enrolment, allowance, room
        )
    except PkiError:
        return Refuse("machine.proof-wrong")


def _first(session: Session, message: Message, enrolment: Enrolment, allowance: Allowance, room: Room) -> Decision:
    """Whether the transaction is this request's: a message that was seen once asks for nothing more."""
    own = room.transaction_of(session, transaction_key(allowance, message), enrolment.id)
    return Allow() if own else Refuse("machine.transaction-used")


def _protected(
    session: Session,
    message: Message,
    row: MachineRequest,
    allowance: Allowance,
    room: Room,
    taken_up: datetime,
    now: datetime,
) -> Decision:
    if row.credential_kind == CredentialKind.CERTIFICATE.value:
        then, today = (certificate_of(session, row.credential, allowance, at) for at in (taken_up, now))
        if isinstance(then, Refuse) or isinstance(today, Refuse):
            return then if isinstance(then, Refuse) else Refuse("machine.certificate-ended")
        signed_by(message, then)
        return Allow() if updates(message, then) else Refuse("machine.certificate-unknown")
    secret = secret_of(session, room, row, allowance, now, once=False)
    if isinstance(secret, Refuse):
        return secret
    if room.doors is None:
        return Refuse("machine.no-doors")
    verify_password(message, room.doors.secret(secret))
    return Allow()


def updates(message: Message, certificate: Certificate) -> bool:
    """Whether an update is of this certificate, as far as it says (RFC 9483 clause 4.1.3). Raises ParseError."""
    named = updated_by(request_of(message)) if message.body is Body.KUR else None
    issuer = parse_certificate(bytes(certificate.der)).issuer
    return named is None or named == (issuer, int(certificate.serial_number, 16))


def transaction_key(allowance: Allowance, message: Message) -> str:
    """By which a transaction happens once under its allowance, for as long as there is a ledger."""
    return sha256(allowance.id.encode() + b"/" + message.header.transaction).hexdigest()


def signed_by(message: Message, certificate: Certificate) -> None:
    """The message is signed by this certificate's key. Raises PkiError."""
    verify_signature(message, parse_certificate(bytes(certificate.der)).spki)
