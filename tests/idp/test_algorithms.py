"""Tokens in the algorithm that a service asks for, and everything else that is signed for it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select

from idp.app import further_keys
from idp.changing import Change, as_it_is, change, changing
from idp.clients import RegisteredClient, Registration, register, registering
from idp.declared import NOTHING
from idp.logout import end_session
from idp.provider import Provider
from idp.registration.metadata import read
from idp.registration.tables import Invitation
from idp.tables import AuthorizationCode, Session
from idp.token_keys import TokenKey
from ledger.decision import Refuse
from ledger.event import ANYONE
from ledger.outbox import OutboxMessage
from pki.jws import unverified_header
from pki.signing import SignatureAlgorithm
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.registration_desk import CALLBACK, Candidate, invited, open_organisation
from tests.idp.visitor import ISSUER, Person, Service, Visitor
from tests.issuing import KeySigner, new_key
from tests.serving import home_with_keys

RSA = SignatureAlgorithm.RSA_PKCS1_SHA256
ALL = ["ES256", "RS256", "PS256", "EdDSA"]


class PssSigner(KeySigner):
    """An RSA key that pads by PSS."""

    pss = True

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message, padding.PSS(padding.MGF1(SHA256()), 32), SHA256())  # type: ignore[call-arg,arg-type]


@pytest.fixture(scope="module")
def further() -> tuple[TokenKey, ...]:
    return (
        TokenKey(KeySigner(new_key(RSA))), TokenKey(PssSigner(new_key(RSA))),
        TokenKey(KeySigner(new_key(SignatureAlgorithm.ED25519))),
    )  # fmt: skip


@pytest.fixture
def provider(provider: Provider, further: tuple[TokenKey, ...]) -> Provider:
    return replace(provider, further_keys=further)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("alg", ALL)
def test_what_is_signed_for_a_service_is_signed_as_it_asks(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person, alg: str
) -> None:
    own = service(desk, 8480, profile="standard", id_token_alg=alg, userinfo_alg=alg)
    keys = KeySet.import_key_set(app.test_client().get("/jwks", base_url=ISSUER).get_json())

    answer = visitor.sign_in(own, somphone, response_mode="jwt")["response"]
    opened = jwt.decode(answer, keys, algorithms=ALL)
    tokens = own.redeem(app, opened.claims["code"]).get_json()
    identity = jwt.decode(tokens["id_token"], keys, algorithms=ALL)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    said = app.test_client().get("/userinfo", base_url=ISSUER, headers=headers)
    person = jwt.decode(said.text, keys, algorithms=ALL)
    seen = app.test_client().post(
        "/introspect", base_url=ISSUER, data={"token": tokens["access_token"]},
        headers={"Accept": "application/token-introspection+jwt"},
        auth=(own.client.client_id, own.client.client_secret),
    )  # fmt: skip
    introspected = jwt.decode(seen.text, keys, algorithms=ALL)
    hinted = visitor.get("/authorize", own.ask(prompt="none", id_token_hint=tokens["id_token"])).status_code

    assert {one.header["alg"] for one in (opened, identity, person, introspected)} == {alg}
    assert (said.mimetype, person.claims["aud"]) == ("application/jwt", own.client.client_id)
    assert introspected.header["typ"] == "token-introspection+jwt"
    assert introspected.claims["token_introspection"]["active"] is True
    assert hinted == 303


def test_discovery_names_the_algorithms_that_there_are_keys_for(app: Flask) -> None:
    said = app.test_client().get("/.well-known/openid-configuration", base_url=ISSUER).get_json()
    keys = app.test_client().get("/jwks", base_url=ISSUER).get_json()["keys"]

    assert said["id_token_signing_alg_values_supported"] == ALL
    assert [key["alg"] for key in keys] == ALL
    assert len({key["kid"] for key in keys}) == 4
    assert all("d" not in key for key in keys)


def test_a_provider_has_the_keys_that_are_in_its_home(tmp_path: Path) -> None:
    names = {"token": KeySigner(), "token-ps256": KeySigner(new_key(RSA)), "token-rs256": KeySigner(new_key(RSA))}
    home = home_with_keys(tmp_path / "keys", names)

    found = list(further_keys(home, {}))
    signed = [key.sign("JWT", {"a": 1}) for key in found]
    keys = KeySet.import_key_set({"keys": [dict(key.public()) for key in found]})

    assert [jwt.decode(one, keys, algorithms=ALL).header["alg"] for one in signed] == ["RS256", "PS256"]


def test_an_algorithm_without_a_key_is_refused_before_anything_is_used_up(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person, provider: Provider
) -> None:
    own = service(desk, 8481, profile="standard", id_token_alg="EdDSA")
    plain = service(desk, 8482, profile="standard")
    code = visitor.sign_in(own, somphone)["code"]
    provider.keyring.base = provider.keyring.base[:1]
    provider.keyring._looked = None

    asked = visitor.get("/authorize", own.ask(prompt="none"))
    refused = own.redeem(app, code)
    other = visitor.get("/authorize", plain.ask())
    ended = end_session(provider, session_of(provider), "logout", ANYONE)
    provider.keyring.base = (*provider.keyring.base, *provider.further_keys)
    provider.keyring._looked = None

    assert (asked.status_code, other.status_code, ended) == (400, 303, True)
    assert (refused.status_code, refused.get_json()["error_description"]) == (503, "client.algorithm-unserved")
    assert own.redeem(app, code).get_json()["error_description"] == "token.grant-ended"


ASKING: list[dict[str, Any]] = [
    {"userinfo_alg": "PS256"},
    {"declared": replace(NOTHING, answer_alg="PS256")},
    {"declared": replace(NOTHING, introspection_alg="PS256")},
]


@pytest.mark.parametrize("asked", ASKING[1:])
def test_nothing_is_used_up_for_an_answer_that_no_key_signs(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person, provider: Provider, asked: dict[str, Any]
) -> None:
    own = service(desk, 8484, **asked)
    visitor.sign_in(own, somphone)
    provider.keyring.base = provider.keyring.base[:1]
    provider.keyring._looked = None

    page = visitor.get("/authorize", own.ask(response_mode="jwt"))
    said = app.test_client().post(
        "/introspect", base_url=ISSUER, data={"token": "x"}, headers={"Accept": "application/token-introspection+jwt"},
        auth=(own.client.client_id, own.client.client_secret),
    )  # fmt: skip
    with provider.ledger.read() as reading:
        codes = len(reading.scalars(select(AuthorizationCode.id)).all())
    ended = end_session(provider, session_of(provider), "logout", ANYONE)
    with provider.ledger.read() as reading:
        told = len(reading.scalars(select(OutboxMessage.id)).all())

    assert (page.status_code, codes) == (400, 1)
    assert (said.status_code, said.get_json()["error_description"]) == (503, "client.algorithm-unserved")
    assert (ended, told) == (True, 1)


@pytest.mark.parametrize("asked", ASKING)
def test_a_service_is_not_registered_for_an_algorithm_without_a_key(desk: Desk, asked: dict[str, Any]) -> None:
    wanted = Registration("ຮ້ານ", "Shop", "standard", ("https://shop.la/cb",), **asked)

    refused = register(desk.ledger, wanted, desk.sign(registering(wanted, desk.now)), ("ES256", "RS256"))

    assert refused == Refuse("client.algorithm-unserved")


@pytest.mark.parametrize("asked", ASKING)
def test_a_service_is_not_changed_to_one_either(desk: Desk, asked: dict[str, Any]) -> None:
    client_id = service(desk, 8485).client.client_id
    with desk.ledger.read() as reading:
        before = as_it_is(reading, client_id)
    assert not isinstance(before, Refuse)
    wanted = Change(client_id, before[1], replace(before[0], **asked))

    refused = change(desk.ledger, wanted, desk.sign(changing(wanted, desk.now)), ("ES256", "RS256"))

    assert refused == Refuse("client.algorithm-unserved")


@pytest.mark.parametrize(
    ("said", "answers", "introspection"),
    [
        ({}, "RS256", "RS256"),
        ({"id_token_signed_response_alg": "ES256"}, "RS256", "RS256"),
        ({"authorization_signed_response_alg": "EdDSA"}, "EdDSA", "RS256"),
        ({"introspection_signed_response_alg": "PS256"}, "RS256", "PS256"),
    ],
)
def test_what_a_service_leaves_open_when_it_registers_is_answered_and_kept_to(
    app: Flask, visitor: Visitor, desk: Desk, said: dict[str, str], answers: str, introspection: str
) -> None:
    open_organisation(desk)
    found = Candidate(app, invited(desk).token).register(**said).get_json()
    own = Service(RegisteredClient(found["client_id"], found["client_secret"]), CALLBACK)

    visitor.get("/authorize", own.ask(prompt="none", response_mode="jwt"))
    answered = unverified_header(visitor.redirected()["response"])["alg"]
    seen = app.test_client().post(
        "/introspect", base_url=ISSUER, data={"token": "x"}, headers={"Accept": "application/token-introspection+jwt"},
        auth=(own.client.client_id, own.client.client_secret),
    )  # fmt: skip

    assert (found["authorization_signed_response_alg"], answered) == (answers, answers)
    assert found["introspection_signed_response_alg"] == unverified_header(seen.text)["alg"] == introspection
    assert "userinfo_signed_response_alg" not in found


@pytest.mark.parametrize("profile", ["gov", "fapi2", "kiosk", "native"])
def test_what_is_left_open_is_never_what_the_profile_forbids(profile: str) -> None:
    invitation = Invitation(profile=profile, scopes="openid", minimum_level=2)

    wanted = read({"redirect_uris": [CALLBACK]}, invitation, ("RS256", "PS256", "ES256"))

    assert wanted.signed_with == {"PS256"}


def session_of(provider: Provider) -> str:
    with provider.ledger.read() as reading:
        return str(reading.scalars(select(Session.id)).one())
