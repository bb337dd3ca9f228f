"""What happens when a certificate ends or pauses, and when somebody asks for it."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.event import Code, Digest, Event, Id


@dataclass(frozen=True)
class CertificateRevoked(Event):
    """One certificate ended, and with it those of the same person that its ground reaches."""

    kind: ClassVar[str] = "certificate.revoked"
    certificate: Id
    reason: Code
    by: Id


@dataclass(frozen=True)
class PersonRevoked(Event):
    """All certificates of a person ended; with a Cutoff if the ground makes one."""

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
class ReleaseOrdered(Event):
    """An officer wants a pause to end; the signing room verifies his act next."""

    kind: ClassVar[str] = "release.ordered"
    certificate: Id
    order: Id
    by: Id


@dataclass(frozen=True)
class CertificateReleased(Event):
    """A pause ended; the certificate counts again."""

    kind: ClassVar[str] = "certificate.released"
    certificate: Id
    by: Id


@dataclass(frozen=True)
class ReleaseDishonoured(Event):
    """The signing room met an order to end a pause whose proof does not hold. Somebody wrote it who may not."""

    kind: ClassVar[str] = "release.dishonoured"
    order: Id
    code: Code


@dataclass(frozen=True)
class HoldExpired(Event):
    """A pause was not released before its end, so the certificate ended."""

    kind: ClassVar[str] = "hold.expired"
    certificate: Id


@dataclass(frozen=True)
class EndingRequested(Event):
    """Somebody asked that a certificate end or pause, and an officer must decide; the clock of the request runs."""

    kind: ClassVar[str] = "ending.requested"
    request: Id
    wish: Code
    channel: Code
    subject: Id | None = None
    by: Id | None = None


@dataclass(frozen=True)
class EndingOverdue(Event):
    """A request was open for so long that it is told to others; `code` says what it waits for."""

    kind: ClassVar[str] = "ending.overdue"
    request: Id
    step: Code
    code: Code


@dataclass(frozen=True)
class FurtherLetters(Event):
    """More letters about one ending, pause or request than its own entry could hold; they are of its transaction."""

    kind: ClassVar[str] = "ending.told"
    letters: int


@dataclass(frozen=True)
class EndingRequestsAnswered(Event):
    """What these requests asked for had come to pass by another entry: the signing room closed them."""

    kind: ClassVar[str] = "ending.answered"
    requests: int


@dataclass(frozen=True)
class EndingRequestClosed(Event):
    """An officer decided that nothing ends by this request."""

    kind: ClassVar[str] = "ending.closed"
    request: Id
    code: Code
    by: Id


@dataclass(frozen=True)
class RevocationCodeIssued(Event):
    """A slip with a code that revokes these certificates was printed for the person."""

    kind: ClassVar[str] = "revocation-code.issued"
    revocation_code: Id
    person: Id
    certificates: int
    by: Id


@dataclass(frozen=True)
class RevocationCodeUsed(Event):
    """Whoever has the slip entered its code, and its certificates ended."""

    kind: ClassVar[str] = "revocation-code.used"
    revocation_code: Id
    certificates: int


@dataclass(frozen=True)
class RevocationCodeGuessed(Event):
    """A code was entered; it uses up an attempt of its first group (`subject` is a digest) before it is looked at."""

    kind: ClassVar[str] = "revocation-code.guessed"
    subject: Digest
    number: int


@dataclass(frozen=True)
class RevocationCodeRefused(Event):
    """A code was not taken."""

    kind: ClassVar[str] = "revocation-code.refused"
    code: Code


@dataclass(frozen=True)
class ReplacementAsked(Event):
    """A holder wants the certificate of this request in the place of one that he has."""

    kind: ClassVar[str] = "replacement.asked"
    enrolment: Id
    certificate: Id
    by: Id


@dataclass(frozen=True)
class FollowingAsked(Event):
    """A holder asks under his key for what follows one of his certificates; what supported the one before carries."""

    kind: ClassVar[str] = "replacement.following"
    enrolment: Id
    certificate: Id
    person: Id
    way: Code
    profile: Code
    digest: Digest


@dataclass(frozen=True)
class ReplacementRefused(Event):
    """A wish to replace a certificate was not taken up."""

    kind: ClassVar[str] = "replacement.refused"
    code: Code
    by: Id | None = None


@dataclass(frozen=True)
class CertificateSuperseded(Event):
    """The new certificate was there long enough, so the one in whose place it came ended."""

    kind: ClassVar[str] = "certificate.superseded"
    certificate: Id
    successor: Id


@dataclass(frozen=True)
class ExpiryTold(Event):
    """The holder was told that his certificate ends in so many days."""

    kind: ClassVar[str] = "certificate.expiry-told"
    certificate: Id
    days: int


@dataclass(frozen=True)
class KeyBlocked(Event):
    """A key is blocked for ever; `ground` says by which way it was shown to be unsafe."""

    kind: ClassVar[str] = "key.blocked"
    key: Digest
    ground: Code
    certificates: int
    by: Id | None = None


@dataclass(frozen=True)
class KeysListed(Event):
    """Keys of a published list of known-bad ones are blocked before anybody asks for them."""

    kind: ClassVar[str] = "key.listed"
    source: Digest
    keys: int


@dataclass(frozen=True)
class KeyFactorShared(Event):
    """An RSA key that was to be certified has a prime in common with another one; `requests` to end that one's wait."""

    kind: ClassVar[str] = "key.factor-shared"
    key: Digest
    other: Digest
    requests: int


@dataclass(frozen=True)
class KeyReportRefused(Event):
    """A report of an unsafe key was not taken up."""

    kind: ClassVar[str] = "key.report-refused"
    report: Digest
    code: Code


@dataclass(frozen=True)
class DeskCertificateRevoked(Event):
    """A certificate ended since it rests on a desk that two persons do not trust, with what the ground reaches."""

    kind: ClassVar[str] = "desk.certificate-revoked"
    desk_revocation: Id
    certificate: Id
    reason: Code


@dataclass(frozen=True)
class DeskRevoked(Event):
    """Nothing lives any more that rests on what the desk saw or allowed in that time."""

    kind: ClassVar[str] = "desk.revoked"
    desk_revocation: Id
    certificates: int


EVENTS = (
    CertificateRevoked, PersonRevoked, RevocationRefused, CertificateHeld, ReleaseOrdered, CertificateReleased,
    ReleaseDishonoured, HoldExpired, EndingRequested, EndingOverdue, FurtherLetters, EndingRequestsAnswered,
    EndingRequestClosed, RevocationCodeIssued, RevocationCodeUsed, RevocationCodeGuessed, RevocationCodeRefused,
    ReplacementAsked, FollowingAsked, ReplacementRefused, CertificateSuperseded, ExpiryTold, KeyBlocked, KeysListed,
    KeyFactorShared, KeyReportRefused, DeskCertificateRevoked, DeskRevoked,
)  # fmt: skip
