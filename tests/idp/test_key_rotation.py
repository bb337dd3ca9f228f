"""Keys come with notice and go with overlap, and no token fails on the way."""

from pathlib import Path

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.key_rotation import ANNOUNCE, RETIRE, USE, announce, changing, retire, use
from idp.provider import Provider
from idp.token_keys import TokenKey
from ledger.decision import Allow, Decision, Refuse
from tests.doubles import TurnedClock
from tests.idp.desk import Desk, desk_of
from tests.idp.test_tokens import asked
from tests.idp.visitor import ISSUER, Person, Service, Visitor
from tests.issuing import KeySigner
from tests.serving import home_with_keys


class Rolling:
    """Whoever changes the keys, and a new one in a home."""

    def __init__(self, desk: Desk, provider: Provider, folder: Path) -> None:
        self.desk, self.provider = desk, provider
        signer = KeySigner()
        home = home_with_keys(folder, {"token-2": signer})
        self.new, self.uri = TokenKey(signer), home.key_uri("token-2")

    def announce(self) -> Decision:
        signed = self.desk.sign(changing(ANNOUNCE, self.new.kid, self.desk.now))
        return announce(self.desk.ledger, self.new, self.uri, signed)

    def use(self, kid: str = "") -> Decision:
        kid = kid or self.new.kid
        return use(self.desk.ledger, kid, self.desk.sign(changing(USE, kid, self.desk.now)))

    def retire(self, kid: str) -> Decision:
        signed = self.desk.sign(changing(RETIRE, kid, self.desk.now))
        return retire(self.desk.ledger, self.provider.keyring, kid, signed)


@pytest.fixture
def rolling(desk: Desk, provider: Provider, tmp_path: Path) -> Rolling:
    return Rolling(desk, provider, tmp_path / "rolling")


def published(app: Flask) -> list[str]:
    return [key["kid"] for key in app.test_client().get("/jwks", base_url=ISSUER).get_json()["keys"]]


def test_a_key_is_announced_then_used_and_the_old_one_retires_after_a_day(
    app: Flask, provider: Provider, rolling: Rolling, clock: TurnedClock
) -> None:
    old, new = provider.keys.first.kid, rolling.new.kid

    steps = [rolling.announce()]
    clock.turn(seconds=3)
    told, signing = published(app), provider.keys.first.kid
    steps += [rolling.use(), rolling.retire(old)]
    clock.turn(hours=2)
    steps += [rolling.use()]
    clock.turn(seconds=3)
    after, now_signing = published(app), provider.keys.first.kid
    steps += [rolling.retire(old), rolling.use()]
    clock.turn(hours=24)
    steps += [rolling.retire(old), rolling.retire(new)]
    clock.turn(seconds=3)

    soon, done = Refuse("token-key.too-soon"), Refuse("token-key.done-already")
    assert steps == [Allow(), soon, soon, Allow(), soon, done, Allow(), soon]
    assert (told, signing, after, now_signing) == ([old, new], old, [old, new], new)
    assert published(app) == [new]


def test_tokens_of_before_and_after_count_while_the_key_rolls(
    app: Flask, provider: Provider, rolling: Rolling, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    rolling.announce()
    somphone.clock.turn(hours=2)
    before = edocument.redeem(app, visitor.sign_in(edocument, somphone)["code"]).get_json()
    rolling.use()
    somphone.clock.turn(seconds=3)
    visitor.get("/authorize", edocument.ask())
    after = edocument.redeem(app, visitor.redirected()["code"]).get_json()
    keys = KeySet.import_key_set(app.test_client().get("/jwks", base_url=ISSUER).get_json())

    signed = [jwt.decode(one["id_token"], keys, algorithms=["ES256"]).header["kid"] for one in (before, after)]

    assert signed[0] != signed[1] == rolling.new.kid
    assert [asked(app, one["access_token"]) for one in (before, after)] == [(200, "")] * 2


def test_a_key_that_a_process_cannot_open_is_published_and_signs_nothing_there(
    app: Flask, provider: Provider, rolling: Rolling, clock: TurnedClock
) -> None:
    old = provider.keys.first.kid
    rolling.uri = "file:/nowhere/key.pem"
    rolling.announce()
    clock.turn(hours=3)
    rolling.use()
    clock.turn(seconds=3)

    assert (published(app), provider.keys.first.kid) == ([old, rolling.new.kid], old)


def test_nobody_without_a_duty_changes_a_key_and_none_is_made_up(desk: Desk, rolling: Rolling) -> None:
    assert rolling.use("other") == Refuse("token-key.unknown")
    assert rolling.retire("other") == Refuse("token-key.unknown")
    rolling.desk = desk_of(desk.ledger, "10900078", duty=None)
    assert rolling.announce() == Refuse("management.not-on-duty")
