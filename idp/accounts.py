"""Accounts: a person's way in. Opened, renewed, unlocked and ended at a desk; found by any of the person's names."""

from base64 import b32decode
from dataclasses import dataclass

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session as Reading

from idp.events import AccountEnded, AccountOpened, AccountUnlocked
from idp.factors import password, totp
from idp.tables import Account, AccountEnd, AccountUnlock, Authenticator
from idp.typed import user_name
from ledger.base import latest
from ledger.decision import Allow, Decision, Refuse
from ledger.event import Actor
from ledger.ledger import Ledger, Taken, Transaction
from ledger.people import Person, PersonDetail
from ledger.sealed_fields import SealedFields
from ledger.standing import cut_off, person_by_number


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


def open_account(
    ledger: Ledger, fields: SealedFields, number: str, new_password: str, actor: Actor, *, renew: bool = False
) -> OpenedAccount | Refuse:
    """The person of this number can sign in with the password and the secret's codes.

    With `renew` an account that exists gets both anew, and the old ones are dead; without it that is refused.
    """
    if not password.SHORTEST <= len(new_password) <= password.LONGEST:
        return Refuse("account.password-length")
    with ledger.read() as reading:
        person = person_by_number(reading, number)
        account = _of_person(reading, person.id) if person else None
        version = _newest_number(reading, account.id) + 1 if account else 1
    if person is None:
        return Refuse("account.person-unknown")
    if account is not None and not renew:
        return Refuse("account.exists")
    secret = totp.new_secret(ledger.randomness)
    account_id = account.id if account else ledger.new_id()
    verifiers = {
        "password": password.verifier(new_password, ledger.randomness),
        "totp": fields.seal(totp.base32(secret), _place(account_id, version)),
    }
    try:
        with ledger.entry(AccountOpened(account_id, person.id), actor) as tx:
            tx.add(*([] if account else [Account(id=account_id, person_id=person.id)]))
            tx.add(*(_authenticator(tx, account_id, kind, version, verifier) for kind, verifier in verifiers.items()))
    except Taken:
        return Refuse("account.exists")
    return OpenedAccount(account_id, secret)


def unlock(ledger: Ledger, typed: str, actor: Actor) -> Decision:
    """The account with this user name has all its attempts again."""
    with ledger.read() as reading:
        found = find(reading, typed)
    if found is None:
        return Refuse("account.unknown")
    with ledger.entry(AccountUnlocked(found.id), actor) as tx:
        tx.add(AccountUnlock(id=tx.new_id(), account_id=found.id))
    return Allow()


def end(ledger: Ledger, typed: str, actor: Actor) -> Decision:
    """The account with this user name is closed; its sessions and tokens are dead."""
    with ledger.read() as reading:
        found = find(reading, typed)
    if found is None:
        return Refuse("account.unknown")
    try:
        with ledger.entry(AccountEnded(found.id), actor) as tx:
            tx.add(AccountEnd(account_id=found.id))
    except Taken:
        return Refuse("account.unknown")
    return Allow()


def find(reading: Reading, typed: str) -> FoundAccount | None:
    """The open account of the one person who has this number, mail address or telephone number."""
    name = user_name(typed)
    persons = set(reading.scalars(select(Person.id).where(Person.number == name)))
    if not persons and ("@" in name or name.startswith("+")):
        column = PersonDetail.mail if "@" in name else PersonDetail.phone
        newest = latest(PersonDetail, PersonDetail.person_id).where(func.lower(column) == name).limit(2)
        persons = {detail.person_id for detail in reading.scalars(newest)}
    if len(persons) != 1:
        return None
    account = _of_person(reading, persons.pop())
    return by_id(reading, account.id) if account else None


def by_id(reading: Reading, account_id: str) -> FoundAccount | None:
    """The account of this id while it is open."""
    account = reading.get(Account, account_id)
    if account is None or reading.scalar(select(exists().where(AccountEnd.account_id == account_id))):
        return None
    newest = {kind: _newest(reading, account_id, kind) for kind in ("password", "totp")}
    return FoundAccount(account.id, account.person_id, newest["password"], newest["totp"])


def of_person(reading: Reading, person_id: str) -> FoundAccount | None:
    """The open account of this person."""
    account = _of_person(reading, person_id)
    return by_id(reading, account.id) if account else None


def counts(reading: Reading, found: FoundAccount, authenticator: Authenticator) -> bool:
    """Whether the authenticator outlives the person's cutoffs: one from before a cutoff is dead."""
    return not cut_off(reading, found.person_id, authenticator.at)


def totp_secret(fields: SealedFields, authenticator: Authenticator) -> bytes:
    """The one-time-code secret behind the authenticator. Raises ledger.sealed_fields.FieldUnreadable."""
    return b32decode(fields.unseal(authenticator.verifier, _place(authenticator.account_id, authenticator.number)))


def _place(account_id: str, number: int) -> str:
    """What a sealed secret is bound to, so that it opens nowhere else."""
    return f"authenticator.verifier/{account_id}/{number}"


def _authenticator(tx: Transaction, account_id: str, kind: str, number: int, verifier: bytes) -> Authenticator:
    return Authenticator(id=tx.new_id(), account_id=account_id, kind=kind, number=number, verifier=verifier, at=tx.at)


def _of_person(reading: Reading, person_id: str) -> Account | None:
    return reading.scalar(select(Account).where(Account.person_id == person_id))


def _newest(reading: Reading, account_id: str, kind: str) -> Authenticator | None:
    statement = select(Authenticator).where(Authenticator.account_id == account_id, Authenticator.kind == kind)
    return reading.scalars(statement.order_by(Authenticator.number.desc()).limit(1)).first()


def _newest_number(reading: Reading, account_id: str) -> int:
    statement = select(func.max(Authenticator.number)).where(Authenticator.account_id == account_id)
    return reading.scalar(statement) or 0
