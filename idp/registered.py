"""All that is known of a client, in one statement, once in each snapshot: `idp.clients` makes of it what counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, select
from sqlalchemy.orm import Session as Reading
from sqlalchemy.orm import aliased

from idp.registration.tables import ClientAgreement, ClientVersion
from idp.tables import Client, ClientRetirement
from ledger.facts import Facts
from ledger.rounds import looked_up


@dataclass(frozen=True)
class Registered:
    """A client as it was registered first, its newest version if there is any, and all that says whether it lives."""

    client: Client
    retired: bool
    version: ClientVersion | None
    agreement: ClientAgreement | None
    """The newest."""

    def lives(self, now: datetime) -> bool:
        """Whether it was not retired, and its agreement, if it has one, counts."""
        agreement = self.agreement
        return not self.retired and (agreement is None or agreement.valid_from <= now < agreement.valid_until)


def registered(session: Reading, client_id: str) -> Registered | None:
    """The client of this id. None has a control character, which PostgreSQL would not take."""
    known: dict[str, Registered | None] = session.info.setdefault("clients", {})
    if client_id not in known:
        known[client_id] = looked_up(session, _found, client_id) if client_id.isprintable() else None
    return known[client_id]


def _found(session: Reading, ids: Sequence[str]) -> dict[str, Registered]:
    found = _KNOWN.rows(session, {"clients": ids})
    return {row[0].id: Registered(row[0], row[1] is not None, row[2], row[3]) for row in found}


def _newest(version: type[Any]) -> ColumnElement[bool]:
    """The condition that a version is the client's newest."""
    other = aliased(version)
    newest = select(func.max(other.number)).where(other.client_id == Client.id).correlate(Client)
    return and_(version.client_id == Client.id, version.number == newest.scalar_subquery())


_KNOWN = Facts(
    select(Client, ClientRetirement.client_id, ClientVersion, ClientAgreement)
    .outerjoin(ClientRetirement, ClientRetirement.client_id == Client.id)
    .outerjoin(ClientVersion, _newest(ClientVersion))
    .outerjoin(ClientAgreement, _newest(ClientAgreement))
    .where(Client.id.in_(bindparam("clients", expanding=True)))
)
