"""Accounts: a person's way in. Opened, renewed, unlocked and ended at a desk; found by any of the person's names."""

from base64 import b32decode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.orm import Session as Reading

from idp.events import AccountEnded, AccountOpened, AccountUnlocked
from idp.factors import password, totp
from idp.management import Manager, act_of, manager, refused
from idp.tables import Account, AccountEnd, AccountUnlock, Authenticator
from idp.typed import user_name
from ledger.acts import Act, SignedAct
from ledger.base import latest, without
from ledger.decision import Allow, Decision, Refuse
from ledger.facts import Facts
from ledger.ledger import Ledger, Taken, Transaction
from ledger.people import Cutoff, Person, PersonDetail
from ledger.rounds import looked_up
from ledger.sealed_fields import SealedFields
from ledger.standing import person_by_number


@dataclass(frozen=True)
class OpenedAccount:
    """An account with fresh authenticators. The secret goes to the person's authenticator app and nowhere else."""

    account_id: str
    totp_secret: bytes


@dataclass(frozen=True)
class FoundAccount:
    """An account with the newest of its authenticators."""

    id: str
    person_id: str
    password: Authenticator | None
    totp: Authenticator | None
    cut_off_at: datetime | None
    """The person's newest Cutoff."""

    def cut_off(self, since: datetime) -> bool:
        """Whether what was begun at `since` is dead: a Cutoff came at that moment or later."""
        return self.cut_off_at is not None and self.cut_off_at >= since

    def counts(self, authenticator: Authenticator | None) -> bool:
        """Whether there is this authenticator, and it outlives the person's cutoffs."""
        return authenticator is not None and not self.cut_off(authenticator.at)


def opening(number: str, at: datetime, *, renew: bool = False) -> Act:
    """What the person signs who opens (or renews) the account of the person with this number."""
    return act_of("account.renew" if renew else "account.open", number, at)


def unlocking(number: str, at: datetime) -> Act:
    """What the person signs who unlocks the account of the person with this number."""
    return act_of("account.unlock", number, at)


def ending(number: str, at: datetime) -> Act:
    """What the person signs who closes the account of the person with this number."""
    return act_of("account.end", number, at)


def open_account(
    ledger: Ledger, fields: SealedFields, number: str, new_password: str, signed: SignedAct, *, renew: bool = False
) -> OpenedAccount | Refuse:
    """The person of this number can sign in with the password and the secret's codes.

    With `renew` an account that exists gets both anew, and the old ones are dead; without it that is refused.
    `signed` is `opening` under the key of a person on duty.
    """
    by = manager(ledger, signed, "account.renew" if renew else "account.open", number)
    if isinstance(by, Refuse):
        return by
    with ledger.read() as reading:
        person = person_by_number(reading, number)
        account = _of_person(reading, person.id) if person else None
    if person is None:
        return refused(ledger, "unknown", "account.person-unknown", by.person_id)
    if not password.SHORTEST <= len(new_password) <= password.LONGEST:
        return refused(ledger, person.id, "account.password-length", by.person_id)
    if account is not None and not renew:
        return refused(ledger, person.id, "account.exists", by.person_id)
    return _open(ledger, fields, person.id, account, new_password, by)


def unlock(ledger: Ledger, number: str, signed: SignedAct) -> Decision:
    """The account of the person with this number has all its attempts again; `signed` is `unlocking`."""
    by = manager(ledger, signed, "account.unlock", number)
    if isinstance(by, Refuse):
        return by
    with ledger.read() as reading:
        found = find(reading, number)
    if found is None:
        return refused(ledger, "unknown", "account.unknown", by.person_id)
    with ledger.entry(AccountUnlocked(found.id), by.actor) as tx:
        tx.add(AccountUnlock(id=tx.new_id(), account_id=found.id), by.proof(tx.new_id()))
    return Allow()


def end(ledger: Ledger, number: str, signed: SignedAct) -> Decision:
    """The account of the person with this number is closed, its sessions and tokens dead; `signed` is `ending`."""
    by = manager(ledger, signed, "account.end", number)
    if isinstance(by, Refuse):
        return by
    with ledger.read() as reading:
        found = find(reading, number)
    if found is None:
        return refused(ledger, "unknown", "account.unknown", by.person_id)
    try:
        with ledger.entry(AccountEnded(found.id), by.actor) as tx:
            tx.add(AccountEnd(account_id=found.id), by.proof(tx.new_id()))
    except Taken:
        return refused(ledger, found.id, "account.unknown", by.person_id)
    return Allow()


def number_of(reading: Reading, typed: str) -> str | None:
    """The number of the person whose open account this user name finds."""
    found = find(reading, typed)
    person = reading.get(Person, found.person_id) if found else None
    return person.number if person else None


