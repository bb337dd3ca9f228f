"""The terms that a subscriber accepts: their version, and the digest that his acceptance names (ID-05)."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.configuration import DEFAULT
from ca.statement.figures import figures
from ca.statement.text import render
from ca.tables.statement import StatementVersion

_NEWEST = (
    select(StatementVersion.number, StatementVersion.digest)
    .where(StatementVersion.document == "terms")
    .order_by(StatementVersion.number.desc())
    .limit(1)
)


class Terms(NamedTuple):
    """A version of the terms; version 0 was never published."""

    version: int
    digest: str
    """Hex SHA-256 over both languages."""


def current(session: Session | None = None) -> Terms:
    """The terms in force in this snapshot; as long as none were published, and without one, what would be."""
    if session is not None:
        found = session.execute(_NEWEST).first()
        if found is not None:
            return Terms(*found)
    return Terms(0, render("terms", figures(DEFAULT)).digest)
