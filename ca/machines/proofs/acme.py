"""ACME: everything that was signed is verified again, from the binding to the PKCS#10.

The account's own messages carry its signatures, so a listener that was broken into can make up no account, no key and
no finalization. That challenges were met stands in facts which the database takes from the process `validate` alone.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.machines.acme.accounts import new_key
from ca.machines.acme.binding import named, verified
from ca.machines.acme.finalizing import fitting
from ca.machines.acme.message import ACCOUNT_PATH
from ca.machines.proofs.shown import Room, asked_at, proven_secret
from ca.machines.rules import CredentialKind, Protocol
from ca.registration.digests import names_of
from ca.tables.acme import (
    AcmeAccount,
    AcmeAccountEnd,
    AcmeAccountKey,
    AcmeAuthorization,
    AcmeAuthorizationEnd,
    AcmeChallengeReady,
    AcmeFinalization,
    AcmeOrder,
    AcmeValidation,
)
from ca.tables.machines import Allowance, AllowanceSecretEnd, MachineRequest
from ca.tables.registration import Enrolment, EnrolmentScope
from ledger.decision import Allow, Decision, Refuse
from ledger.entry import Entry
from pki.errors import PkiError
from pki.flattened import UnverifiedJws, account_key, parse_flattened
from pki.flattened import verify as verify_jws

SHOWN_WITHIN = timedelta(hours=8)
"""So long after CAA was read, and the challenge met, a certificate is issued (CA/B Forum BR clause 4.2.2.1)."""


def verify(
    session: Session,
    enrolment: Enrolment,
    row: MachineRequest,
    allowance: Allowance,
    room: Room,
    now: datetime,
) -> Decision:
    """Whether an account of this allowance signed for this very request, and showed control of each of its names."""
    final = session.scalar(select(AcmeFinalization).where(AcmeFinalization.enrolment_id == enrolment.id))
    order = session.get(AcmeOrder, final.order_id) if final else None
    account = session.get(AcmeAccount, row.credential)
    if order is None or account is None or not _of_allowance(session, row, order, account, allowance):
        return Refuse("machine.credential")
    first = _bound(session, room, account, allowance)
    keys = first if isinstance(first, Refuse) else _keys(session, account, first, asked_at(session, row))
    if isinstance(keys, Refuse):
        return keys
    names = tuple(json.loads(order.names))
    finalized = _finalized(bytes(row.proof), order, account, keys[-1], names)
    if isinstance(finalized, Refuse):
        return finalized
    scope = session.get_one(EnrolmentScope, enrolment.id)
    if (finalized, names) != (bytes(enrolment.request), names_of(scope)):
        return Refuse("acme.unproven")
    return _shown(session, order, names, keys, now)


def _of_allowance(
    session: Session, row: MachineRequest, order: AcmeOrder, account: AcmeAccount, allowance: Allowance
) -> bool:
    """Whether request, order and account belong together, under this allowance, and the account lives."""
    together = (row.credential_kind, order.account_id, account.allowance_id)
    lives = session.get(AcmeAccountEnd, account.id) is None
    return lives and together == (CredentialKind.ACCOUNT.value, account.id, allowance.id)


def _bound(session: Session, room: Room, account: AcmeAccount, allowance: Allowance) -> bytes | Refuse:
    """The account's first key, which signed for the account and which the holder of the allowance's secret bound."""
    secret = proven_secret(session, room, account.secret_id, allowance, Protocol.ACME.value)
    if isinstance(secret, Refuse) or room.doors is None:
        return secret if isinstance(secret, Refuse) else Refuse("machine.no-doors")
    try:
        message = parse_flattened(bytes(account.request))
        spki = account_key(message.header.get("jwk"))
        verify_jws(message, spki)
        binding = named(session, message.members().get("externalAccountBinding"))
    except PkiError:
        return Refuse("acme.unproven")
    if isinstance(binding, Refuse) or binding.secret.id != secret.id:
        return Refuse("acme.binding-wrong")
    made = session.scalars(select(Entry.at).where(Entry.id == account.entry_id)).one()
    if made >= secret.not_after or session.get(AllowanceSecretEnd, secret.id) is not None:
        return Refuse("machine.secret-over")
    bound = verified(binding, spki, message.text("url") or "", room.doors.secret(secret))
    return spki if bound else Refuse("acme.binding-wrong")


def _keys(session: Session, account: AcmeAccount, first: bytes, until: datetime) -> list[bytes] | Refuse:
    """The account's keys up to `until`, in order, each signed for by the one before it."""
    rows = session.scalars(
        select(AcmeAccountKey)
        .join(Entry, Entry.id == AcmeAccountKey.entry_id)
        .where(AcmeAccountKey.account_id == account.id, Entry.at <= until)
        .order_by(AcmeAccountKey.number)
    ).all()
    keys = [first]
    if not rows or bytes(rows[0].spki) != first:
        return Refuse("acme.unproven")
    for row in rows[1:]:
        octets = bytes(row.request or b"")
        spki = new_key(octets, _url(octets), account.id, keys[-1])
        if isinstance(spki, Refuse) or spki != bytes(row.spki):
            return Refuse("acme.unproven")
        keys.append(spki)
    return keys


