"""Revocation by whoever holds the certificate's account or its key (RFC 8555 clause 7.6).

The door keeps the message that was signed as a wish. The signing room verifies it and ends the certificate, by the
same Revocation as any other ending; whoever doubts that verifies the message once more.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.endings import letters
from ca.endings.asking import answers
from ca.endings.each import each
from ca.endings.grounds import Ground, ground_of
from ca.endings.revocation import reached, unblocked_keys
from ca.events.acme import AcmeRevoked
from ca.events.machines import MachineEndingAsked, MachineEndingDishonoured
from ca.machines.acme.accounts import actor_of
from ca.machines.acme.kept import SHOWN_WITHIN, UNPROVEN, account_of, answered, first_key, keys_until, signed
from ca.machines.acme.message import Message
from ca.machines.acme.refusals import record
from ca.machines.rules import Protocol
from ca.registration.digests import names_of
from ca.tables.acme import (
    AcmeAccount,
    AcmeAuthorization,
    AcmeAuthorizationEnd,
    AcmeChallengeReady,
    AcmeOrder,
    AcmeValidation,
)
from ca.tables.machines import MachineEnding, MachineEndingEnd, MachineRequest
from ca.tables.registration import EnrolmentScope
from ledger.base import Fact, without
from ledger.certificates import Certificate, Intent, KeyBlock, Revocation
from ledger.decision import Allow, Decision, Refuse
from ledger.entry import Entry
from ledger.event import ANYONE, Actor
from ledger.ledger import Deed, Ledger, Taken
from pki.base64url import decode
from pki.errors import ParseError
from pki.flattened import account_key, parse_flattened, verify
from pki.keys import key_sha256
from web import logs

PATH = "/acme/revoke-cert"
ENDED = "ended"
CLOCKS_APART = timedelta(minutes=1)
REASONS = {0: "unspecified", 1: "keyCompromise", 3: "affiliationChanged", 4: "superseded", 5: "cessationOfOperation"}
"""Which codes of RFC 5280 clause 5.3.1 a client may give, and what each is called in the ledger."""


def ask(ledger: Ledger, message: Message) -> Decision:
    """It is on record that the certificate is to end, which the signing room sees to next."""
    wanted = wish(message.members())
    if isinstance(wanted, Refuse):
        return wanted
    with ledger.read() as session:
        found = session.scalar(select(Certificate).where(Certificate.sha256 == sha256(wanted.der).hexdigest()))
        asked = _asked(session, found)
        if found is None or asked is None:
            return Refuse("acme.certificate-unknown")
        allowed = _may_revoke(session, message, found, asked, ledger.clock.now())
        if allowed and session.get(Revocation, found.id) is not None:
            allowed = Refuse("acme.already-revoked")
    if isinstance(allowed, Refuse):
        # Of what a stranger signed nothing is kept: he may send as much as he likes.
        return record(ledger, message, message.client, allowed) if message.client else allowed
    account = message.client.account.id if message.client else None
    reason = wanted.ground.reason
    kept = MachineEnding(
        id=ledger.new_id(), certificate_id=found.id, protocol=Protocol.ACME.value, reason=reason, proof=message.octets
    )
    event = MachineEndingAsked(kept.id, found.id, kept.protocol, reason)
    ledger.entries([Deed(event, actor_of(account) if account else ANYONE, [kept])])
    return Allow()


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
    session: Session, message: Message, certificate: Certificate, asked: MachineRequest, now: datetime
) -> Decision:
    """Its own key, the account that got it, or an account that has shown control of all its names."""
    if message.client is None:
        may = key_sha256(message.spki) == certificate.key_sha256
    else:
        account = message.client.account
        first = first_key(account)
        keys = first if isinstance(first, Refuse) else keys_until(session, account, first.spki, now)
        may = not isinstance(keys, Refuse) and _entitled(session, account.id, keys, asked, now)
    return Allow() if may else Refuse("acme.unauthorized")


def _entitled(session: Session, account_id: str, keys: Sequence[bytes], asked: MachineRequest, at: datetime) -> bool:
    """Whether the account got the certificate, or has shown control of all its names lately, as for a new one."""
    if asked.credential == account_id:
        return True
    names = set(names_of(session.get_one(EnrolmentScope, asked.enrolment_id)))
    shown = (
        select(AcmeAuthorization, AcmeChallengeReady)
        .join(AcmeOrder, AcmeOrder.id == AcmeAuthorization.order_id)
        .join(AcmeChallengeReady, AcmeChallengeReady.authorization_id == AcmeAuthorization.id)
        .join(AcmeValidation, AcmeValidation.authorization_id == AcmeAuthorization.id)
        .where(AcmeOrder.account_id == account_id, AcmeOrder.expires_at > at, AcmeAuthorization.name.in_(names))
        .where(AcmeValidation.code.is_(None), AcmeValidation.method == AcmeChallengeReady.method)
        .where(AcmeValidation.at > at - SHOWN_WITHIN, AcmeValidation.at <= at + CLOCKS_APART)
    )
    rows = session.execute(without(shown, AcmeAuthorization.id, AcmeAuthorizationEnd))
    return bool(names) and names <= {one.name for one, ready in rows if answered(one, ready, account_id, keys)}


@dataclass(frozen=True)
class Proven:
    """A wish that the signing room carries out. Without `account` it is signed by the certificate's own key."""

    certificate: Certificate
    ground: Ground
    account: str | None

    @property
    def blocks(self) -> bool:
        """Whether its key is blocked for ever, behind which all certificates for it end: only its holder can say so."""
        return self.ground.blocks_key and self.account is None


