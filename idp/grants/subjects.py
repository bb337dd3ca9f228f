"""The name by which a sector of services knows an account, made at the first grant (OpenID Connect Core clause 8.1)."""

from sqlalchemy import bindparam, select

from idp.tables import Subject
from ledger.facts import Facts
from ledger.ledger import Ledger
from pki.base64url import encode


def subject_for(ledger: Ledger, account_id: str, sector: str) -> tuple[Subject, list[Subject]]:
    """The subject, and what the caller adds to its entry: the subject itself where it is new.

    Two first grants at one moment: the later gets Taken of this table, and finds the subject when it asks again.
    """
    with ledger.read() as reading:
        found = _KNOWN.rows(reading, {"account": account_id, "sector": sector})
    if found:
        return found[0][0], []
    made = Subject(id=ledger.new_id(), account_id=account_id, sector=sector, sub=encode(ledger.randomness(24)))
    return made, [made]


_KNOWN = Facts(select(Subject).where(Subject.account_id == bindparam("account"), Subject.sector == bindparam("sector")))
