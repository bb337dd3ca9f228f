"""Revocation by whoever holds the certificate's account or its key (RFC 8555 clause 7.6).

What is recorded is the same Revocation as of any other ending; beside it stands the message that was signed, which
whoever doubts the ending verifies again.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.endings.grounds import Ground, ground_of
from ca.endings.revocation import reached, unblocked_keys
from ca.events.acme import AcmeRefused, AcmeRevoked
from ca.issuance.abandonment import end_of_keys
from ca.machines.acme.accounts import actor_of
from ca.machines.acme.message import Message
from ca.machines.acme.standing import order_of
from ca.machines.acme.status import Status
from ca.registration.digests import names_of
from ca.tables.acme import (
    AcmeAccountKey,
    AcmeAuthorization,
    AcmeOrder,
    AcmeRevocation,
    AcmeValidation,
)
from ca.tables.machines import MachineRequest
from ca.tables.registration import EnrolmentScope
from ledger.base import Fact
from ledger.certificates import Certificate, Intent, KeyBlock, Revocation
from ledger.decision import Allow, Decision, Refuse
from ledger.event import ANYONE, Actor
from ledger.ledger import Deed, Ledger, Taken
from pki.base64url import decode
from pki.errors import ParseError, PkiError
from pki.flattened import UnverifiedJws, account_key, parse_flattened, verify
from pki.keys import key_sha256

REASONS = {0: "unspecified", 1: "keyCompromise", 3: "affiliationChanged", 4: "superseded", 5: "cessationOfOperation"}
"""Which codes of RFC 5280 clause 5.3.1 a client may give, and what each is called in the ledger."""


def revoke(ledger: Ledger, message: Message) -> Decision:
    """The certificate has ended; a key that its holder calls compromised is blocked, with all certificates for it."""
    wanted = wish(message.members())
    if isinstance(wanted, Refuse):
        return wanted
    with ledger.read() as session:
        found = session.scalar(select(Certificate).where(Certificate.sha256 == sha256(wanted.der).hexdigest()))
        asked = _asked(session, found)
        if found is None or asked is None:
            return Refuse("acme.certificate-unknown")
        allowed = _may_revoke(session, message, found, asked, ledger)
        ended = session.get(Revocation, found.id) is not None
    if allowed and ended:
        allowed = Refuse("acme.already-revoked")
    if isinstance(allowed, Refuse):
        account = message.client.account.id if message.client else None
        ledger.record(AcmeRefused(allowed.code, message.sha256, account, asked.allowance_id), _actor(message))
        return allowed
    return _end(ledger, message, found, wanted.ground)


@dataclass(frozen=True)
class Wish:
    """Which certificate is to end, and why."""

    der: bytes
    ground: Ground


def wish(given: dict[str, Any] | Refuse) -> Wish | Refuse:
    """What a revokeCert message asks for."""
    if isinstance(given, Refuse):
        return given
    encoded, code = given.get("certificate"), given.get("reason", 0)
    if not isinstance(encoded, str):
        return Refuse("acme.malformed")
    reason = REASONS.get(code) if isinstance(code, int) and not isinstance(code, bool) else None
    ground = ground_of(reason) if reason else None
    if ground is None:
        return Refuse("acme.reason")
    try:
        return Wish(decode(encoded), ground)
    except ParseError:
        return Refuse("acme.malformed")


def _asked(session: Session, certificate: Certificate | None) -> MachineRequest | None:
    intent = session.get(Intent, certificate.id) if certificate else None
    return session.get(MachineRequest, intent.enrolment_id) if intent and intent.enrolment_id else None


def _may_revoke(
    session: Session, message: Message, certificate: Certificate, asked: MachineRequest, ledger: Ledger
) -> Decision:
    """Its own key, the account that got it, or an account that has shown control of all its names."""
    if message.client is None:
        own = key_sha256(message.spki) == certificate.key_sha256
        return Allow() if own else Refuse("acme.unauthorized")
    client, now = message.client, ledger.clock.now()
    mine = select(AcmeOrder).where(AcmeOrder.account_id == client.account.id)
    if asked.credential == client.account.id:
        return Allow()
    alive = session.scalars(mine.where(AcmeOrder.expires_at > now))
    shown = {
        one.row.name
        for row in alive
        for one in order_of(session, row, client, now).authorizations
        if one.status is Status.VALID
    }
    names = names_of(session.get_one(EnrolmentScope, asked.enrolment_id))
    return Allow() if names and set(names) <= shown else Refuse("acme.unauthorized")


def _actor(message: Message) -> Actor:
    return actor_of(message.client.account.id) if message.client else ANYONE


def _end(ledger: Ledger, message: Message, certificate: Certificate, ground: Ground) -> Decision:
    # No letter: who listens may not read persons' addresses, and it is the machine itself that asks.
    now, account = ledger.clock.now(), message.client.account.id if message.client else None
    blocks = ground.blocks_key and message.client is None
    with ledger.read() as session:
        living = reached(session, certificate, ground) if blocks else [session.get_one(Intent, certificate.id)]
        keys = unblocked_keys(session, living) if blocks else []
    facts: list[Fact] = [
        *(Revocation(certificate_id=intent.id, at=now, reason=ground.reason) for intent in living),
        *(KeyBlock(key_sha256=key, at=now) for key in keys),
        AcmeRevocation(certificate_id=certificate.id, account_id=account, request=message.octets),
    ]
    event = AcmeRevoked(certificate.id, ground.code, account)
    try:
        ledger.entries([Deed(event, _actor(message), facts)])
    except Taken:
        return Refuse("acme.already-revoked")
    if keys:
        end_of_keys(ledger, keys, account or "nobody")
    return Allow()


def proven(session: Session, kept: AcmeRevocation) -> bool:
    """Whether what was kept says and proves that the certificate was to end; for whoever doubts an ending.

    Signed by its own key, or by a key of an account that got it or has shown control of all its names.
    """
    certificate = session.get_one(Certificate, kept.certificate_id)
    try:
        message = parse_flattened(bytes(kept.request))
        wanted = wish(message.members())
        if isinstance(wanted, Refuse) or wanted.der != bytes(certificate.der):
            return False
        if kept.account_id is None:
            own = account_key(message.header.get("jwk"))
            verify(message, own)
            return key_sha256(own) == certificate.key_sha256
    except PkiError:
        return False
    keys = session.scalars(select(AcmeAccountKey.spki).where(AcmeAccountKey.account_id == kept.account_id))
    return any(_verifies(message, bytes(key)) for key in keys) and _entitled(session, kept.account_id, certificate)


def _verifies(message: UnverifiedJws, key: bytes) -> bool:
    try:
        verify(message, key)
    except PkiError:
        return False
    return True


def _entitled(session: Session, account_id: str, certificate: Certificate) -> bool:
    asked = _asked(session, certificate)
    if asked is None:
        return False
    if asked.credential == account_id:
        return True
    shown = (
        select(AcmeAuthorization.name)
        .join(AcmeValidation, AcmeValidation.authorization_id == AcmeAuthorization.id)
        .join(AcmeOrder, AcmeOrder.id == AcmeAuthorization.order_id)
        .where(AcmeOrder.account_id == account_id, AcmeValidation.code.is_(None))
    )
    return set(names_of(session.get_one(EnrolmentScope, asked.enrolment_id))) <= set(session.scalars(shown))
