"""SCEP: the message is the proof, with the key of its envelope: what was asked is what the client signed.

A one-time code stands in the PKCS#10, which the client's key signed too. The listener that opens envelopes sees it, so
one that was broken into can use a code that it saw for another key, as with EST; a renewal it cannot make up.
"""

from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from ca.machines.proofs.shown import Room, certificate_of, secret_of
from ca.machines.rules import CredentialKind
from ca.tables.machines import Allowance, MachineRequest, MachineTransaction
from ca.tables.registration import Enrolment
from ledger.decision import Allow, Decision, Refuse
from pki import der
from pki.certificate import parse_certificate
from pki.errors import PkiError
from pki.request import challenge_password, parse_request
from pki.scep.envelope import parse_envelope
from pki.scep.message import Kind, Message, parse_message, verify_message


def pack(message: bytes, key: bytes) -> bytes:
    """What is kept of a request: the message as it came, and the key of its content."""
    return der.sequence(der.octet_string(message), der.octet_string(key))


def unpack(proof: bytes) -> tuple[Message, bytes]:
    """The message and the key of its content. Raises PkiError."""
    found = der.parts(proof)
    message, key = (der.content_of(one, der.OCTET_STRING) for one in (found if len(found) == 2 else ()))
    return parse_message(message), key


def message_key(allowance: Allowance, message: Message) -> str:
    """By which what a client signed asks once under its allowance, for as long as there is a ledger.

    Not its transaction: many clients take the digest of their key for that, each time anew.
    """
    return sha256(allowance.id.encode() + b"/scep/" + sha256(message.attributes).digest()).hexdigest()


def verify(
    session: Session, enrolment: Enrolment, row: MachineRequest, allowance: Allowance, room: Room, now: datetime
) -> Decision:
    """Whether the client signed just this request, for the first time, by a key or a code that lets it in."""
    if not room.provenance.configuration.scep:
        return Refuse("machine.protocol-off")
    try:
        message, key = unpack(bytes(row.proof))
        same = parse_envelope(message.content).opened(key) == bytes(enrolment.request)
        first = session.get(MachineTransaction, message_key(allowance, message))
        if not same:
            return Refuse("machine.proof-wrong")
        if first is None or first.enrolment_id != enrolment.id:
            return Refuse("machine.transaction-used")
        if row.credential_kind == CredentialKind.CERTIFICATE.value:
            return _renewed(session, message, row, allowance, room, now)
        return _coded(session, message, enrolment, row, allowance, room, now)
    except (PkiError, ValueError):
        return Refuse("machine.proof-wrong")


def _renewed(
    session: Session, message: Message, row: MachineRequest, allowance: Allowance, room: Room, now: datetime
) -> Decision:
    taken_up = room.asked_at(session, row)
    then, today = (certificate_of(session, row.credential, allowance, at) for at in (taken_up, now))
    if isinstance(then, Refuse) or isinstance(today, Refuse):
        return then if isinstance(then, Refuse) else Refuse("machine.certificate-ended")
    verify_message(message, parse_certificate(bytes(then.der)).spki)
    return Allow() if message.kind is Kind.RENEWAL_REQ else Refuse("machine.proof-wrong")


def _coded(
    session: Session,
    message: Message,
    enrolment: Enrolment,
    row: MachineRequest,
    allowance: Allowance,
    room: Room,
    now: datetime,
) -> Decision:
    secret = secret_of(session, room, row, allowance, now, once=True)
    if isinstance(secret, Refuse):
        return secret
    if room.doors is None:
        return Refuse("machine.no-doors")
    request = parse_request(bytes(enrolment.request))
    verify_message(message, request.spki)
    code = challenge_password(request.der)
    right = code is not None and room.doors.opens(secret, code)
    return Allow() if right and message.kind is Kind.PKCS_REQ else Refuse("machine.secret-wrong")
