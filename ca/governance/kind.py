"""What a kind of change is: how it is read, what exactly it alters, what it makes, and what will happen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from ca.configuration import Configuration
from ledger.base import Fact
from ledger.decision import Refuse
from ledger.roles import Action

Given = Mapping[str, Any]
"""What stands in the file: texts, whole numbers, lists and objects of them; days as ISO 8601."""
Values = Mapping[str, Any]
"""What the facts are made of, and nothing else: ids, codes, numbers, microseconds."""
NewId = Callable[[], str]


_TEXTS = {
    "person", "duty", "desk", "profile", "province", "organisation", "from", "until", "name", "certificate", "sha256",
    "level", "legal_basis", "allowance",
}  # fmt: skip


class Belief(Protocol):
    """A snapshot, and what of it counts; `ca.governance.provenance.Provenance` is one.

    A change is made of what counts alone: a fact that nobody agreed on is never carried into an agreed one.
    """

    @property
    def session(self) -> Session:
        """The snapshot."""

    @property
    def configuration(self) -> Configuration:
        """The numbers in force."""

    def believes(self, fact: Fact) -> bool:
        """Whether a Duty, a Desk, a ConfigurationVersion or whatever else changes bring counts."""


@dataclass(frozen=True)
class Unfit(Refuse):
    """The file cannot be a change; `faults` has a sentence for each reason, with what to do."""

    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resolved:
    """What a change comes to in one snapshot. Another snapshot that gives another one has outdated the plan."""

    values: Values
    difference: Mapping[str, tuple[Any, Any]]
    """Each thing that will differ, with its value before and after."""
    person_id: str | None = None
    """Whose duties it changes: he neither plans nor approves it."""


@dataclass(frozen=True)
class Effect:
    """One thing that will happen. `code` has words in both languages, which `numbers` fill in."""

    code: str
    numbers: Mapping[str, int | str]


@dataclass(frozen=True)
class ChangeKind:
    """One kind of change. `resolve` reads and decides; `facts` is pure, so that whoever doubts makes them again."""

    name: str
    planning: Action
    approving: Action
    needed: frozenset[str]
    possible: frozenset[str]
    """Fields of the file beside the needed ones."""
    resolve: Callable[[Belief, Given, datetime], Resolved | Refuse]
    facts: Callable[[Values, datetime, NewId], Sequence[Fact]]
    """By the values, the time of the entry that applies the change, and a source of ids."""
    effects: Callable[[Belief, Values, datetime], Sequence[Effect]]
    desk: Callable[[Values], str | None] = lambda _values: None
    """The code of the desk at which planner and approver must be on duty; None: wherever they are."""

    def unfit(self, given: Given) -> Unfit | None:
        """Which fields are missing or not known; None when they are right."""
        faults = [f"{name} is missing" for name in sorted(self.needed - given.keys())]
        strange = sorted(given.keys() - self.needed - self.possible)
        faults += [f"{name} is not a field of {self.name}" for name in strange]
        faults += [f"{name} is a text in quotes" for name in sorted(_TEXTS & given.keys()) if not _text(given[name])]
        return Unfit("change.unfit", tuple(faults)) if faults else None


def _text(value: object) -> bool:
    return isinstance(value, str) and value != ""
