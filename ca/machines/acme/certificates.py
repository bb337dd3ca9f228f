"""The chains that a client is given with its certificate (RFC 8555 clause 7.4.2)."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.tables.hierarchy import IssuerImport
from ledger.certificates import Certificate, Issuer


def chains(session: Session, certificate: Certificate) -> list[list[bytes]]:
    """The certificate with what is above it, DER, without the root that clients have; the usual chain first.

    Further ones lead to outside roots that certified our issuer or the root above it.
    """
    issuer = session.get_one(Issuer, certificate.issuer_id)
    usual = [certificate.der, issuer.certificate]
    crossed = [[certificate.der, other] for other in _imports(session, issuer)]
    for above in session.scalars(select(Issuer).where(Issuer.name == "root")):
        if _subject(above.certificate) == x509.load_der_x509_certificate(issuer.certificate).issuer:
            crossed += [[*usual, other] for other in _imports(session, above)]
    return [usual, *crossed]


def pem(chain: Sequence[bytes]) -> str:
    """The chain as application/pem-certificate-chain (RFC 8555 clause 9.1), the end entity first."""
    return "".join(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode() for der in chain)


def _imports(session: Session, issuer: Issuer) -> list[bytes]:
    found = select(IssuerImport.certificate).where(IssuerImport.issuer_id == issuer.id).order_by(IssuerImport.sha256)
    return [bytes(der) for der in session.scalars(found)]


def _subject(der: bytes) -> x509.Name:
    return x509.load_der_x509_certificate(der).subject
