"""An RSA key that pads by PSS, as its URI says: it signs with PS256, is published so, and rolls as others do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from idp.app import build, further_keys, provider_of
from idp.key_schedule import BaseKey, Schedule, roll
from idp.provider import Provider
from idp.token_keys import Keyring, TokenKey
from idp.tokens import ID_TOKEN
from ledger.event import Actor
from ledger.ledger import Ledger
from pki.jws import verify
from pki.signing import SignatureAlgorithm
from signers import KeyUnusable, generate
from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.test_algorithms import PssSigner
from tests.idp.visitor import ISSUER, Person, Visitor
from tests.issuing import KeySigner, new_key
from tests.serving import home_with_keys, settings_for
from tests.softhsm import token
from web.home import Home

__all__ = ["token"]
RSA = SignatureAlgorithm.RSA_PKCS1_SHA256
WORKER = Actor.system("work")
SCHEDULE = Schedule(timedelta(days=5), timedelta(hours=6), timedelta(hours=24))
Token = Callable[[str], str]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_with_keys(tmp_path / "padded", {"token": KeySigner()})


@pytest.fixture
def base(home: Home, token: Token) -> list[BaseKey]:
    """In a token: one that pads by PSS, as the guide writes its URI, before another."""
    place = token("tokens")
    named = {name: place.format(name) for name in ("token-ps256", "token-eddsa")}
    generate(named["token-ps256"], RSA)
    generate(named["token-eddsa"], SignatureAlgorithm.ED25519)
    named["token-ps256"] += "&padding=pss"
    return [BaseKey(key, uri) for key, uri in zip(further_keys(home, named), named.values(), strict=True)]


def test_it_rolls_as_often_as_others_and_holds_up_none(ledger: Ledger, clock: TurnedClock, base: list[BaseKey]) -> None:
    keyring, signed_by = Keyring([one.key for one in base]), set()

    for _ in range(4 * 17):
        roll(ledger, base, SCHEDULE, WORKER)
        clock.turn(hours=6)
        keys = keyring.current(ledger)
        for key in keys.signing:
            verify(key.sign(ID_TOKEN, {}), keys.by_kid, {ID_TOKEN}, algorithms={key.algorithm})
            signed_by.add((key.algorithm, key.kid))

    assert sorted(algorithm for algorithm, _ in signed_by) == ["EdDSA"] * 4 + ["PS256"] * 4


def test_a_key_that_cannot_be_made_holds_up_its_own_step_alone_and_is_told(
    ledger: Ledger, clock: TurnedClock, base: list[BaseKey]
) -> None:
    keyring = Keyring([one.key for one in base])
    roll(ledger, base, SCHEDULE, WORKER)
    clock.turn(days=5)
    broken = [replace(base[0], uri=base[0].uri.replace("token=tokens", "token=gone")), base[1]]

    with pytest.raises(KeyUnusable, match=r"token-key\.announce for PS256: there is no token 'gone'"):
        roll(ledger, broken, SCHEDULE, WORKER)

    clock.turn(seconds=1)
    assert [key.algorithm for key in keyring.current(ledger).keys] == ["PS256", "EdDSA", "EdDSA"]


@pytest.mark.sqlite_only("about keys alone")
def test_a_setting_may_say_so_where_the_name_says_it_already_and_not_against_the_name(home: Home, token: Token) -> None:
    uri = token("tokens").format("rsa")
    generate(uri, RSA)
    padded = f"{uri}&padding=pss"

    found = [next(further_keys(home, {"token-ps256": one})).algorithm for one in (uri, padded)]

    assert found == ["PS256", "PS256"]
    with pytest.raises(KeyUnusable, match="leave it out of this URI"):
        list(further_keys(home, {"token-rs256": padded}))


@pytest.fixture
def padded(provider: Provider, home: Home, tmp_path: Path) -> Flask:
    """A provider whose main key pads by PSS, as the setting of it says."""
    own = home_with_keys(tmp_path / "own", {"token": KeySigner(new_key(RSA))})
    settings = replace(
        settings_for("idp", home, provider.ledger.url), keys={"token": f"{own.key_uri('token')}&padding=pss"}
    )
    home.key("fields").write_bytes(b"00" * 32)
    home.key("fields").chmod(0o600)
    opened = provider_of(settings)
    return build(settings, replace(provider, signer=opened.signer))


def test_as_the_main_key_it_is_published_as_what_it_signs_with(padded: Flask, desk: Desk, somphone: Person) -> None:
    visitor, own = Visitor(padded), service(desk, 8483)
    tokens = own.redeem(padded, visitor.sign_in(own, somphone)["code"]).get_json()
    keys = padded.extensions["provider"].keys
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}

    [published] = padded.test_client().get("/jwks", base_url=ISSUER).get_json()["keys"]
    read = verify(tokens["id_token"], keys.by_kid, {ID_TOKEN}, algorithms={"PS256"})
    said = padded.test_client().get("/userinfo", base_url=ISSUER, headers=headers)

    assert (published["alg"], read.header["alg"]) == ("PS256", "PS256")
    assert said.status_code == 200


class Silent(PssSigner):
    """It pads by PSS and does not say so."""

    pss = False


def test_a_key_whose_signatures_do_not_verify_is_told_before_anybody_gets_one(provider: Provider, home: Home) -> None:
    fit = replace(provider, further_keys=(TokenKey(KeySigner(new_key(RSA))),))
    main = replace(provider, signer=Silent(new_key(RSA)))
    further = replace(provider, further_keys=(TokenKey(Silent(new_key(RSA))),))
    settings = settings_for("idp", home, provider.ledger.url)

    answers = [build(settings, one).test_client().get("/readyz", base_url=ISSUER) for one in (fit, main, further)]

    told = [answer.get_json().get("wrong", {}).get("token key", "").partition(":")[0] for answer in answers]
    assert told == ["", *2 * ["the token key for RS256 does not sign"]]
