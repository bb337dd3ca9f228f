"""Every public key that the CA's tables know: certified or asked for, of CAs above, beside and below, of ACME accounts.

Keys of the provider's clients are in tables of its own, which this house does not read.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from ca.machines.forms import parsed_form
from ca.tables.acme import AcmeAccountKey
from ca.tables.hierarchy import OutsideCertificate
from ca.tables.registration import Enrolment
from ledger.base import Fact
from ledger.certificates import Certificate, Issuer
from ledger.decision import Refuse
from ledger.recognition import ForeignCa
from pki import der, oids
from pki.certificate import parse_certificate
from pki.keys import key_sha256

_RSA = der.oid(oids.RSA_ENCRYPTION)
_AT_ONCE = 1000
"""Rows in memory while keys are read."""


def is_rsa(octets: bytes) -> bool:
    """Whether an RSA key can be in it, be it a key, a certificate or a request: asked before anything is parsed."""
    return _RSA in octets


def keys_in(
    session: Session, kind: type[Fact], among: Sequence[str] | None = None, *, only_rsa: bool = False
) -> Iterator[tuple[str, bytes]]:
    """The digest of each key with its SubjectPublicKeyInfo, in all facts of this kind or in those with these ids.

    One that stands in several facts comes several times; of requests come those that are not certified yet.
    """
    octets, spki_of = SOURCES[kind]
    key = kind.__mapper__.primary_key[0]
    found: Select[Any] = select(octets).order_by(key)
    if kind is Enrolment:
        found = found.where(~select(Certificate.id).where(Certificate.key_sha256 == Enrolment.key_sha256).exists())
    if among is not None:
        found = found.where(key.in_(among))
    for (one,) in session.execute(found).yield_per(_AT_ONCE):
        if is_rsa(bytes(one)) or not only_rsa:
            spki = spki_of(bytes(one))
            if spki is not None:
                yield key_sha256(spki), spki


def _certified(octets: bytes) -> bytes:
    return parse_certificate(octets).spki


def _requested(octets: bytes) -> bytes | None:
    asked = parsed_form(octets)
    return None if isinstance(asked, Refuse) else asked.spki


SOURCES: Mapping[type[Fact], tuple[InstrumentedAttribute[bytes], Callable[[bytes], bytes | None]]] = {
    Certificate: (Certificate.der, _certified),
    Issuer: (Issuer.certificate, _certified),
    OutsideCertificate: (OutsideCertificate.der, _certified),
    ForeignCa: (ForeignCa.certificate, _certified),
    AcmeAccountKey: (AcmeAccountKey.spki, lambda spki: spki),
    Enrolment: (Enrolment.request, _requested),
}
"""By kind of fact: where the octets are, and how the key is found in them."""
