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
    """A visitor in two minds, who guesses, goes back, empties forms, waits, and mixes the handles of his tabs up."""
    visitor, handles = Visitor(app), ["ltq_" + "A" * 43]
    visitor.get("/authorize", services[0].ask())
    for _ in range(STEPS):
        deed, who, where, which, how = chance(5)
        person, service = people[who % 8 == 0], services[where % 2]
        step(visitor, deed % 10, person, service, handles[which % len(handles)], how)
        handles += re.findall(r"step=(ltq_[\w-]{43})", unescape(visitor.page.text))


def step(visitor: Visitor, deed: int, person: Person, service: Service, handle: str, how: int) -> None:
    """One thing that a visitor can do."""
    password, code = (PASSWORD, PASSWORD, "", "wrong")[how % 4], (person.code(), "", "123456")[how % 3]
    match deed:
        case 0 | 1:
            visitor.get("/authorize", service.ask(prompt=("", "login", "none", "consent")[how % 4]))
        case 2:
            visitor.get(("/continue", "/consent", "/sign-in/code")[how % 3], {"step": handle})
        case 3:
            fill(visitor, {})
        case 4:
            person.clock.turn(seconds=how * 4)
        case _:
            fill(visitor, {"username": person.number, "password": password, "code": code, "answer": "agree"})


def fill(visitor: Visitor, form: dict[str, str]) -> None:
    """Sends the page's form with these fields, if it has one."""
    if "<form" in visitor.page.text:
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