def _url(octets: bytes) -> str:
    try:
        return parse_flattened(octets).text("url") or ""
    except PkiError:
        return ""


def _signed(octets: bytes, keys: Sequence[bytes], account: str, path: str) -> UnverifiedJws | None:
    """The message, if it is for this path and one of the account's keys signed it."""
    try:
        message = parse_flattened(octets)
    except PkiError:
        return None
    meant = (message.text("url") or "").endswith(path) and (message.text("kid") or "").endswith(ACCOUNT_PATH + account)
    return message if meant and any(_verifies(message, key) for key in keys) else None


def _verifies(message: UnverifiedJws, key: bytes) -> bool:
    try:
        verify_jws(message, key)
    except PkiError:
        return False
    return True


def _finalized(
    octets: bytes, order: AcmeOrder, account: AcmeAccount, key: bytes, names: tuple[str, ...]
) -> bytes | Refuse:
    """The PKCS#10 (DER) that the account's key signed for, in this order."""
    message = _signed(octets, [key], account.id, f"/acme/order/{order.id}/finalize")
    if message is None:
        return Refuse("acme.unproven")
    try:
        csr = message.members().get("csr")
    except PkiError:
        return Refuse("acme.unproven")
    fit = fitting(csr, names, key)
    return fit if isinstance(fit, Refuse) else fit.der


def _shown(session: Session, order: AcmeOrder, names: Sequence[str], keys: Sequence[bytes], now: datetime) -> Decision:
    """Whether each name has an authorization of this order that its account asked for, and was found met lately."""
    statement = (
        select(AcmeAuthorization, AcmeChallengeReady, AcmeValidation)
        .join(AcmeChallengeReady, AcmeChallengeReady.authorization_id == AcmeAuthorization.id)
        .join(AcmeValidation, AcmeValidation.authorization_id == AcmeAuthorization.id)
        .join(AcmeAuthorizationEnd, AcmeAuthorizationEnd.authorization_id == AcmeAuthorization.id, isouter=True)
        .where(AcmeAuthorization.order_id == order.id, AcmeAuthorizationEnd.authorization_id.is_(None))
    )
    found = {one.name: (one, ready, seen) for one, ready, seen in session.execute(statement)}
    if set(found) != set(names):
        return Refuse("acme.unproven")
    for one, ready, seen in found.values():
        path = f"/acme/challenge/{one.id}/{ready.method}"
        if seen.code is not None or seen.method != ready.method:
            return Refuse("acme.unproven")
        if _signed(bytes(ready.request), keys, order.account_id, path) is None:
            return Refuse("acme.unproven")
        if not now - SHOWN_WITHIN <= seen.at <= now + timedelta(minutes=1):
            return Refuse("acme.validation-old")
    return Allow()
