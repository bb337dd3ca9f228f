"""Certificates that services registered themselves: what the port for services takes besides our own (RFC 8705, 2.2).

Trusting one in the handshake says nothing yet: the endpoint compares it with the client's own, byte for byte.
"""

from ssl import SSLContext

from sqlalchemy import exists, or_, select

from idp.client_keys import certifies_nobody, parse_key_set
from idp.clients import current
from idp.registration.tables import ClientVersion
from idp.tables import Client, ClientRetirement
from ledger.base import without
from ledger.ledger import Ledger


def registered_certificates(ledger: Ledger) -> tuple[bytes, ...]:
    """Those of clients that are not retired, as DER, in one order: to authenticate with, or to bind tokens to."""
    changed = exists().where(ClientVersion.client_id == Client.id, ClientVersion.number > 1)
    statement = select(Client.id).where(or_(Client.jwks.is_not(None), changed))
    with ledger.read() as reading:
        having = reading.scalars(without(statement, Client.id, ClientRetirement)).all()
        sets = [client.jwks for client in (current(reading, one) for one in having) if client is not None]
    found = {key.certificate for text in sets if text for key in parse_key_set(text) if key.certificate}
    return tuple(sorted(filter(certifies_nobody, found)))


def trust(context: SSLContext, certificates: tuple[bytes, ...]) -> None:
    """Handshakes with these very certificates succeed from now on."""
    if certificates:
        context.load_verify_locations(cadata=b"".join(certificates))
