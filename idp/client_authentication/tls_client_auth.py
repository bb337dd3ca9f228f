"""`tls_client_auth`: a certificate of our own CA for the registered subject (RFC 8705 clause 2.1).

It must be in the ledger, live, and carry just the name that was registered: `dns:…` among its alternative names,
or `dn:…`, its whole subject as RFC 4514 writes it.
"""

from hashlib import sha256

from cryptography import x509
from sqlalchemy import select

from idp.client_authentication.presented import Presented
from idp.provider import Provider
from idp.sessions import is_stopped
from idp.tables import Client
from ledger.certificates import Certificate
from pki.errors import UNREADABLE


def client_id(presented: Presented) -> str | None:
    """Whom the form names, if the handshake had a certificate."""
    return presented.form.get("client_id") if presented.certificate is not None else None


def is_proven(provider: Provider, client: Client, presented: Presented) -> bool:
    """Whether the certificate of the handshake is live and the client's."""
    der, now = presented.certificate, provider.ledger.clock.now()
    if der is None or not client.tls_subject or not is_named(der, client.tls_subject):
        return False
    ours = select(Certificate.id).where(
        Certificate.sha256 == sha256(der).hexdigest(), Certificate.not_before <= now, ~is_stopped(now)
    )
    with provider.ledger.read() as reading:
        return reading.scalar(ours) is not None


def is_named(der: bytes, registered: str) -> bool:
    """Whether a certificate has the name (`dn:…` or `dns:…`) that its client registered."""
    kind, _, name = registered.partition(":")
    try:
        certificate = x509.load_der_x509_certificate(der)
        if kind == "dn":
            return certificate.subject.rfc4514_string() == name
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return name in names.get_values_for_type(x509.DNSName)
    except (*UNREADABLE, x509.ExtensionNotFound):
        return False
