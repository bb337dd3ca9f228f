"""Whatever a visitor does, in whatever order: no code without the proofs that the request needs."""

import re
from html import unescape

from flask import Flask
from sqlalchemy import select

from idp.assurance import level
from idp.provider import Provider
from idp.tables import Authentication, Grant, Proof
from tests.doubles import SteadyChance
from tests.idp.visitor import PASSWORD, Person, Service, Visitor

WALKS, STEPS = 12, 40


def test_no_walk_through_the_pages_ends_in_a_code_without_the_needed_proofs(
    app: Flask, provider: Provider, edocument: Service, library: Service, somphone: Person, vanida: Person
) -> None:
    people, services = (somphone, vanida), (edocument, library)

    for seed in range(WALKS):
        wander(app, SteadyChance(seed), people, services)

    found = begun(provider)
    assert found, "the walks reach the end often enough to mean something"
    assert min(level(kinds) for _, kinds in found) >= 2


def wander(app: Flask, chance: SteadyChance, people: tuple[Person, ...], services: tuple[Service, ...]) -> None:
    """Forty steps of a visitor with two tabs who guesses, goes back, empties forms and mixes handles up."""
    visitor, handles = Visitor(app), ["", "ltq_" + "A" * 43]
    for _ in range(STEPS):
        pick = list(chance(5))
        person, service = people[pick[0] % 2], services[pick[1] % 2]
        handle = handles[pick[2] % len(handles)]
        somebody = {"username": person.number, "password": (PASSWORD, "", "wrong")[pick[3] % 3]}
        steps = (
            lambda s=service: visitor.get("/authorize", s.ask(prompt=("", "login", "none", "consent")[pick[4] % 4])),
            lambda f=somebody: fill(visitor, f),
            lambda p=person: fill(visitor, {"code": (p.code(), "", "123456")[pick[4] % 3]}),
            lambda: fill(visitor, {}),
            lambda h=handle: visitor.get("/continue", {"step": h}),
            lambda h=handle: visitor.get("/consent", {"step": h}),
            lambda: fill(visitor, {"answer": "agree"}),
            lambda h=handle: visitor.get("/sign-in/code", {"step": h}),
            lambda p=person: p.clock.turn(seconds=pick[4] * 4),
        )
        steps[pick[4] % len(steps)]()
        handles += re.findall(r"step=(ltq_[\w-]{43})", unescape(visitor.page.text)) if hasattr(visitor, "page") else []


def fill(visitor: Visitor, form: dict[str, str]) -> None:
    """Sends the page's form with these fields, if it has one."""
    if hasattr(visitor, "page") and "<form" in visitor.page.text:
        visitor.submit(**form)


def begun(provider: Provider) -> list[tuple[Authentication, list[str]]]:
    """Each authentication that a grant hangs on, with the factors that were shown for it by its own account."""
    with provider.ledger.read() as session:
        granted = select(Grant.authentication_id)
        found = session.scalars(select(Authentication).where(Authentication.id.in_(granted))).all()
        return [
            (one, list(session.scalars(select(Proof.kind).where(
                Proof.request_id == one.request_id, Proof.account_id == one.account_id
            ))))
            for one in found
        ]  # fmt: skip
