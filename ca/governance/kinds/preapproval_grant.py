"""`preapproval.grant`: services of an organisation need no consent of its own officers for these scopes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from ca.governance.days import begins_at, shown, span_in
from ca.governance.kind import Belief, ChangeKind, Effect, Given, NewId, Resolved, Unfit, Values
from ledger.base import Fact
from ledger.canonical import moment
from ledger.decision import Refuse
from ledger.people import Organisation
from ledger.preapproval import COVERABLE, Preapproval, preapprovals
from ledger.roles import Action
from ledger.standing import organisation_then


def _resolve(belief: Belief, given: Given, now: datetime) -> Resolved | Refuse:
    scopes, code = _scopes(given["scopes"]), str(given["organisation"])
    if scopes is None:
        return Unfit("change.unfit", (f"scopes is a list of some of {', '.join(COVERABLE)}",))
    span = span_in(given, now)
    if isinstance(span, Refuse):
        return span
    body = belief.session.scalar(select(Organisation).where(Organisation.code == code))
    then = organisation_then(belief.session, body.id, now) if body else None
    if body is None or then is None or (then.valid_to is not None and then.valid_to <= now):
        return Refuse("change.body-unknown")
    if any(map(belief.believes, preapprovals(belief.session, [body.id], now))):
        return Refuse("preapproval.there-already")
    begins, ends = span
    after = {
        "scopes": scopes,
        "legal_basis": given["legal_basis"],
        "from": "application" if begins is None else shown(moment(begins)),
        "until": None if ends is None else shown(moment(ends)),
    }
    values = {
        "organisation": body.id, "code": code, "scopes": scopes, "legal_basis": given["legal_basis"], "from": begins,
        "until": ends,
    }  # fmt: skip
    return Resolved(values, {f"what {code} lets its services know of its officers": (None, after)})


def _scopes(given: object) -> list[str] | None:
    """Sorted, each once; None where it is no list of scopes that a policy may be about."""
    if not isinstance(given, list | tuple) or not given or not all(one in COVERABLE for one in given):
        return None
    return sorted(set(given))


def _facts(values: Values, at: datetime, new_id: NewId) -> Sequence[Fact]:
    return [
        Preapproval(
            id=new_id(),
            organisation_id=values["organisation"],
            scopes=" ".join(values["scopes"]),
            valid_from=begins_at(values["from"], at),
            valid_to=None if values["until"] is None else moment(values["until"]),
            legal_basis=values["legal_basis"],
        )
    ]


def _effects(_belief: Belief, values: Values, _now: datetime) -> Sequence[Effect]:
    told = {"organisation": values["code"], "scopes": ", ".join(values["scopes"])}
    return [Effect("change.effect-preapproved", told)]


KIND = ChangeKind(
    name="preapproval.grant",
    planning=Action.PLAN_RULES,
    approving=Action.APPROVE_RULES,
    needed=frozenset({"organisation", "scopes", "legal_basis"}),
    possible=frozenset({"from", "until"}),
    resolve=_resolve,
    facts=_facts,
    effects=_effects,
)
