"""`allowance.grant`: machines of one organisation may ask for certificates by themselves, for names that it has."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from ca.governance.days import Span, begins_at, shown, span_in
from ca.governance.held import HeldDesk, desk_of
from ca.governance.kind import Belief, ChangeKind, Effect, Given, NewId, Resolved, Unfit, Values
from ca.machines.identity import identity_of
from ca.machines.rules import HOSTS, MACHINE_PROFILES, Protocol
from ca.registration.applicants import duties, unnamed
from ca.registration.case import Body
from ca.registration.desks import desks
from ca.registration.succession import Carrying
from ca.registration.surroundings import bodies
from ca.tables.machines import Allowance
from ledger.addresses import host_within
from ledger.base import Fact
from ledger.canonical import canonical, moment
from ledger.decision import Allow, Decision, Refuse
from ledger.people import Person
from ledger.roles import Action
from ledger.standing import person_by_number

_LISTS = ("protocols", "zones", "hosts", "common_names")
_MOST = 10_000
_MOST_NAMES = 200
_LONGEST_NAME = 64
"""Characters of a common name (RFC 5280 appendix A: ub-common-name)."""


def _resolve(belief: Belief, given: Given, now: datetime) -> Resolved | Refuse:
    if isinstance(unfit := _unfit(given), Unfit):
        return unfit
    values = _values(belief, given, now)
    if isinstance(values, Refuse):
        return values
    return Resolved(values, _difference(values, given), values["person"])


def _values(belief: Belief, given: Given, now: datetime) -> dict[str, Any] | Refuse:
    people, span = _people(belief, given, now), _span(belief, given, now)
    if isinstance(people, Refuse):
        return people
    if isinstance(span, Refuse):
        return span
    body, person, desk = people
    identity = _identity(belief, person, body, now)
    if isinstance(identity, Refuse):
        return identity
    if isinstance(fitting := _names_fit(given, body), Refuse):
        return fitting
    names = {name: sorted(set(given.get(name, ()))) for name in ("zones", "hosts", "common_names")}
    return {
        "organisation": body.id, "person": person.id, "certificate": identity, "desk": desk.desk.id,
        "at_desk": desk.desk.code, "profile": given["profile"], "names": names,
        "protocols": sorted(set(given["protocols"])), "most": given["most"],
        "new_keys": given.get("new_keys", True), "from": span[0], "until": span[1],
    }  # fmt: skip


def _people(belief: Belief, given: Given, now: datetime) -> tuple[Body, Person, HeldDesk] | Refuse:
    person = person_by_number(belief.session, str(given["person"]))
    body = _body(belief.session, str(given["organisation"]), now)
    desk = desk_of(belief, str(given["desk"]))
    if person is None or body is None:
        return Refuse("duty.person-unknown" if person is None else "change.body-unknown")
    return Refuse("duty.desk-unknown") if desk is None or desk.over(now) else (body, person, desk)


def _span(belief: Belief, given: Given, now: datetime) -> Span | Refuse:
    """From when to when; it lasts no longer than what was seen of the person's papers supports a certificate."""
    span, days = span_in(given, now), belief.configuration.identity_days
    if isinstance(span, Refuse):
        return span
    if span[1] is None or moment(span[1]) > now + timedelta(days=days):
        return Unfit("change.unfit", (f"until is at most {days} days away",))
    return span


def _difference(values: Values, given: Given) -> dict[str, tuple[Any, Any]]:
    after = {
        "profile": values["profile"], **values["names"], "protocols": values["protocols"], "most": values["most"],
        "new_keys": values["new_keys"], "person": given["person"], "desk": given["desk"],
        "from": "application" if values["from"] is None else shown(moment(values["from"])),
        "until": shown(moment(values["until"])),
    }  # fmt: skip
    return {f"what machines of {given['organisation']} may ask for": (None, after)}


