"""A plan: what a file asks for, what exactly it alters now, and the digest that planner and approver sign."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from hashlib import sha256
from typing import Any

from ca.configuration import Configuration, parse_configuration
from ca.governance.kind import Belief, ChangeKind, Given, Unfit
from ca.governance.kinds import KINDS
from ca.tables.configuration import ConfigurationVersion
from ledger.acts import Act
from ledger.canonical import canonical, moment
from ledger.decision import Refuse

PLAN, APPROVE, REFUSE, APPLY = "change.plan", "change.approve", "change.refuse", "change.apply"


@dataclass(frozen=True)
class Plan:
    """A change as it was, or will be, planned. `body` holds all of it."""

    what: str
    """A name of `KINDS`."""
    given: Given
    values: Mapping[str, Any]
    difference: Mapping[str, Any]
    person_id: str | None
    planned_at: datetime

    @property
    def kind(self) -> ChangeKind:
        """What the rules of this kind are."""
        return KINDS[self.what]

    @property
    def desk(self) -> str | None:
        """The desk at which those who act on it must be on duty, if at one."""
        return self.kind.desk(self.values)

    @property
    def body(self) -> str:
        """Canonical JSON (RFC 8785)."""
        return canonical(asdict(self)).decode()

    @property
    def digest(self) -> str:
        """Hex SHA-256 of `body`."""
        return sha256(self.body.encode()).hexdigest()

    @property
    def configuration(self) -> Configuration | None:
        """The numbers that it brings; None for a change of something else."""
        made = self.kind.facts(self.values, self.planned_at, lambda: "")
        return next((parse_configuration(one.body) for one in made if isinstance(one, ConfigurationVersion)), None)

    def still_so(self, again: "Plan | Refuse") -> bool:
        """Whether what it comes to when it is planned again is the same, to the last octet."""
        if isinstance(again, Refuse):
            return False
        said, meant = ([one.values, one.difference, one.person_id] for one in (self, again))
        return canonical(said) == canonical(meant)


def act_for(kind: str, digest: str, at: datetime) -> Act:
    """What a person signs who plans, approves, refuses or applies the change of that digest."""
    return Act(kind, {"digest": digest}, at)


def parse_plan(body: str) -> Plan:
    """The plan whose `body` it is."""
    held = json.loads(body)
    return Plan(**{**held, "planned_at": moment(held["planned_at"])})


def parse_file(text: str) -> tuple[str, Given] | Unfit:
    """The kind of change and its fields, of a TOML or JSON file: `change = "duty.grant"` and the rest."""
    try:
        read = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
        given = {name: _portable(value) for name, value in read.items()}
    except (ValueError, RecursionError) as fault:
        return Unfit("change.unfit", (f"this is neither TOML nor JSON: {fault}",))
    what = given.pop("change", None)
    if not isinstance(what, str) or what not in KINDS:
        return Unfit("change.unfit", (f"change is one of {', '.join(KINDS)}",))
    return what, given


def _portable(value: Any) -> Any:
    """TOML's days and times as text, however deep: what may stand where, each kind of change says itself."""
    match value:
        case date() | time():
            return value.isoformat()
        case list():
            return [_portable(one) for one in value]
        case dict():
            return {name: _portable(one) for name, one in value.items()}
    return value


def resolve(belief: Belief, what: str, given: Given, now: datetime) -> Plan | Refuse:
    """What the change comes to in this snapshot, against what counts in it."""
    kind = KINDS[what]
    unfit = kind.unfit(given)
    resolved = kind.resolve(belief, given, now) if unfit is None else unfit
    if isinstance(resolved, Refuse):
        return resolved
    return Plan(what, given, resolved.values, resolved.difference, resolved.person_id, now)