def settle(ledger: Ledger, actor: Actor) -> int:
    """Every wish over ACME is looked at once: its certificate has ended, or it counts for nothing. Returns how many."""
    of_acme = select(MachineEnding).where(MachineEnding.protocol == Protocol.ACME.value)
    with ledger.read() as session:
        waiting = session.scalars(without(of_acme, MachineEnding.id, MachineEndingEnd).order_by(MachineEnding.id)).all()
    return each({f"wish {one.id}": partial(_settle, ledger, one, actor) for one in waiting})


def _settle(ledger: Ledger, kept: MachineEnding, actor: Actor) -> int:
    with suppress(Taken):  # Somebody else revoked it meanwhile: the next look finds that.
        ledger.entries(_deeds(ledger, kept, actor))
    return 1


def _deeds(ledger: Ledger, kept: MachineEnding, actor: Actor) -> list[Deed]:
    # A key may have any number of certificates, and an entry a hundred facts: the others end behind the block, where
    # the room looks next (`ca.endings.blocked`), also if it dies in between.
    now = ledger.clock.now()
    with ledger.read() as session:
        found = proven(session, kept)
        if isinstance(found, Refuse):
            end = MachineEndingEnd(ending_id=kept.id, code=found.code)
            return [Deed(MachineEndingDishonoured(kept.id, found.code), actor, [end])]
        living = reached(session, found.certificate, replace(found.ground, blocks_key=False), now)
        keys = unblocked_keys(session, [session.get_one(Intent, found.certificate.id)]) if found.blocks else []
        answered = answers(session, [one.id for one in living], now)
        told = letters.of_each(ledger, session, letters.REVOKED, living, now, ground=found.ground)
    facts: list[Fact] = [
        MachineEndingEnd(ending_id=kept.id, code=ENDED),
        *(Revocation(certificate_id=intent.id, at=now, reason=found.ground.reason) for intent in living),
        *(KeyBlock(key_sha256=key, at=now) for key in keys),
        *answered,
    ]
    deed = Deed(AcmeRevoked(found.certificate.id, found.ground.code, found.account), actor, facts)
    return letters.in_full(deed, told)


def proven(session: Session, kept: MachineEnding) -> Proven | Refuse:
    """What the wish proves, if the message says just this and who may signed it.

    That is the certificate's own key, or the key of then of an account that got it or had shown control of its names.
    """
    try:
        return _proven(session, kept)
    except Exception as fault:  # noqa: BLE001 - whoever listens wrote it, and whatever it is ends this wish alone
        logs.failure("acme-wish-unfit", fault)
        return UNPROVEN


def _proven(session: Session, kept: MachineEnding) -> Proven | Refuse:
    certificate = session.get_one(Certificate, kept.certificate_id)
    message, asked = parse_flattened(bytes(kept.proof)), _asked(session, certificate)
    wanted = wish(message.members())
    if isinstance(wanted, Refuse) or asked is None or not (message.text("url") or "").endswith(PATH):
        return UNPROVEN
    if (wanted.der, wanted.ground.reason) != (bytes(certificate.der), kept.reason):
        return UNPROVEN
    if "jwk" in message.header:
        own = account_key(message.header["jwk"])
        verify(message, own)
        return Proven(certificate, wanted.ground, None) if key_sha256(own) == certificate.key_sha256 else UNPROVEN
    taken_up: datetime = session.scalars(select(Entry.at).where(Entry.id == kept.entry_id)).one()
    account = session.get(AcmeAccount, account_of(message) or "")
    first = UNPROVEN if account is None else first_key(account)
    if account is None or isinstance(first, Refuse):
        return UNPROVEN
    keys = keys_until(session, account, first.spki, taken_up)
    if isinstance(keys, Refuse) or signed(bytes(kept.proof), keys[-1:], account.id, PATH) is None:
        return UNPROVEN
    entitled = _entitled(session, account.id, keys, asked, taken_up)
    return Proven(certificate, wanted.ground, account.id) if entitled else UNPROVEN