def _unfit(given: Given) -> Unfit | None:
    protocols = {protocol.value for protocol in Protocol}
    lists = {name: given[name] for name in _LISTS if name in given}
    most, new_keys = given["most"], given.get("new_keys", True)
    rules = (
        (given["profile"] not in MACHINE_PROFILES, f"profile is one of {', '.join(MACHINE_PROFILES)}"),
        (not all(map(_texts, lists.values())), f"{', '.join(_LISTS)} are lists of texts, {_MOST_NAMES} at most"),
        (not isinstance(most, int) or isinstance(most, bool) or not 0 < most <= _MOST, f"most is from 1 to {_MOST}"),
        (not isinstance(new_keys, bool), "new_keys is true or false"),
    )
    faults = [sentence for wrong, sentence in rules if wrong]
    if not faults and not (set(lists["protocols"]) and set(lists["protocols"]) <= protocols):
        faults.append(f"protocols are of {', '.join(sorted(protocols))}")
    return Unfit("change.unfit", tuple(faults)) if faults else None


def _texts(value: object) -> bool:
    if not isinstance(value, list | tuple) or len(value) > _MOST_NAMES:
        return False
    return all(isinstance(one, str) and one and one.isprintable() for one in value)


def _body(session: Session, code: str, now: datetime) -> Body | None:
    return next((body for body in bodies(session, (), [code], now).values() if body.stands), None)


def _identity(belief: Belief, person: Person, body: Body, now: datetime) -> str | Refuse:
    """The id of the certificate on which the allowance rests; he holds a post in that very organisation."""
    session = belief.session
    standing = unnamed(session, person.id, now)
    if standing is None or body.id not in standing.posts:
        return Refuse("machine.person-left")
    identity = identity_of(session, person.id, now)
    if identity is None:
        return Refuse("machine.identity-lapsed")
    believing = partial(desks, session, believes=belief.believes)
    carrying = Carrying(session, belief.configuration, partial(duties, session), believing, now)
    held = carrying.papers_hold(identity.request)
    return identity.certificate.id if isinstance(held, Allow) else held


def _names_fit(given: Given, body: Body) -> Decision:
    """Whether the names are the organisation's and of a kind that the profile has a place for.

    This machine's own names count in practice alone, as whoever issues sees to.
    """
    hosts, called = [*given.get("zones", ()), *given.get("hosts", ())], given.get("common_names", ())
    wrong = (called or not hosts) if given["profile"] == HOSTS else (hosts or not called)
    if wrong or any(len(name) > _LONGEST_NAME for name in called):
        return Refuse("machine.names-not-for-profile")
    within = all(host_within(host, body.domains, practice=True) for host in hosts)
    return Allow() if within else Refuse("enrolment.name-outside-zone")


def _facts(values: Values, at: datetime, new_id: NewId) -> Sequence[Fact]:
    return [
        Allowance(
            id=new_id(),
            organisation_id=values["organisation"],
            person_id=values["person"],
            certificate_id=values["certificate"],
            desk_id=values["desk"],
            profile=values["profile"],
            names=canonical(values["names"]).decode(),
            protocols=canonical(values["protocols"]).decode(),
            most=values["most"],
            new_keys=values["new_keys"],
            valid_from=begins_at(values["from"], at),
            valid_to=moment(values["until"]),
        )
    ]


def _effects(_belief: Belief, values: Values, _now: datetime) -> Sequence[Effect]:
    return [Effect("change.effect-machines", {"most": values["most"], "profile": values["profile"]})]


KIND = ChangeKind(
    name="allowance.grant",
    planning=Action.PLAN_MACHINES,
    approving=Action.APPROVE_MACHINES,
    needed=frozenset({"organisation", "person", "desk", "profile", "protocols", "most", "until"}),
    possible=frozenset({"zones", "hosts", "common_names", "new_keys", "from"}),
    resolve=_resolve,
    facts=_facts,
    effects=_effects,
    desk=lambda values: str(values["at_desk"]),
)
