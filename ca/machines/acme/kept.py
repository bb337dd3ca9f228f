"""Messages of accounts that were kept as they came, verified again by whoever does not believe who kept them."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.machines.acme.accounts import new_key
from ca.machines.acme.message import ACCOUNT_PATH
from ca.tables.acme import AcmeAccount, AcmeAccountKey, AcmeAuthorization, AcmeChallengeReady
from ledger.decision import Refuse
from ledger.entry import Entry
from pki.errors import PkiError
from pki.flattened import UnverifiedJws, account_key, parse_flattened, verify
from pki.jws import thumbprint

UNPROVEN = Refuse("acme.unproven")
SHOWN_WITHIN = timedelta(hours=8)
"""So long after CAA was read, and the challenge met, a certificate is issued (CA/B Forum BR clause 4.2.2.1)."""
_ID = re.compile("[0-9a-f-]{36}")
_TOKEN = re.compile("[A-Za-z0-9_-]{43}")
"""256 bits, base64url: what else a token said would become part of an address that is asked."""


class Kept(NamedTuple):
    """A message that an account signed, and the key (DER) by which."""

    message: UnverifiedJws
    spki: bytes


def first_key(account: AcmeAccount) -> Kept | Refuse:
    """The account's newAccount message and its first key, which signed it."""
    try:
        message = parse_flattened(bytes(account.request))
        spki = account_key(message.header.get("jwk"))
        verify(message, spki)
    except PkiError:
        return UNPROVEN
    return Kept(message, spki)


def keys_until(session: Session, account: AcmeAccount, first: bytes, until: datetime) -> list[bytes] | Refuse:
    """The account's keys up to `until`, in order, each signed for by the one before it."""
    rows = session.scalars(
        select(AcmeAccountKey)
        .join(Entry, Entry.id == AcmeAccountKey.entry_id)
        .where(AcmeAccountKey.account_id == account.id, Entry.at <= until)
        .order_by(AcmeAccountKey.number)
    ).all()
    keys = [first]
    if not rows or bytes(rows[0].spki) != first:
        return UNPROVEN
    for row in rows[1:]:
        octets = bytes(row.request or b"")
        spki = new_key(octets, _url(octets), account.id, keys[-1])
        if isinstance(spki, Refuse) or spki != bytes(row.spki):
            return UNPROVEN
        keys.append(spki)
    return keys


def _url(octets: bytes) -> str:
    try:
        return parse_flattened(octets).text("url") or ""
    except PkiError:
        return ""


def signed(octets: bytes, keys: Sequence[bytes], account: str, path: str) -> Kept | None:
    """The message, if it is for this path and one of the account's keys signed it."""
    try:
        message = parse_flattened(octets)
    except PkiError:
        return None
    if not (message.text("url") or "").endswith(path) or account_of(message) != account:
        return None
    return next((Kept(message, key) for key in keys if _verifies(message, key)), None)


def account_of(message: UnverifiedJws) -> str | None:
    """The account as which the message says to speak."""
    _, path, account = (message.text("kid") or "").rpartition(ACCOUNT_PATH)
    return account if path and _ID.fullmatch(account) else None


def _verifies(message: UnverifiedJws, key: bytes) -> bool:
    try:
        verify(message, key)
    except PkiError:
        return False
    return True


def answered(one: AcmeAuthorization, ready: AcmeChallengeReady, account: str, keys: Sequence[bytes]) -> bool:
    """Whether one of the account's keys signed that its answer is in place, and the answer names that very key.

    Token and thumbprint are as who listens wrote them. An answer that another account left behind, or that a host
    gives to every token, names another key.
    """
    kept = signed(bytes(ready.request), keys, account, f"/acme/challenge/{one.id}/{ready.method}")
    named = kept is not None and ready.thumbprint == thumbprint(kept.spki)
    return named and _TOKEN.fullmatch(one.token) is not None
