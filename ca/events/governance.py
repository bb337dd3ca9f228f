"""What happens when rules, duties and desks are changed under four eyes."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.event import Code, Digest, Event, Id


@dataclass(frozen=True)
class ChangePlanned(Event):
    """A person planned a change and signed its digest; nothing is changed yet."""

    kind: ClassVar[str] = "change.planned"
    change: Id
    what: Code
    digest: Digest
    by: Id


@dataclass(frozen=True)
class ChangeApproved(Event):
    """Another person said yes to a change."""

    kind: ClassVar[str] = "change.approved"
    change: Id
    by: Id


@dataclass(frozen=True)
class ChangeRefused(Event):
    """A person said no to a change, or its planner took it back; it is over."""

    kind: ClassVar[str] = "change.refused"
    change: Id
    by: Id


@dataclass(frozen=True)
class ChangeApplied(Event):
    """A change is in force: what it brings are the facts of this entry."""

    kind: ClassVar[str] = "change.applied"
    change: Id
    what: Code
    digest: Digest
    by: Id


@dataclass(frozen=True)
class ChangeDenied(Event):
    """Somebody wanted to plan, approve, refuse or apply a change and may not, or it cannot be done."""

    kind: ClassVar[str] = "change.denied"
    act: Code
    code: Code
    digest: Digest | None = None
    by: Id | None = None


EVENTS = (ChangePlanned, ChangeApproved, ChangeRefused, ChangeApplied, ChangeDenied)
