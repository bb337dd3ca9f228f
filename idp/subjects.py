"""The random names by which each sector of services knows an account (OpenID Connect Core clause 8.1)."""

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp.tables import Subject
from ledger.ledger import Ledger
from pki.base64url import encode


def known_subject(reading: Reading, account_id: str, sector: str) -> Subject | None:
    """The name that the sector has for the account already."""
    return reading.scalar(select(Subject).where(Subject.account_id == account_id, Subject.sector == sector))


def new_subject(ledger: Ledger, account_id: str, sector: str) -> Subject:
    """A fresh name; the caller adds it to its entry, which ends in Taken if another was first."""
    sub = encode(ledger.randomness(24))
    return Subject(id=ledger.new_id(), account_id=account_id, sector=sector, sub=sub)
