"""`profile.set`: a profile's certificates live longer or shorter, or the second judge looks at them otherwise."""

from datetime import datetime
from typing import Any

from ca.configuration import Configuration
from ca.governance.kind import Belief, ChangeKind, Given, Resolved
from ca.governance.kinds import configuration_set
from ledger.decision import Refuse
from ledger.roles import Action

_FIELDS = ("validity_days", "second_judge")
DEFAULT = "default"
"""As a value: what the code says for every profile that is not named."""


def _resolve(belief: Belief, given: Given, _now: datetime) -> Resolved | Refuse:
    old, profile = belief.configuration, str(given["profile"])
    wanted = {name: _with(getattr(old, name), profile, given[name]) for name in _FIELDS if name in given}
    found = configuration_set.settled(belief, wanted)
    if isinstance(found, Refuse):
        return found
    before, after = _of(found[0], profile), _of(found[1], profile)
    differing = {name: (before[name], after[name]) for name in _FIELDS if before[name] != after[name]}
    return Resolved(found[2], {f"{profile} {name}": pair for name, pair in differing.items()})


def _with(chosen: Any, profile: str, value: Any) -> dict[str, Any]:
    others = {name: one for name, one in chosen.items() if name != profile}
    return others if value == DEFAULT else {**others, profile: value}


def _of(configuration: Configuration, profile: str) -> dict[str, Any]:
    """The numbers of one profile; a name that is none has passed no check of the Configuration."""
    days, judge = configuration.longest_days(profile), configuration.judge_of(profile)
    return {"validity_days": days, "second_judge": judge.value}


KIND = ChangeKind(
    name="profile.set",
    planning=Action.PLAN_RULES,
    approving=Action.APPROVE_RULES,
    needed=frozenset({"profile"}),
    possible=frozenset(_FIELDS),
    resolve=_resolve,
    facts=configuration_set.facts,
    effects=configuration_set.effects,
)
