"""What happens to issuers: beginnings, requests to an outside root, roll-overs, ends, and the leave they work under."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from ledger.event import Code, Digest, Event, Id


@dataclass(frozen=True)
class IssuerStartSet(Event):
    """From this time on the generation signs new certificates, if its certificate is there by then."""

    kind: ClassVar[str] = "ceremony.start-set"
    name: Code
    generation: int
    starts_at: datetime


@dataclass(frozen=True)
class IssuerRequested(Event):
    """A request to be certified by an outside root was made; `outside` is the digest of that root's certificate."""

    kind: ClassVar[str] = "ceremony.request-made"
    request: Id
    name: Code
    generation: int
    key: Digest
    outside: Digest


@dataclass(frozen=True)
class IssuerImported(Event):
    """The outside root's answer was taken, and the issuer can be used."""

    kind: ClassVar[str] = "ceremony.issuer-imported"
    request: Id
    issuer: Id
    name: Code
    generation: int
    certificate_sha256: Digest


@dataclass(frozen=True)
class OutsideCertificateKept(Event):
    """A certificate above ours was taken up and is published."""

    kind: ClassVar[str] = "ceremony.outside-kept"
    certificate_sha256: Digest


@dataclass(frozen=True)
class ImportRefused(Event):
    """What came as the outside root's answer was not taken. `answer` is the digest of what was handed in."""

    kind: ClassVar[str] = "ceremony.import-refused"
    code: Code
    answer: Digest


@dataclass(frozen=True)
class ClosingActed(Event):
    """A person acted for the end of an issuer; the first opens the Closing."""

    kind: ClassVar[str] = "closing.acted"
    closing: Id
    issuer: Id
    way: Code
    by: Id


@dataclass(frozen=True)
class IssuerEnded(Event):
    """The issuer certifies nobody any more. `way` is `terminate` or `compromise`."""

    kind: ClassVar[str] = "closing.issuer-ended"
    issuer: Id
    way: Code


@dataclass(frozen=True)
class IssuersCertificatesRevoked(Event):
    """Some of the certificates of an issuer that ended were revoked, and their holders are written to."""

    kind: ClassVar[str] = "closing.certificates-revoked"
    issuer: Id
    reason: Code
    certificates: int


@dataclass(frozen=True)
class ClosingRefused(Event):
    """Somebody wanted to end an issuer and may not, or there is nothing to end."""

    kind: ClassVar[str] = "closing.refused"
    subject: Code
    code: Code
    by: Id | None = None


@dataclass(frozen=True)
class IssuerArchived(Event):
    """What the issuer did was written into a folder for who takes it over."""

    kind: ClassVar[str] = "closing.archived"
    issuer: Id
    certificates: int
    manifest: Digest


@dataclass(frozen=True)
class AuthorityRecorded(Event):
    """A CA operator entered the leave to run this CA; with the second one it counts."""

    kind: ClassVar[str] = "authority.recorded"
    record: Id
    valid_from: datetime
    valid_to: datetime | None = None
    by: Id | None = None


@dataclass(frozen=True)
class AuthorityWithdrawn(Event):
    """A CA operator acted for the end of a leave; with the second one it has ended."""

    kind: ClassVar[str] = "authority.withdrawn"
    record: Id
    by: Id


@dataclass(frozen=True)
class AuthorityRefused(Event):
    """A leave was not entered."""

    kind: ClassVar[str] = "authority.refused"
    code: Code
    by: Id | None = None


EVENTS = (
    IssuerStartSet,
    IssuerRequested,
    IssuerImported,
    OutsideCertificateKept,
    ImportRefused,
    ClosingActed,
    IssuerEnded,
    IssuersCertificatesRevoked,
    ClosingRefused,
    IssuerArchived,
    AuthorityRecorded,
    AuthorityWithdrawn,
    AuthorityRefused,
)
