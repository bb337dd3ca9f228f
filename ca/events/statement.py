"""What happens to the statements of the CA."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.event import Code, Digest, Event, Id


@dataclass(frozen=True)
class StatementPublished(Event):
    """New versions of these documents are in force; `plan` is what two persons agreed to."""

    kind: ClassVar[str] = "statement.published"
    documents: tuple[Code, ...]
    versions: tuple[int, ...]
    digests: tuple[Digest, ...]
    figures: Digest
    plan: Digest | None = None


@dataclass(frozen=True)
class StatementApproved(Event):
    """A person agreed to a plan for new versions."""

    kind: ClassVar[str] = "statement.approved"
    plan: Digest
    by: Id


@dataclass(frozen=True)
class StatementRefused(Event):
    """Somebody wanted to approve or publish and may not, or the plan is no longer what would be published."""

    kind: ClassVar[str] = "statement.refused"
    plan: Digest
    code: Code
    by: Id | None = None


EVENTS = (StatementPublished, StatementApproved, StatementRefused)
