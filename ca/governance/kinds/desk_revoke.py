"""`desk.revoke`: all certificates end that rest on what a desk saw or allowed since a day.

That would be too much for one officer: hundreds of people lose what they sign in with. The desk is closed first: at an
open one the next request is certified while the last certificate ends.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time

from ca.desk_search import unended, walk
from ca.endings.grounds import OF_DESKS
from ca.governance.held import desk_of
from ca.governance.kind import Belief, ChangeKind, Effect, Given, NewId, Resolved, Unfit, Values
from ca.tables.endings import DeskRevocation
from ca.tables.registration import Desk
from ledger.base import Fact
from ledger.canonical import microseconds, moment
from ledger.clock import VIENTIANE
from ledger.decision import Refuse
from ledger.roles import Action

_FIRST_YEAR = 2000


def _resolve(belief: Belief, given: Given, now: datetime) -> Resolved | Refuse:
    if faults := list(_faults(given, now)):
        return Unfit("change.unfit", tuple(faults))
    found = desk_of(belief, str(given["desk"]))
    if found is None:
        return Refuse("change.desk-unknown")
    if not found.over(now):
        return Refuse("change.desk-open")
    since = datetime.combine(date.fromisoformat(given["since"]), time(), VIENTIANE)
    values = {"desk": found.desk.id, "since": microseconds(since), "ground": given["ground"]}
    said = f"revoked as {given['ground']}"
    return Resolved(values, {f"certificates of desk {found.desk.code} since {given['since']}": (None, said)})


def _faults(given: Given, now: datetime) -> Iterator[str]:
    if given["ground"] not in OF_DESKS:
        yield f"ground is one of {', '.join(OF_DESKS)}"
    try:
        since = date.fromisoformat(given["since"])
    except (TypeError, ValueError):
        yield "since is a day: 2027-01-31"
        return
    if since > now.astimezone(VIENTIANE).date():
        yield "since is a day that has begun"
    if since.year < _FIRST_YEAR:
        yield f"since is no day before {_FIRST_YEAR}: no desk registered anybody then"


def _facts(values: Values, _at: datetime, new_id: NewId) -> Sequence[Fact]:
    since = moment(values["since"])
    return [DeskRevocation(id=new_id(), desk_id=values["desk"], since=since, ground=values["ground"])]


def _effects(belief: Belief, values: Values, now: datetime) -> Sequence[Effect]:
    """How many certificates of each profile end, and whose they are."""
    code = belief.session.get_one(Desk, values["desk"]).code
    profiles: Counter[str] = Counter()
    persons: set[str | None] = set()
    for some in walk(belief.session, code, moment(values["since"])):
        for one in unended(belief.session, [certificate for _, certificate in some], now):
            profiles[one.profile] += 1
            persons.add(one.person_id)
    found = [
        Effect("change.effect-desk-revoked", {"profile": name, "certificates": count})
        for name, count in sorted(profiles.items())
    ]
    total = {"certificates": profiles.total(), "persons": len(persons - {None})}
    return [Effect("change.effect-desk-revoked-all", total), *found]


KIND = ChangeKind(
    name="desk.revoke",
    planning=Action.PLAN_RULES,
    approving=Action.APPROVE_RULES,
    needed=frozenset({"desk", "since", "ground"}),
    possible=frozenset(),
    resolve=_resolve,
    facts=_facts,
    effects=_effects,
)
