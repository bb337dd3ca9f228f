"""What happens when a certificate ends or pauses."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.event import Code, Event, Id


@dataclass(frozen=True)
class CertificateRevoked(Event):
    """One certificate ended."""

    kind: ClassVar[str] = "certificate.revoked"
    certificate: Id
    reason: Code
    by: Id


@dataclass(frozen=True)
class PersonRevoked(Event):
    """All certificates of a person ended; with a Cutoff unless the reason is `superseded`."""

    kind: ClassVar[str] = "person.revoked"
    person: Id
    reason: Code
    certificates: int
    by: Id


@dataclass(frozen=True)
class RevocationRefused(Event):
    """Somebody wanted to revoke, hold or release and may not, or there is nothing to do it to."""

    kind: ClassVar[str] = "revocation.refused"
    subject: Id
    code: Code
    by: Id | None = None


@dataclass(frozen=True)
class CertificateHeld(Event):
    """A certificate is paused."""

    kind: ClassVar[str] = "certificate.held"
    certificate: Id
    by: Id


@dataclass(frozen=True)
class CertificateReleased(Event):
    """A pause ended; the certificate counts again."""

    kind: ClassVar[str] = "certificate.released"
    certificate: Id
    by: Id


EVENTS = (CertificateRevoked, PersonRevoked, RevocationRefused, CertificateHeld, CertificateReleased)