def find(reading: Reading, typed: str) -> FoundAccount | None:
    """The open account of the one person who has this number, mail address or telephone number."""
    name = user_name(typed)
    if not name.isprintable():  # which PostgreSQL would not take, and nobody is called
        return None
    found: FoundAccount | None = looked_up(reading, _by_numbers, name)
    if found is not None or not ("@" in name or name.startswith("+")):
        return found
    column = PersonDetail.mail if "@" in name else PersonDetail.phone
    newest = latest(PersonDetail, PersonDetail.person_id).where(func.lower(column) == name).limit(2)
    persons = {detail.person_id for detail in reading.scalars(newest)}
    return of_person(reading, persons.pop()) if len(persons) == 1 else None


def by_id(reading: Reading, account_id: str) -> FoundAccount | None:
    """The account of this id while it is open."""
    found: FoundAccount | None = looked_up(reading, _by_ids, account_id)
    return found


def of_person(reading: Reading, person_id: str) -> FoundAccount | None:
    """The open account of this person."""
    found: FoundAccount | None = looked_up(reading, _by_persons, person_id)
    return found


def totp_secret(fields: SealedFields, authenticator: Authenticator) -> bytes:
    """The one-time-code secret behind the authenticator. Raises ledger.sealed_fields.FieldUnreadable."""
    return b32decode(fields.unseal(authenticator.verifier, _place(authenticator.account_id, authenticator.number)))


def _open(
    ledger: Ledger, fields: SealedFields, person_id: str, account: Account | None, new_password: str, by: Manager
) -> OpenedAccount | Refuse:
    with ledger.read() as reading:
        version = _newest_number(reading, account.id) + 1 if account else 1
    secret = totp.new_secret(ledger.randomness)
    account_id = account.id if account else ledger.new_id()
    verifiers = {
        "password": password.verifier(new_password, ledger.randomness),
        "totp": fields.seal(totp.base32(secret), _place(account_id, version)),
    }
    try:
        with ledger.entry(AccountOpened(account_id, person_id), by.actor) as tx:
            tx.add(*([] if account else [Account(id=account_id, person_id=person_id)]))
            tx.add(*(_authenticator(tx, account_id, kind, version, verifier) for kind, verifier in verifiers.items()))
            tx.add(by.proof(tx.new_id()))
    except Taken:
        return refused(ledger, person_id, "account.exists", by.person_id)
    return OpenedAccount(account_id, secret)


def _place(account_id: str, number: int) -> str:
    """What a sealed secret is bound to, so that it opens nowhere else."""
    return f"authenticator.verifier/{account_id}/{number}"


def _authenticator(tx: Transaction, account_id: str, kind: str, number: int, verifier: bytes) -> Authenticator:
    return Authenticator(id=tx.new_id(), account_id=account_id, kind=kind, number=number, verifier=verifier, at=tx.at)


def _of_person(reading: Reading, person_id: str) -> Account | None:
    return reading.scalar(select(Account).where(Account.person_id == person_id))


_CUT_OFF_AT = select(func.max(Cutoff.at)).where(Cutoff.person_id == Account.person_id).scalar_subquery()
_OPEN = (
    without(select(Account, Authenticator, Person.number, _CUT_OFF_AT.label("cut_off_at")), Account.id, AccountEnd)
    .join(Person, Person.id == Account.person_id)
    .outerjoin(Authenticator, Authenticator.account_id == Account.id)
    .order_by(Authenticator.number)
)
"""An open account with each of its authenticators; of each kind the newest, which counts, comes last."""
_KEYS: BindParameter[str] = bindparam("keys", expanding=True)
_BY_ID = Facts(_OPEN.where(Account.id.in_(_KEYS)))
_BY_PERSON = Facts(_OPEN.where(Account.person_id.in_(_KEYS)))
_BY_NUMBER = Facts(_OPEN.where(Person.number.in_(_KEYS)))


def _by_ids(reading: Reading, ids: Sequence[str]) -> dict[str, FoundAccount]:
    return {found.id: found for _, found in _opened(_BY_ID.rows(reading, {"keys": ids}))}


def _by_persons(reading: Reading, persons: Sequence[str]) -> dict[str, FoundAccount]:
    return {found.person_id: found for _, found in _opened(_BY_PERSON.rows(reading, {"keys": persons}))}


def _by_numbers(reading: Reading, numbers: Sequence[str]) -> dict[str, FoundAccount]:
    return dict(_opened(_BY_NUMBER.rows(reading, {"keys": numbers})))


def _opened(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[str, FoundAccount]]:
    """Each account by its person's number, from rows of it with each of its authenticators."""
    by_account: dict[str, list[Sequence[Any]]] = {}
    for row in rows:
        by_account.setdefault(row[0].id, []).append(row)
    for several in by_account.values():
        account, _, number, cut_off_at = several[0]
        newest = {row[1].kind: row[1] for row in several if row[1] is not None}
        password_, totp_ = newest.get("password"), newest.get("totp")
        yield number, FoundAccount(account.id, account.person_id, password_, totp_, cut_off_at)


def _newest_number(reading: Reading, account_id: str) -> int:
    statement = select(func.max(Authenticator.number)).where(Authenticator.account_id == account_id)
    return reading.scalar(statement) or 0
