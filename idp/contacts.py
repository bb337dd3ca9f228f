"""Where those who keep a service are written to: at its own contacts, and at its organisation's address."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp.agreements import newest_agreement
from idp.declared import declared_by
from idp.tables import Client
from ledger.people import OrganisationDetail


def addresses(reading: Reading, clients: Iterable[Client]) -> tuple[str, ...]:
    """Mail addresses for all of these services, each once; the organisation's is that of the newest agreement."""
    found = (address for client in clients for address in (*declared_by(client).contacts, _of_body(reading, client)))
    return tuple(dict.fromkeys(filter(None, found)))


def _of_body(reading: Reading, client: Client) -> str | None:
    agreement = newest_agreement(reading, client.id)
    if agreement is None:
        return None
    details = select(OrganisationDetail.contact).where(OrganisationDetail.organisation_id == agreement.organisation_id)
    return reading.scalar(details.order_by(OrganisationDetail.number.desc()).limit(1))
