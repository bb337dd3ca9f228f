"""What happens at ceremonies."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.event import Code, Digest, Event, Id


@dataclass(frozen=True)
class IssuerMade(Event):
    """A CA certificate of ours was signed, and its issuer can be used."""

    kind: ClassVar[str] = "ceremony.issuer-made"
    issuer: Id
    name: Code
    generation: int
    certificate_sha256: Digest


@dataclass(frozen=True)
class KeyMade(Event):
    """A key of ours was made; from here on it belongs to this service."""

    kind: ClassVar[str] = "ceremony.key-made"
    name: Code
    key: Digest


@dataclass(frozen=True)
class ModeSet(Event):
    """The home is for practice or for production, for good."""

    kind: ClassVar[str] = "ceremony.mode-set"
    mode: Code


@dataclass(frozen=True)
class FirstOfficerAdmitted(Event):
    """The ceremony makes a person a registration officer and takes up his key, since nobody could decide yet."""

    kind: ClassVar[str] = "ceremony.officer-admitted"
    person: Id
    key: Digest


@dataclass(frozen=True)
class OfficerRekeyed(Event):
    """The ceremony takes up another key of an officer whom one admitted: no request is behind his first."""

    kind: ClassVar[str] = "ceremony.officer-rekeyed"
    person: Id
    key: Digest


@dataclass(frozen=True)
class CeremonyBegun(Event):
    """Enough operators approved the plan of this digest, and its steps may be done."""

    kind: ClassVar[str] = "ceremony.begun"
    run: Id
    plan: Digest
    quorum: int
    operators: int
    known: int = 0
    """How many of them were operators of an earlier ceremony here."""


@dataclass(frozen=True)
class CeremonyStepDone(Event):
    """A step of the plan is done; the digest is of its line in the transcript."""

    kind: ClassVar[str] = "ceremony.step-done"
    run: Id
    number: int
    step: Code
    line: Digest


@dataclass(frozen=True)
class TranscriptSigned(Event):
    """An operator who was there, or the log, signed the transcript; the digest is of its last line."""

    kind: ClassVar[str] = "ceremony.transcript-signed"
    run: Id
    operator: Code
    line: Digest


@dataclass(frozen=True)
class KeyGivenUp(Event):
    """A key of ours is used for nothing from here on; what is left of it is destroyed next."""

    kind: ClassVar[str] = "ceremony.key-given-up"
    name: Code
    key: Digest


@dataclass(frozen=True)
class FirstDeskOpened(Event):
    """The ceremony opens the desk where the first officers register, since nobody could approve it yet."""

    kind: ClassVar[str] = "ceremony.desk-opened"
    desk: Id
    code: Code


EVENTS = (
    IssuerMade,
    KeyMade,
    ModeSet,
    FirstOfficerAdmitted,
    OfficerRekeyed,
    CeremonyBegun,
    CeremonyStepDone,
    TranscriptSigned,
    KeyGivenUp,
    FirstDeskOpened,
)
