"""`foreign-ca.end`: what a foreign CA's certificates sign from the moment of application on counts here no more."""

from collections.abc import Sequence
from datetime import datetime

from ca.governance.days import shown
from ca.governance.kind import Belief, ChangeKind, Effect, Given, NewId, Resolved, Values
from ca.recognition import recognised
from ledger.base import Fact
from ledger.canonical import microseconds, moment
from ledger.decision import Refuse
from ledger.recognition import ForeignCaTerm
from ledger.roles import Action


def _resolve(belief: Belief, given: Given, now: datetime) -> Resolved | Refuse:
    running = [one for one in recognised(belief, str(given["sha256"])) if not one.over(now)]
    if not running:
        return Refuse("foreign.not-accepted")
    one = running[0]
    values = {
        "foreign_ca": one.ca.id,
        "name": one.ca.name,
        "number": one.newest + 1,
        "from": microseconds(one.term.valid_from),
        "legal_basis": given["legal_basis"],
    }
    before = {"until": shown(one.term.valid_to), "legal_basis": one.term.legal_basis}
    after = {"until": "application", "legal_basis": given["legal_basis"]}
    return Resolved(values, {f"foreign CA {one.ca.sha256}": (before, after)})


def _facts(values: Values, at: datetime, new_id: NewId) -> Sequence[Fact]:
    term = ForeignCaTerm(
        id=new_id(),
        foreign_ca_id=values["foreign_ca"],
        number=values["number"],
        valid_from=moment(values["from"]),
        valid_to=at,
        legal_basis=values["legal_basis"],
    )
    return [term]


def _effects(_belief: Belief, values: Values, _now: datetime) -> Sequence[Effect]:
    return [Effect("change.effect-foreign-ended", {"name": values["name"]})]


KIND = ChangeKind(
    name="foreign-ca.end",
    planning=Action.PLAN_RULES,
    approving=Action.APPROVE_RULES,
    needed=frozenset({"sha256", "legal_basis"}),
    possible=frozenset(),
    resolve=_resolve,
    facts=_facts,
    effects=_effects,
)
