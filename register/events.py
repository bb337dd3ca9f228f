"""What can happen in the register. Names are nowhere in it: they are in the facts, which may be erased."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from ledger.event import Code, Digest, Event, Id


@dataclass(frozen=True)
class ImportBegun(Event):
    """A plan began to be applied."""

    kind: ClassVar[str] = "register.import-begun"
    import_id: Id
    plan: Digest
    lines: int


@dataclass(frozen=True)
class ImportEnded(Event):
    """A plan was applied to its end: how many lines were done now, were so already, or were left."""

    kind: ClassVar[str] = "register.import-ended"
    import_id: Id
    plan: Digest
    applied: int
    same: int
    left: int
    receipt: Digest


@dataclass(frozen=True)
class ImportRefused(Event):
    """A plan was not applied at all."""

    kind: ClassVar[str] = "register.import-refused"
    plan: Digest
    reason: Code


@dataclass(frozen=True)
class PersonRegistered(Event):
    """A person got his permanent number."""

    kind: ClassVar[str] = "register.person-registered"
    person_id: Id
    source: Code
    import_id: Id
    line: int


@dataclass(frozen=True)
class PersonChanged(Event):
    """A person's names or contacts have a new version."""

    kind: ClassVar[str] = "register.person-changed"
    person_id: Id
    version: int
    import_id: Id
    line: int


@dataclass(frozen=True)
class PostCreated(Event):
    """An office came to be known."""

    kind: ClassVar[str] = "register.post-created"
    post_id: Id
    organisation_id: Id
    import_id: Id
    line: int


@dataclass(frozen=True)
class AppointmentMade(Event):
    """A person is in a post."""

    kind: ClassVar[str] = "register.appointment-made"
    appointment_id: Id
    person_id: Id
    post_id: Id
    decree: Code
    import_id: Id
    line: int


@dataclass(frozen=True)
class AppointmentChanged(Event):
    """An appointment was ended, prolonged or corrected."""

    kind: ClassVar[str] = "register.appointment-changed"
    appointment_id: Id
    version: int
    decree: Code
    import_id: Id
    line: int


@dataclass(frozen=True)
class MandateGranted(Event):
    """A person may do something in a post."""

    kind: ClassVar[str] = "register.mandate-granted"
    mandate_id: Id
    person_id: Id
    post_id: Id
    act: Code
    decree: Code
    import_id: Id
    line: int


@dataclass(frozen=True)
class MandateChanged(Event):
    """A mandate was ended, limited otherwise or corrected."""

    kind: ClassVar[str] = "register.mandate-changed"
    mandate_id: Id
    version: int
    decree: Code
    import_id: Id
    line: int


@dataclass(frozen=True)
class OrganisationRegistered(Event):
    """A body of the state came to be known."""

    kind: ClassVar[str] = "register.organisation-registered"
    organisation_id: Id
    code: Code


@dataclass(frozen=True)
class OrganisationChanged(Event):
    """A body was renamed, ended or corrected."""

    kind: ClassVar[str] = "register.organisation-changed"
    organisation_id: Id
    version: int


@dataclass(frozen=True)
class SuccessionRecorded(Event):
    """What one body was is, from `at`, another."""

    kind: ClassVar[str] = "register.succession-recorded"
    organisation_id: Id
    successor_id: Id
    at: datetime


EVENTS = (
    ImportBegun,
    ImportEnded,
    ImportRefused,
    PersonRegistered,
    PersonChanged,
    PostCreated,
    AppointmentMade,
    AppointmentChanged,
    MandateGranted,
    MandateChanged,
    OrganisationRegistered,
    OrganisationChanged,
    SuccessionRecorded,
)
