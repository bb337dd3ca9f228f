"""Class E: whatever a visitor does with requests of strict profiles: no code without the proofs that policy needs."""

import re
from dataclasses import dataclass
from html import unescape

import pytest
from flask import Flask

from idp.assurance import level
from idp.provider import Provider
from tests.doubles import SteadyChance
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.test_model import begun, step
from tests.idp.test_pushed import Strict
from tests.idp.visitor import PASSWORD, Person, Service, Visitor

pytestmark = pytest.mark.sqlite_only("the walk over plain services is on both")
WALKS, STEPS = 6, 40


@dataclass(frozen=True)
class Pushing(Service):
    """A service whose request in the address is always the name of one that it handed in."""

    strict: Strict

    def ask(self, **changes: str) -> dict[str, str]:
        pushed = self.strict.post("/par", super().ask(**changes)).get_json()
        return {"client_id": self.client.client_id, "request_uri": pushed["request_uri"]}


def pushing(strict: Strict) -> Pushing:
    return Pushing(strict.service.client, strict.service.redirect_uri, strict)


@pytest.mark.parametrize("profile", ["gov", "fapi2"])
def test_no_walk_ends_in_a_code_without_the_needed_proofs(
    app: Flask,
    provider: Provider,
    request: pytest.FixtureRequest,
    profile: str,
    library: Service,
    somphone: Person,
    vanida: Person,
) -> None:
    services = (pushing(request.getfixturevalue(profile)), library)

    for seed in range(WALKS):
        wander(app, SteadyChance(seed), (somphone, vanida), services)

    found = begun(provider)
    assert found, "the walks reach the end often enough to mean something"
    assert min(level(kinds) for _, kinds in found) >= 2


def wander(app: Flask, chance: SteadyChance, people: tuple[Person, ...], services: tuple[Service, ...]) -> None:
    """A visitor who mixes up his tabs, his handles and the names of requests that were handed in."""
    visitor, handles = Visitor(app), ["ltq_" + "A" * 43, "ltp_" + "A" * 43]
    visitor.get("/authorize", services[0].ask())
    for _ in range(STEPS):
        deed, who, where, which, how = chance(5)
        step(visitor, deed % 10, people[who % 8 == 0], services[where % 3 == 0], handles[which % len(handles)], how)
        handles += re.findall(r"(?:step=|request_uri:)(lt[pq]_[\w-]{43})", unescape(visitor.page.text))


def test_a_password_alone_is_never_enough_for_a_service_of_the_state(
    visitor: Visitor, desk: Desk, gov: Strict, somphone: Person
) -> None:
    visitor.get("/authorize", service(desk, 8466, minimum_level=1).ask())
    low = visitor.submit(username=somphone.number, password=PASSWORD)

    assert "code=" in low.headers["Location"]
    assert silently(visitor, gov)["error"] == "login_required"


def silently(visitor: Visitor, gov: Strict) -> dict[str, str]:
    """What the service of the state reads that may not have the person asked."""
    visitor.get("/authorize", gov.begin(visitor, prompt="none"))
    return visitor.redirected()
