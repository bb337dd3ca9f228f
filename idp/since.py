"""Since when a client has been what it is: what was given to it as another does not count for what it became."""

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp.clients import recalled, row
from idp.registered import registered
from idp.registration.tables import ClientVersion
from idp.tables import Client


def since(reading: Reading, client_id: str, aspect: Callable[[Client], object]) -> datetime | None:
    """From when on `aspect` of the client has been what it is in its newest version; None if it was never another."""
    found = registered(reading, client_id)
    if found is None or found.version is None or found.version.number == 1:
        return None
    later = select(ClientVersion).where(ClientVersion.client_id == client_id, ClientVersion.number > 1)
    versions = reading.scalars(later.order_by(ClientVersion.number.desc())).all()
    clients = [*(row(client_id, recalled(one.registration), "") for one in versions), found.client]
    changes = zip(pairwise(clients), versions, strict=True)
    return next((version.at for (now, before), version in changes if aspect(now) != aspect(before)), None)
