"""Whatever services exchange, in whatever order: no token is ever wider than its row and the token it was made from."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from idp.provider import Provider
from idp.scopes import SCOPES
from idp.tables import Subject
from tests.doubles import TurnedClock
from tests.idp.desk import Desk
from tests.idp.test_token_exchange import Caller, Chain, allowed, chain, mandated, read
from tests.idp.visitor import VERIFIER, Person, Visitor

__all__ = ["chain"]
ACT = "approve-payment"
SOME = st.lists(st.sampled_from(SCOPES), min_size=2, max_size=6, unique=True)
PEOPLE = ("", "10000025", "", "10000017", "10000025")


BEGUN = {(0, 1): {"openid", "profile"}, (1, 2): {"openid", "email"}}
"""Rows that the chain begins with."""


@dataclass(frozen=True)
class Try:
    """One exchange that somebody attempts: which token, to whom, for whom, in which scope, after how long."""

    token: int
    thief: int | None
    """Who attempts it; None for the service that the token is for."""
    called: int | None
    """None for the next one in the chain."""
    scope: tuple[str, ...]
    on_behalf_of: str
    seconds: int


TRIES = st.builds(
    Try, token=st.sampled_from([-1, -1, 0, 1]), thief=st.sampled_from([None, None, None, None, 0, 1, 2]),
    called=st.sampled_from([None, None, None, 0, 1, 2]), on_behalf_of=st.sampled_from(PEOPLE),
    scope=st.just(()) | st.lists(st.sampled_from([*SCOPES, "everything"]), max_size=2).map(tuple),
    seconds=st.sampled_from([0, 0, 1, 110]),
)  # fmt: skip
PAIRS = st.sampled_from([(0, 1), (1, 2), (0, 2), (2, 0), (1, 1)])
ROWS = st.lists(st.tuples(PAIRS, SOME), min_size=1, max_size=4)


@dataclass
class World:
    """Three services, the newest row for each pair of them, and every token that was got in this example."""

    app: Flask
    desk: Desk
    services: tuple[Caller, Caller, Caller]
    people: dict[str, str]
    """Accounts by the numbers of their persons."""
    rows: dict[tuple[int, int], set[str]] = field(default_factory=lambda: dict(BEGUN))
    tokens: list[tuple[int, str]] = field(default_factory=list)
    """Each with the service that it is for."""

    def allow(self, pair: tuple[int, int], scopes: list[str]) -> None:
        caller, called = pair
        if caller != called:
            allowed(self.desk, self.services[caller].id, self.services[called].id, *scopes)
            self.rows[caller, called] = set(scopes)

    def pair(self, tried: Try) -> tuple[int, int]:
        """Who calls whom."""
        holder = self.tokens[tried.token % len(self.tokens)][0]
        caller = holder if tried.thief is None else tried.thief
        return caller, min(caller + 1, 2) if tried.called is None else tried.called

    def exchange(self, tried: Try) -> dict[str, Any] | None:
        """What comes of it: an answer with a token, or nothing."""
        caller, called = (self.services[one] for one in self.pair(tried))
        token = self.tokens[tried.token % len(self.tokens)][1]
        more = {"on_behalf_of": tried.on_behalf_of, "mandate": ACT if tried.on_behalf_of else ""}
        answer = caller.exchange(token, called.id, scope=" ".join(tried.scope), **more)
        assert answer.status_code in {200, 400}, answer.text
        return dict(answer.get_json()) if answer.status_code == 200 else None

    def account_of(self, sub: str) -> str | None:
        with self.desk.ledger.read() as reading:
            return reading.scalar(select(Subject.account_id).where(Subject.sub == sub))


@pytest.fixture
def world(
    app: Flask, chain: Chain, visitor: Visitor, somphone: Person, vanida: Person, provider: Provider,
    clock: TurnedClock,
) -> World:  # fmt: skip
    mandated(provider.ledger, somphone, vanida, clock.now() - timedelta(days=1), None)
    chain.first.sign_in(visitor, somphone)
    people = {one.number: one.account.account_id for one in (somphone, vanida)}
    return World(app, chain.desk, (chain.first, chain.second, chain.third), people)


def signed_in(visitor: Visitor, of: Caller, scopes: list[str]) -> str:
    """The access token of the person who is signed in already."""
    visitor.get("/authorize", of.service.ask(scope=" ".join(["openid", *scopes]), prompt="none"))
    form = {"grant_type": "authorization_code", "code": visitor.redirected()["code"], "code_verifier": VERIFIER}
    return str(of.post(form | {"redirect_uri": of.service.redirect_uri}).get_json()["access_token"])


@pytest.mark.sqlite_only("which rows are read does not depend on the engine")
@settings(max_examples=25, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(rows=ROWS, scopes=SOME, tries=st.lists(TRIES, min_size=4, max_size=6))
def test_no_exchange_widens_scope_audience_lifetime_or_person(
    world: World, visitor: Visitor, clock: TurnedClock, rows: list[Any], scopes: list[str], tries: list[Try]
) -> None:
    for row in rows:
        clock.turn(seconds=1)  # which of two rows is newer their ids say, to the millisecond
        world.allow(*row)
    world.tokens = [(0, signed_in(visitor, world.services[0], scopes))]

    for tried in tries:
        clock.turn(seconds=tried.seconds)
        subject = read(world.app, world.tokens[tried.token % len(world.tokens)][1])
        got = world.exchange(tried)
        if got is not None:
            check(world, clock, tried, subject, got)
            world.tokens.append((world.pair(tried)[1], got["access_token"]))


def services_in(claims: dict[str, Any]) -> list[str]:
    """The services in the chain of actors, the latest first."""
    found, act = [], claims.get("act")
    while act and "client_id" in act:
        found.append(act["client_id"])
        act = act.get("act")
    return found


def check(world: World, clock: TurnedClock, tried: Try, subject: dict[str, Any], got: dict[str, Any]) -> None:
    """The new token against its row and the token that it was made from."""
    claims, now = read(world.app, got["access_token"]), int(clock.now().timestamp())
    caller, called = (world.services[one] for one in world.pair(tried))
    row = world.rows[world.pair(tried)]
    before, after = (world.account_of(one["sub"]) for one in (subject, claims))
    meant = world.people[tried.on_behalf_of] if tried.on_behalf_of else before

    assert claims["scope"] == got["scope"]
    assert set(claims["scope"].split()) <= row & set(subject["scope"].split())
    assert set(claims["scope"].split()) <= set(tried.scope or SCOPES)
    assert (claims["aud"], claims["client_id"]) == (called.id, caller.id)
    assert subject["client_id"] == caller.id or subject["aud"] == caller.id
    assert now < claims["exp"] <= min(subject["exp"], now + 300)
    assert got["expires_in"] == claims["exp"] - now
    assert after == meant
    assert tried.on_behalf_of in {"", "10000025"}
    assert not (tried.on_behalf_of and "mandate" in subject)
    assert ("mandate" in claims) == bool(tried.on_behalf_of or "mandate" in subject)
    assert services_in(claims) == [caller.id, *services_in(subject)]
    assert claims["cnf"]["jkt"] == caller.proofs.key.thumbprint()
    assert {"refresh_token", "id_token", "authorization_details"} & {*got, *claims} == set()
