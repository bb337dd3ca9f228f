"""What happens between machines and the CA."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.event import Code, Digest, Event, Id


@dataclass(frozen=True)
class AllowanceConfirmed(Event):
    """An officer of the organisation confirmed what its machines may ask for, under his own signature."""

    kind: ClassVar[str] = "allowance.confirmed"
    allowance: Id
    organisation: Id
    officer: Id


@dataclass(frozen=True)
class AllowanceAccepted(Event):
    """The responsible person accepted to answer for the machines' keys, by terms of this digest."""

    kind: ClassVar[str] = "allowance.accepted"
    allowance: Id
    person: Id
    terms: Digest


@dataclass(frozen=True)
class AllowanceActRefused(Event):
    """A confirmation or acceptance of an allowance, or a secret for it, was refused."""

    kind: ClassVar[str] = "allowance.refused"
    allowance: Id
    code: Code
    by: Id | None = None


@dataclass(frozen=True)
class AllowanceSecretMade(Event):
    """A secret with which machines begin to ask was made for the allowance."""

    kind: ClassVar[str] = "allowance.secret-made"
    secret: Id
    allowance: Id
    protocol: Code
    by: Id


@dataclass(frozen=True)
class AllowanceSecretWithdrawn(Event):
    """A secret opens nothing any more."""

    kind: ClassVar[str] = "allowance.secret-withdrawn"
    secret: Id
    by: Id


@dataclass(frozen=True)
class MachineRequested(Event):
    """A machine asked for a key to be certified, under an allowance; possession holds and its proof is kept."""

    kind: ClassVar[str] = "machine.requested"
    enrolment: Id
    allowance: Id
    protocol: Code
    profile: Code
    digest: Digest


@dataclass(frozen=True)
class MachineRefused(Event):
    """A request under a known allowance was not taken up. `request` is the SHA-256 of what was asked with."""

    kind: ClassVar[str] = "machine.refused"
    code: Code
    allowance: Id
    protocol: Code
    request: Digest


@dataclass(frozen=True)
class MachineAccepted(Event):
    """A machine said that it has its new certificate and takes it; `replaces` is the one that it updates by it."""

    kind: ClassVar[str] = "machine.accepted"
    certificate: Id
    protocol: Code
    replaces: Id | None = None


@dataclass(frozen=True)
class MachineEndingAsked(Event):
    """A machine asked that its certificate end, under its own key or as an ACME account that may."""

    kind: ClassVar[str] = "machine.ending-asked"
    ending: Id
    certificate: Id
    protocol: Code
    reason: Code


@dataclass(frozen=True)
class MachineEndingDishonoured(Event):
    """The signing room found that a machine's wish to end its certificate is not proven."""

    kind: ClassVar[str] = "machine.ending-dishonoured"
    ending: Id
    code: Code


@dataclass(frozen=True)
class MachineCertificateEnded(Event):
    """A machine's certificate ended because its own key asked for it, or because it did not take it."""

    kind: ClassVar[str] = "machine.ended"
    certificate: Id
    ending: Id
    reason: Code


EVENTS = (
    AllowanceConfirmed, AllowanceAccepted, AllowanceActRefused, AllowanceSecretMade, AllowanceSecretWithdrawn,
    MachineRequested, MachineRefused, MachineAccepted, MachineEndingAsked, MachineEndingDishonoured,
    MachineCertificateEnded,
)  # fmt: skip
