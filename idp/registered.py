"""All that is known of a client, in one statement, once in each snapshot: `idp.clients` makes of it what counts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, select
from sqlalchemy.orm import Session as Reading
from sqlalchemy.orm import aliased

from idp.registration.tables import ClientAgreement, ClientVersion
from idp.tables import Client, ClientRetirement


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
        found = session.execute(_KNOWN, {"client": client_id}).first() if client_id.isprintable() else None
        known[client_id] = Registered(found[0], found[1] is not None, found[2], found[3]) if found else None
    return known[client_id]


def _newest(version: type[Any]) -> ColumnElement[bool]:
    """The condition that a version is the client's newest."""
    other = aliased(version)
    newest = select(func.max(other.number)).where(other.client_id == Client.id).correlate(Client)
    return and_(version.client_id == Client.id, version.number == newest.scalar_subquery())


_KNOWN = (
    select(Client, ClientRetirement.client_id, ClientVersion, ClientAgreement)
    .outerjoin(ClientRetirement, ClientRetirement.client_id == Client.id)
    .outerjoin(ClientVersion, _newest(ClientVersion))
    .outerjoin(ClientAgreement, _newest(ClientAgreement))
    .where(Client.id == bindparam("client"))
)
