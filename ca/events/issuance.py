"""What happens on the signing line."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.event import Code, Digest, Event, Id


@dataclass(frozen=True)
class CertificateIntended(Event):
    """These very bytes are about to be signed, once."""

    kind: ClassVar[str] = "certificate.intended"
    certificate: Id
    profile: Code
    tbs: Digest
    person: Id | None = None
    enrolment: Id | None = None


@dataclass(frozen=True)
class CertificateIssued(Event):
    """The intent was signed; `certificate_sha256` is of the whole certificate."""

    kind: ClassVar[str] = "certificate.issued"
    certificate: Id
    certificate_sha256: Digest
    person: Id | None = None


@dataclass(frozen=True)
class CertificatesIntended(Event):
    """As `certificate.intended`, for many of one batch; profile and enrolment of each are in the facts it names."""

    kind: ClassVar[str] = "certificate.intended-many"
    certificates: tuple[Id, ...]
    tbs: tuple[Digest, ...]
    """Of each, in the same order."""
    persons: tuple[Id, ...]
    """Whom they name, each once."""


@dataclass(frozen=True)
class CertificatesIssued(Event):
    """As `certificate.issued`, for many of one batch."""

    kind: ClassVar[str] = "certificate.issued-many"
    certificates: tuple[Id, ...]
    certificates_sha256: tuple[Digest, ...]
    """Of each, in the same order."""
    persons: tuple[Id, ...]
    """Whom they name, each once."""


@dataclass(frozen=True)
class IntentAbandoned(Event):
    """An intent ends without a certificate: a crash came between, or the last look found a reason to stop."""

    kind: ClassVar[str] = "certificate.abandoned"
    certificate: Id
    code: Code


@dataclass(frozen=True)
class CrlPublished(Event):
    """A CRL was signed and can be fetched; `shard` is its part, `base` the number that a delta goes on from."""

    kind: ClassVar[str] = "crl.published"
    issuer: Id
    number: int
    entries: int
    crl: Digest
    shard: int | None = None
    base: int | None = None


EVENTS = (
    CertificateIntended,
    CertificateIssued,
    CertificatesIntended,
    CertificatesIssued,
    IntentAbandoned,
    CrlPublished,
)
