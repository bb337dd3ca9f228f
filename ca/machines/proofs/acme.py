"""ACME: everything that was signed is verified again, from the binding to the PKCS#10.

The account's own messages carry its signatures, so a listener that was broken into can make up no key and no
finalization of an account that it does not hold. It does hold the key `doors`, so it can bind an account of its own to
an allowance: of which hosts that one gets a certificate is for the challenges to say. That they were met stands in
facts which the database takes from the process `validate` alone, and each must name the very key that signed for it.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.machines.acme.binding import named, verified
from ca.machines.acme.finalizing import fitting
from ca.machines.acme.kept import SHOWN_WITHIN, UNPROVEN, answered, first_key, keys_until, signed
from ca.machines.proofs.shown import Room
from ca.machines.rules import CredentialKind, Protocol
from ca.registration.digests import names_of
from ca.tables.acme import (
    AcmeAccount,
    AcmeAccountEnd,
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
    keys = first if isinstance(first, Refuse) else keys_until(session, account, first, room.asked_at(session, row))
    if isinstance(keys, Refuse):
        return keys
    names = tuple(json.loads(order.names))
    finalized = _finalized(bytes(row.proof), order, account, keys[-1], names)
    if isinstance(finalized, Refuse):
        return finalized
    scope = session.get_one(EnrolmentScope, enrolment.id)
    if (finalized, names) != (bytes(enrolment.request), names_of(scope)):
        return UNPROVEN
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
    secret = room.proven(session, account.secret_id, allowance, Protocol.ACME.value)
    if isinstance(secret, Refuse) or room.doors is None:
        return secret if isinstance(secret, Refuse) else Refuse("machine.no-doors")
    first = first_key(account)
    if isinstance(first, Refuse):
        return first
    message, spki = first
    try:
        binding = named(session, message.members().get("externalAccountBinding"))
    except PkiError:
        return UNPROVEN
    if isinstance(binding, Refuse) or binding.secret.id != secret.id:
        return Refuse("acme.binding-wrong")
    made = session.scalars(select(Entry.at).where(Entry.id == account.entry_id)).one()
    if made >= secret.not_after or session.get(AllowanceSecretEnd, secret.id) is not None:
        return Refuse("machine.secret-over")
    bound = verified(binding, spki, message.text("url") or "", room.doors.secret(secret))
    return spki if bound else Refuse("acme.binding-wrong")


def _finalized(
    octets: bytes, order: AcmeOrder, account: AcmeAccount, key: bytes, names: tuple[str, ...]
) -> bytes | Refuse:
    """The PKCS#10 (DER) that the account's key signed for, in this order."""
    kept = signed(octets, [key], account.id, f"/acme/order/{order.id}/finalize")
    if kept is None:
        return UNPROVEN
    try:
        csr = kept.message.members().get("csr")
    except PkiError:
        return UNPROVEN
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
        return UNPROVEN
    for one, ready, seen in found.values():
        if seen.code is not None or seen.method != ready.method:
            return UNPROVEN
        if not answered(one, ready, order.account_id, keys):
            return UNPROVEN
        if not now - SHOWN_WITHIN <= seen.at <= now + timedelta(minutes=1):
            return Refuse("acme.validation-old")
    return Allow()
