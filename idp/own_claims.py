"""What a person says of himself beyond the register: the further standard claims (OpenID Connect Core clause 5.1).

A registration officer enters it for him, under his own key; nobody has proven any of it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session as Reading

from idp import accounts
from idp.events import AccountDescribed
from idp.management import act_of, manager, refused
from idp.tables import SelfDescription
from ledger.acts import Act, SignedAct
from ledger.canonical import canonical
from ledger.decision import Allow, Decision, Refuse
from ledger.facts import Facts
from ledger.ledger import Ledger, Taken
from ledger.rounds import looked_up

TEXTS = ("middle_name", "nickname", "preferred_username", "profile", "picture", "website", "gender", "birthdate")
ADDRESS = ("formatted", "street_address", "locality", "region", "postal_code", "country")
LONGEST = 500


@dataclass(frozen=True)
class Own:
    """The newest of what a person says of himself."""

    claims: Mapping[str, Any]
    at: datetime


def describing(number: str, claims: Mapping[str, Any], at: datetime) -> Act:
    """What the person signs who enters this for the person with this number."""
    return act_of("account.describe", _digest(number, claims), at)


def describe(ledger: Ledger, number: str, claims: Mapping[str, Any], signed: SignedAct) -> Decision:
    """From now on this, and nothing of what was said before, is what the person says of himself."""
    by = manager(ledger, signed, "account.describe", _digest(number, claims))
    if isinstance(by, Refuse):
        return by
    with ledger.read() as reading:
        found = accounts.find(reading, number)
        last = _last(reading, found.id) if found else 0
    if found is None:
        return refused(ledger, "unknown", "account.unknown", by.person_id)
    if not is_fit(claims):
        return refused(ledger, found.id, "account.claims", by.person_id)
    try:
        with ledger.entry(AccountDescribed(found.id), by.actor) as tx:
            text = json.dumps(claims, ensure_ascii=False, sort_keys=True)
            tx.add(
                SelfDescription(id=tx.new_id(), account_id=found.id, number=last + 1, claims=text, at=tx.at),
                by.proof(tx.new_id()),
            )
    except Taken:
        return refused(ledger, found.id, "account.described-meanwhile", by.person_id)
    return Allow()


def is_fit(claims: Mapping[str, Any]) -> bool:
    """Only the names of TEXTS, as short texts, and an address of its members: nothing of the register, no `sub`."""
    address = claims.get("address", {})
    texts = {name: value for name, value in claims.items() if name != "address"}
    if not isinstance(address, dict) or not texts.keys() <= set(TEXTS) or not address.keys() <= set(ADDRESS):
        return False
    values = [*texts.values(), *address.values()]
    return bool(values) and all(isinstance(value, str) and 0 < len(value) <= LONGEST for value in values)


def own_claims(reading: Reading, account_id: str) -> Own | None:
    """What the account's person says of himself now."""
    return own_of(looked_up(reading, _descriptions, account_id))


def own_of(newest: SelfDescription | None) -> Own | None:
    """What this version of it says."""
    return Own(json.loads(newest.claims), newest.at) if newest else None


_DESCRIPTIONS = Facts(
    select(SelfDescription)
    .where(SelfDescription.account_id.in_(bindparam("accounts", expanding=True)))
    .order_by(SelfDescription.number)
)


def _descriptions(reading: Reading, accounts: Sequence[str]) -> dict[str, SelfDescription]:
    """Of each account the newest, which comes last."""
    return {one.account_id: one for (one,) in _DESCRIPTIONS.rows(reading, {"accounts": accounts})}


def _last(reading: Reading, account_id: str) -> int:
    statement = select(func.max(SelfDescription.number)).where(SelfDescription.account_id == account_id)
    return reading.scalar(statement) or 0


def _digest(number: str, claims: Mapping[str, Any]) -> str:
    return sha256(canonical({"number": number, "claims": dict(claims)})).hexdigest()
