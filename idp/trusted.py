"""Certificates that services registered themselves: what the port for services takes besides our own (RFC 8705, 2.2).

Trusting one in the handshake says nothing yet: the endpoint compares it with the client's own, byte for byte.
"""

from ssl import SSLContext

from cryptography import x509
from sqlalchemy import select

from idp.client_keys import parse_key_set
from idp.tables import Client, ClientRetirement
from ledger.base import without
from ledger.ledger import Ledger


def registered_certificates(ledger: Ledger) -> tuple[bytes, ...]:
    """Those of living clients, as DER, in one order: to authenticate with, or to bind tokens to."""
    statement = select(Client.jwks).where(Client.jwks.is_not(None))
    with ledger.read() as reading:
        sets = reading.scalars(without(statement, Client.id, ClientRetirement)).all()
    found = {key.certificate for text in sets if text for key in parse_key_set(text) if key.certificate}
    return tuple(sorted(filter(certifies_nobody, found)))


def certifies_nobody(der: bytes) -> bool:
    """Whether no other certificate could be under it: version 3, no CA, no right to sign certificates."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        extensions = certificate.extensions
    except (ValueError, x509.InvalidVersion):
        return False
    if certificate.version is not x509.Version.v3:
        return False
    for extension in extensions:
        if isinstance(extension.value, x509.BasicConstraints) and extension.value.ca:
            return False
        if isinstance(extension.value, x509.KeyUsage) and extension.value.key_cert_sign:
            return False
    return True


def trust(context: SSLContext, certificates: tuple[bytes, ...]) -> None:
    """Handshakes with these very certificates succeed from now on."""
    if certificates:
        context.load_verify_locations(cadata=b"".join(certificates))
