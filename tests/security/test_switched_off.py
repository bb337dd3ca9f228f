"""Classes G and H: what is switched off is refused everywhere within a second, and a restart brings nothing back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from idp.app import build
from idp.key_emergency import REVOKE, Sender, revoke
from idp.key_rotation import changing, key_at
from idp.provider import Provider
from ledger.decision import Refuse
from tests.doubles import TurnedClock
from tests.idp.desk import Desk
from tests.idp.test_sign_in import cut
from tests.idp.visitor import ISSUER, PASSWORD, Person, Service, Visitor
from tests.serving import home_with_keys, settings_for


@dataclass
class Held:
    """All that a service and a browser have of a person who is signed in."""

    visitor: Visitor
    service: Service
    person: Person
    tokens: dict[str, str]
    code: str

    def opened(self, app: Flask) -> set[str]:
        """Where it still opens something."""
        bearer, access = {"Authorization": f"Bearer {self.tokens['access_token']}"}, self.tokens["access_token"]
        introspected = self.service.post(app, "/introspect", {"token": access}).get_json()
        answers = {
            "userinfo": app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer).status_code == 200,
            "introspect": introspected.get("active", False),
            "refresh": self.service.refresh(app, self.tokens["refresh_token"]).status_code == 200,
            "code": self.service.redeem(app, self.code).status_code == 200,
            "session": "code=" in self._silently(app),
            "sign-in": "code=" in self._again(app),
        }
        return {place for place, opens in answers.items() if opens}

    def _silently(self, app: Flask) -> str:
        """Where the browser is sent that has this session's cookie."""
        same, own = Visitor(app), self.visitor.client.get_cookie("__Host-idp-session", "localhost")
        same.client.set_cookie("__Host-idp-session", own.value if own else "", domain="localhost", secure=True)
        return same.get("/authorize", self.service.ask(prompt="none")).headers.get("Location", "")

    def _again(self, app: Flask) -> str:
        """Where a new sign-in with the right password and code ends."""
        fresh = Visitor(app)
        fresh.get("/authorize", self.service.ask())
        for typed in ({"username": self.person.number, "password": PASSWORD}, {"code": self.person.code()}):
            if "<form" in fresh.page.text:
                fresh.submit(**typed)
        return fresh.page.headers.get("Location", "")


@pytest.fixture
def held(app: Flask, visitor: Visitor, edocument: Service, somphone: Person) -> Held:
    tokens = edocument.redeem(app, visitor.sign_in(edocument, somphone)["code"]).get_json()
    visitor.get("/authorize", edocument.ask())
    return Held(visitor, edocument, somphone, tokens, visitor.redirected()["code"])


def close_account(held: Held, provider: Provider, desk: Desk, folder: Path) -> None:
    desk.end(held.person.number)


def cut_off_person(held: Held, provider: Provider, desk: Desk, folder: Path) -> None:
    cut(provider, held.person)


def retire_client(held: Held, provider: Provider, desk: Desk, folder: Path) -> None:
    desk.retire(held.service.client.client_id)


def renew_factors(held: Held, provider: Provider, desk: Desk, folder: Path) -> None:
    desk.open(provider.fields, held.person.number, "ລະຫັດໃໝ່ 2570 ຍາວໆ", renew=True)


def end_session(held: Held, provider: Provider, desk: Desk, folder: Path) -> None:
    held.visitor.get("/end-session")
    held.visitor.submit(answer="sign-out")


def revoke_key(held: Held, provider: Provider, desk: Desk, folder: Path) -> None:
    fresh = key_at(home_with_keys(folder / "fresh", {}).key_uri("token-2"), "ES256")
    kid = provider.keys.first.kid
    signed = desk.sign(changing(REVOKE, kid, desk.now))
    done = revoke(provider.ledger, provider.keyring, kid, signed, Sender("ca@egov.gov.la", ISSUER), fresh)
    assert not isinstance(done, Refuse)


SWITCHES: list[tuple[Callable[[Held, Provider, Desk, Path], None], set[str]]] = [
    (close_account, set()),
    (cut_off_person, set()),
    (retire_client, set()),
    (end_session, {"sign-in"}),
    (renew_factors, {"userinfo", "introspect", "refresh", "code", "session"}),
    (revoke_key, {"refresh", "code", "session", "sign-in"}),
]
"""How something is switched off, and what may go on: new factors or a new key end no session that was honest."""


def restarted(provider: Provider, folder: Path) -> Flask:
    """Another process over the same ledger, which has seen nothing."""
    again = Provider(provider.ledger, provider.fields, provider.signer, provider.issuer)
    return build(settings_for("idp", home_with_keys(folder, {}), provider.ledger.url), again)


@pytest.mark.parametrize(("switch", "goes_on"), SWITCHES, ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize("anew", [False, True], ids=["same process", "after a restart"])
def test_what_is_switched_off_opens_nothing_within_a_second(
    app: Flask, provider: Provider, desk: Desk, clock: TurnedClock, held: Held, tmp_path: Path,
    switch: Callable[[Held, Provider, Desk, Path], None], goes_on: set[str], *, anew: bool,
) -> None:  # fmt: skip
    switch(held, provider, desk, tmp_path)
    clock.turn(seconds=1)

    opened = held.opened(restarted(provider, tmp_path / "again") if anew else app)

    assert opened == goes_on


def test_nothing_is_refused_that_was_not_switched_off(app: Flask, held: Held) -> None:
    assert held.opened(app) == {"userinfo", "introspect", "refresh", "code", "session", "sign-in"}
