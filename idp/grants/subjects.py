"""The name by which a sector of services knows an account, made at the first grant (OpenID Connect Core clause 8.1)."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session as Reading

from idp.tables import Subject
from ledger.facts import Facts
from ledger.ledger import Ledger
from ledger.rounds import looked_up
from pki.base64url import encode


def subject_for(ledger: Ledger, account_id: str, sector: str) -> tuple[Subject, list[Subject]]:
    """The subject, and what the caller adds to its entry: the subject itself where it is new.

    Two first grants at one moment: the later gets Taken of this table, and finds the subject when it asks again.
    """
    with ledger.read() as reading:
        found: Subject | None = looked_up(reading, _known, (account_id, sector))
    if found is not None:
        return found, []
    made = Subject(id=ledger.new_id(), account_id=account_id, sector=sector, sub=encode(ledger.randomness(24)))
    return made, [made]


def account_called(reading: Reading, sub: str, sector: str) -> str | None:
    """The id of the account that the sector knows by this name."""
    return reading.scalar(select(Subject.account_id).where(Subject.sub == sub, Subject.sector == sector))


def _known(reading: Reading, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Subject]:
    given = {"accounts": [account for account, _ in keys], "sectors": list({sector for _, sector in keys})}
    return {(found.account_id, found.sector): found for (found,) in _KNOWN.rows(reading, given)}


_KNOWN = Facts(
    select(Subject).where(
        Subject.account_id.in_(bindparam("accounts", expanding=True)),
        Subject.sector.in_(bindparam("sectors", expanding=True)),
    )
)
