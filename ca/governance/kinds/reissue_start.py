"""`reissue.start`: the certificates of a selection are replaced, in waves; the old ones end when the new are in use."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from ca.governance.kind import Belief, ChangeKind, Effect, Given, NewId, Resolved, Unfit, Values
from ca.reissue.lanes import LANES, Way, placed
from ca.reissue.membership import free
from ca.reissue.selection import Selection, affected, fits, may_be_replaced, parse_selection, profiles_of
from ca.tables.reissue import Reissue, ReissueEnd
from ledger.base import Fact, without
from ledger.canonical import microseconds, moment
from ledger.decision import Allow, Decision, Refuse
from ledger.roles import Action

REASONS = ("superseded", "keyCompromise")
MOST_WAVE, MOST_PAUSE = 1_000_000, 30 * 24 * 3600
"""Certificates, and seconds: beyond it no campaign ever comes to its second wave, nor to an end."""
_SELECTING = {field.name for field in fields(Selection)}


def _resolve(belief: Belief, given: Given, now: datetime) -> Resolved | Refuse:
    if faults := list(_faults(given)):
        return Unfit("change.unfit", tuple(faults))
    selection = selection_of(given)
    allowed = fits(belief.session, selection, now) and _in_time(given, now)
    if isinstance(allowed, Refuse):
        return allowed
    before = datetime.fromisoformat(given["before"])
    found = free(belief.session, affected(belief.session, selection, now, before))
    if not profiles_of(found):
        return Refuse("reissue.nobody")
    served = may_be_replaced(belief.session, selection, found, now)
    if isinstance(served, Refuse):
        return served
    values = {
        "selection": selection.body, "before": microseconds(before), "wave": given["wave"],
        "pause_seconds": given.get("pause_seconds", 0), "reason": given.get("reason", REASONS[0]),
    }  # fmt: skip
    deadline = given.get("deadline")
    ends = {} if deadline is None else {"deadline": microseconds(datetime.fromisoformat(deadline))}
    said = [f"waves of {values['wave']}, {values['pause_seconds']} s apart", f"the old end as {values['reason']}"]
    said.append("only when the new are in use" if deadline is None else f"at {deadline} at the latest")
    return Resolved(values | ends, {f"certificates of {selection}": (None, said)})


def _in_time(given: Given, now: datetime) -> Decision:
    """Whether what is replaced is there already: a later `before` would take along what comes in place of the others.

    A deadline that is over would end all at once.
    """
    if datetime.fromisoformat(given["before"]) > now:
        return Refuse("reissue.before-ahead")
    over = "deadline" in given and datetime.fromisoformat(given["deadline"]) <= now
    return Refuse("reissue.deadline-past") if over else Allow()


def _faults(given: Given) -> Iterator[str]:
    for name in ("before", "deadline"):
        if name in given and not _instant(given[name]):
            yield f"{name} is a time with its zone: 2027-01-31T08:00:00+07:00"
    for name, least, most in (("wave", 1, MOST_WAVE), ("pause_seconds", 0, MOST_PAUSE)):
        value = given.get(name, least)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield f"{name} is a whole number from {least} to {most}"
    if given.get("reason", REASONS[0]) not in REASONS:
        yield f"reason is one of {', '.join(REASONS)}"
    issuers = given.get("issuers", [])
    if not isinstance(issuers, list) or not all(isinstance(one, str) for one in issuers):
        yield 'issuers is a list: ["officers", "citizens"]'
    for name in _SELECTING - {"issuers"}:
        if name in given and not isinstance(given[name], str):
            yield f"{name} is a text in quotes"


def _instant(value: Any) -> bool:
    try:
        at = datetime.fromisoformat(value)
        at.astimezone(UTC)  # not at either end of time, where another zone has no such day
    except (TypeError, ValueError, OverflowError):
        return False
    return at.tzinfo is not None


def selection_of(given: Given) -> Selection:
    """What the file selects."""
    chosen = {name: given[name] for name in _SELECTING & given.keys()}
    return Selection(**{**chosen, "issuers": tuple(chosen.get("issuers", ()))})


def _facts(values: Values, _at: datetime, new_id: NewId) -> Sequence[Fact]:
    campaign = Reissue(
        id=new_id(),
        selection=values["selection"],
        before=moment(values["before"]),
        wave=values["wave"],
        pause_seconds=values["pause_seconds"],
        reason=values["reason"],
        deadline=moment(values["deadline"]) if "deadline" in values else None,
    )
    return [campaign]


def _effects(belief: Belief, values: Values, now: datetime) -> Sequence[Effect]:
    selection = parse_selection(values["selection"])
    named = affected(belief.session, selection, now, moment(values["before"]))
    found = placed(belief.session, selection, free(belief.session, named), now)
    effects = []
    for lane in LANES:
        ours = [one for one in found if one.lane == lane.name]
        if ours:
            persons = len({one.affected.holder_id for one in ours})
            effects.append(
                Effect("reissue.effect-lane", {"lane": lane.name, "certificates": len(ours), "persons": persons})
            )
    ways = {way: sum(one.way is way for one in found) for way in (Way.DESK, Way.GONE)}
    effects += [Effect(f"reissue.effect-{way.value}", {"certificates": count}) for way, count in ways.items() if count]
    running = len(belief.session.scalars(without(select(Reissue.id), Reissue.id, ReissueEnd)).all())
    return [*effects, *([Effect("reissue.effect-running", {"campaigns": running})] if running else [])]


KIND = ChangeKind(
    name="reissue.start",
    planning=Action.PLAN_RULES,
    approving=Action.APPROVE_RULES,
    needed=frozenset({"before", "wave"}),
    possible=frozenset({*_SELECTING, "pause_seconds", "reason", "deadline"}),
    resolve=_resolve,
    facts=_facts,
    effects=_effects,
)
