"""What is known of a person whom a service asks about: who he is, his names, what he says of himself and withholds.

All of it is one look, for all who are asked about in one round; by themselves these were four. Where he holds which
post is looked up only for who wants a claim of it (`idp.claims`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, select
from sqlalchemy.orm import Session as Reading
from sqlalchemy.orm import aliased

from idp.consents import withheld_by
from idp.consents.tables import ConsentVersion
from idp.own_claims import Own, own_of
from idp.tables import Account, SelfDescription
from ledger.facts import Facts
from ledger.people import Person, PersonDetail
from ledger.rounds import looked_up


@dataclass(frozen=True)
class Known:
    """The newest of each."""

    person: Person
    detail: PersonDetail | None
    """None once erased."""
    own: Own | None
    withheld: frozenset[str]
    """The claims that the service does not get."""


def known_of(reading: Reading, account_id: str, client_id: str) -> Known | None:
    """What the service of this client may be told from; None without such an account."""
    found: Known | None = looked_up(reading, _known, (account_id, client_id))
    return found


def _known(reading: Reading, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Known]:
    accounts = list({account_id for account_id, _ in keys})
    clients = list({client_id for _, client_id in keys})
    rows = _KNOWN.rows(reading, {"accounts": accounts, "clients": clients})
    of_account = {account_id: said for account_id, *said, _ in rows}
    consents = {(account_id, word.client_id): word for account_id, *_, word in rows if word is not None}
    return {
        key: Known(person, detail, own_of(own), withheld_by(consents.get(key)))
        for key in keys
        if key[0] in of_account
        for person, detail, own in [of_account[key[0]]]
    }


def _newest(version: type[Any], *of_same: tuple[str, Any]) -> ColumnElement[bool]:
    """The condition that a version is the newest of those whose columns of these names have these values."""
    other = aliased(version)
    among = select(func.max(other.number)).where(*(getattr(other, name) == value for name, value in of_same))
    own = [getattr(version, name) == value for name, value in of_same]
    return and_(*own, version.number == among.correlate(Account, version).scalar_subquery())


_OF_PERSON = ("person_id", Account.person_id)
_OF_ACCOUNT = ("account_id", Account.id)
_KNOWN = Facts(
    select(Account.id, Person, PersonDetail, SelfDescription, ConsentVersion)
    .join(Person, Person.id == Account.person_id)
    .outerjoin(PersonDetail, _newest(PersonDetail, _OF_PERSON))
    .outerjoin(SelfDescription, _newest(SelfDescription, _OF_ACCOUNT))
    .outerjoin(
        ConsentVersion,
        and_(
            ConsentVersion.client_id.in_(bindparam("clients", expanding=True)),
            _newest(ConsentVersion, _OF_ACCOUNT, ("client_id", ConsentVersion.client_id)),
        ),
    )
    .where(Account.id.in_(bindparam("accounts", expanding=True)))
)
