"""What has been published: read from the ledger."""

from dataclasses import replace
from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ca.issuance.composition import IssuingKey
from ca.tables.statement import StatementVersion
from pki.issuer import IssuerView

IN_FORCE = select(func.max(StatementVersion.number)).where(StatementVersion.document == "cps")
"""The number of the practice statement in force; None before the first."""


def newest(session: Session, document: str) -> StatementVersion | None:
    """The version in force."""
    statement = select(StatementVersion).where(StatementVersion.document == document)
    return session.scalar(statement.order_by(StatementVersion.number.desc()).limit(1))


def numbered(session: Session, document: str, number: int) -> StatementVersion | None:
    """One version, in force or not."""
    statement = select(StatementVersion).where(StatementVersion.document == document)
    return session.scalar(statement.where(StatementVersion.number == number))


def naming_version(number: int | None, issuing: IssuingKey) -> IssuingKey:
    """The issuer as its certificates refer to it now: the statement's address has that version, in force (CE-07)."""
    if number is None or not issuing.view.cps_url:
        return issuing
    return replace(issuing, view=_naming(issuing.view, number))


@lru_cache(maxsize=64)
def _naming(view: IssuerView, number: int) -> IssuerView:
    """The same one again: whatever is kept by it is found at once."""
    return replace(view, cps_url=f"{view.cps_url}/{number}")
