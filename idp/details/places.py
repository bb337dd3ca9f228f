"""The services that may act by what people agree to in detail, as people know them."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp import clients
from idp.tables import Client


def serving(reading: Reading, place: str, now: datetime) -> Client | None:
    """The live client that is registered to be the resource at this place; of several the first."""
    named = select(Client.id).where(Client.serves.contains(place, autoescape=True)).order_by(Client.id)
    for client_id in reading.scalars(named):
        client, lives = clients.find(reading, client_id, now)
        if client is not None and lives and place in (client.serves or "").split(" "):
            return client
    return None
