"""`configuration.set`: fields of the Configuration have other values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select

from ca.configuration import Configuration, ConfigurationUnfit, difference, parse_configuration
from ca.governance.effects import on_configuration
from ca.governance.kind import Belief, ChangeKind, Effect, Given, NewId, Resolved, Unfit, Values
from ca.tables.configuration import ConfigurationVersion
from ledger.base import Fact
from ledger.decision import Refuse
from ledger.roles import Action


def settled(belief: Belief, given: Mapping[str, Any]) -> tuple[Configuration, Configuration, Values] | Refuse:
    """The Configuration in force, the one with these fields, and the values of its version.

    Its number is above every version's, also of those that nobody agreed on, and which it thereby buries.
    """
    old = belief.configuration
    try:
        new = parse_configuration(json.dumps({**asdict(old), **given}))
    except ConfigurationUnfit as unfit:
        return Unfit("change.unfit", tuple(unfit.faults))
    if new == old:
        return Refuse("change.nothing")
    newest = belief.session.scalar(select(func.max(ConfigurationVersion.number))) or 0
    return old, new, {"number": newest + 1, "body": new.body}


def facts(values: Values, _at: datetime, new_id: NewId) -> Sequence[Fact]:
    """The new version."""
    body = str(values["body"])
    digest = sha256(body.encode()).hexdigest()
    return [ConfigurationVersion(id=new_id(), number=values["number"], body=body, digest=digest)]


def effects(belief: Belief, values: Values, _now: datetime) -> Sequence[Effect]:
    """What the new numbers do to what waits."""
    return on_configuration(belief, parse_configuration(str(values["body"])))


def _resolve(belief: Belief, given: Given, _now: datetime) -> Resolved | Refuse:
    found = settled(belief, given)
    if isinstance(found, Refuse):
        return found
    old, new, values = found
    return Resolved(values, difference(old, new))


KIND = ChangeKind(
    name="configuration.set",
    planning=Action.PLAN_RULES,
    approving=Action.APPROVE_RULES,
    needed=frozenset(),
    possible=frozenset(field.name for field in fields(Configuration)),
    resolve=_resolve,
    facts=facts,
    effects=effects,
)
