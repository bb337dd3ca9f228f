"""What verification found."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

MOST_FAULTS = 100
"""Faults that a report lists; further ones are counted."""


class Wrong(Enum):
    """In which way a row is wrong."""

    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"
    """All hashes fit each other, but not the checkpoint that was signed over them."""
    FORGED = "forged"
    """A checkpoint that no key of the log signed."""


@dataclass(frozen=True)
class Fault:
    """One bad row: its table and key, and a sentence for the operator."""

    wrong: Wrong
    table: str
    key: str
    sentence: str

    def as_json(self) -> dict[str, str]:
        """For programs."""
        return {"wrong": self.wrong.value, "table": self.table, "key": self.key, "sentence": self.sentence}

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.wrong.value}: {self.sentence}"


@dataclass
class Report:
    """What was verified, and each fault in the order of the log. Good when there is none."""

    entries: int = 0
    facts: int = 0
    leaves: int = 0
    checkpoints: int = 0
    unsealed: int = 0
    """Entries that the sealer has not come to; no fault."""
    unsigned_heads: int = 0
    """Heads at the end that the sealer had committed but not yet signed; no fault."""
    outside_size: int | None = None
    """Size of the newest checkpoint outside the database; None when there is none."""
    purged: int = 0
    faults: list[Fault] = field(default_factory=list)
    further_faults: int = 0

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    @property
    def first(self) -> Fault | None:
        """The first bad row."""
        return self.faults[0] if self.faults else None

    def add(self, faults: Iterable[Fault]) -> None:
        """Takes up faults, the first of them first."""
        for fault in faults:
            if len(self.faults) < MOST_FAULTS:
                self.faults.append(fault)
            else:
                self.further_faults += 1

    def as_json(self) -> dict[str, Any]:
        """For programs: `good`, the counts, `first` and `faults`."""
        counts = ("entries", "facts", "leaves", "checkpoints", "unsealed", "unsigned_heads", "outside_size", "purged")
        return {
            "good": self.good,
            **{name: getattr(self, name) for name in counts},
            "first": self.first.as_json() if self.first else None,
            "faults": [fault.as_json() for fault in self.faults],
            "further_faults": self.further_faults,
        }
