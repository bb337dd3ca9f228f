"""What a service gets encrypted: it alone opens it, it is ours inside, and nothing comes in the open instead."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from sqlalchemy import StaticPool, Table, create_engine, select
from sqlalchemy.orm import Session

from idp.client_keys import ClientKeys
from idp.clients import Registration, may_register
from idp.declared import NOTHING, Declared, parse_declared
from idp.encryption import ALGORITHMS, CONTENTS, Envelope, ReaderUnknown, enclosed
from idp.provider import Provider
from idp.tables import Client
from ledger.certificates import KeyBlock
from ledger.decision import Allow, Refuse
from ledger.outbox import OutboxMessage
from pki.base64url import encode
from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.readers import Reader, reader_of, signing_key
from tests.idp.registration_desk import CALLBACK, Candidate, invited, open_organisation
from tests.idp.test_client_authentication import Published
from tests.idp.test_walk import bearer
from tests.idp.visitor import ISSUER, Person, Service, Visitor

AT = "https://service.gov.la/jwks"
READERS = {algorithm: (reader_of(algorithm), reader_of(algorithm, "other")) for algorithm in ALGORITHMS}


def asking(algorithm: str = "ECDH-ES", content: str | None = None) -> Declared:
    """All that can be encrypted is."""
    return replace(
        NOTHING, identity_encryption=algorithm, identity_content=content, userinfo_encryption=algorithm,
        userinfo_content=content, answer_encryption=algorithm, answer_content=content,
    )  # fmt: skip


def reading(desk: Desk, reader: Reader, port: int = 8490, **changes: Any) -> Service:
    """A service that gets everything encrypted to its key."""
    usual = {"declared": asking(), "jwks": reader.jwks(signing_key()), "userinfo_alg": "ES256"}
    return service(desk, port, **(usual | changes))


def published(provider: Provider, body: str) -> Published:
    """The key sets of all services from now on."""
    at = Published(body)
    object.__setattr__(provider, "client_keys", ClientKeys(at))
    return at


def row(jwks: str) -> Client:
    return Client(id="c", jwks=jwks, jwks_uri=None, declared=None)


class Unblocked:
    """A ledger in which nothing is but an empty list of blocked keys."""

    clock = TurnedClock()

    def __init__(self) -> None:
        self._engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        cast("Table", KeyBlock.__table__).create(self._engine)

    @contextmanager
    def read(self) -> Iterator[Session]:
        with Session(self._engine) as session:
            yield session


class Clocked:
    """All that an envelope needs of a provider."""

    def __init__(self) -> None:
        self.client_keys, self.ledger = ClientKeys(), Unblocked()


@given(st.sampled_from(ALGORITHMS), st.sampled_from(CONTENTS), st.text(max_size=300))
def test_every_pair_of_algorithms_is_opened_by_its_reader_and_by_nobody_else(
    algorithm: str, content: str, text: str
) -> None:
    here: Any = Clocked()
    own, other = READERS[algorithm]

    sealed = enclosed(here, row(own.jwks(signing_key())), text, Envelope(algorithm, content))
    again = enclosed(here, row(own.jwks(signing_key())), text, Envelope(algorithm, content))
    opened = own.open(sealed)

    assert (opened.token, opened.header["cty"], opened.header["kid"]) == (text, "JWT", "e1")
    assert (opened.header["alg"], opened.header["enc"]) == (algorithm, content)
    assert {"zip", "iss", "sub", "aud"} & opened.header.keys() == set()
    assert sealed.split(".")[2:] != again.split(".")[2:]
    with pytest.raises(JoseError):
        other.open(sealed)


@given(st.sampled_from(ALGORITHMS), st.integers(0, 4), st.data())
def test_no_octet_of_it_can_be_changed(algorithm: str, part: int, data: st.DataObject) -> None:
    here: Any = Clocked()
    own = READERS[algorithm][0]
    parts = enclosed(here, row(own.jwks()), "token", Envelope(algorithm, CONTENTS[0])).split(".")
    at = data.draw(st.integers(0, max(len(parts[part]) - 2, 0)))
    parts[part] = parts[part][:at] + ("B" if parts[part][at : at + 1] == "A" else "A") + parts[part][at + 1 :]

    with pytest.raises((JoseError, ValueError)):
        own.open(".".join(parts))


@pytest.mark.parametrize("mode", ["query", "jwt", "form_post.jwt"])
@pytest.mark.parametrize(("algorithm", "content"), [("ECDH-ES+A256KW", "A256GCM"), ("RSA-OAEP-256", None)])
def test_a_service_opens_its_answer_its_id_token_and_its_userinfo(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person, algorithm: str, content: str | None, mode: str
) -> None:
    reader = reader_of(algorithm, alg=algorithm)
    own = reading(desk, reader, declared=asking(algorithm, content))

    visitor.get("/authorize", own.ask(response_mode=mode))
    visitor.submit(username=somphone.number, password="ນົກບິນຂ້າມຂອງ 2569")
    visitor.submit(code=somphone.code())
    text = visitor.page.text
    said = {"response": text.split('name="response" value="')[1].split('"')[0]} if "form" in mode else (
        visitor.redirected())  # fmt: skip
    code = said["code"] if mode == "query" else reader.claims(app, said["response"])["code"]
    tokens = own.redeem(app, code).get_json()
    person = app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer(tokens["access_token"]))
    identity, about = (reader.claims(app, token) for token in (tokens["id_token"], person.text))

    assert set(said) == ({"code", "state", "iss"} if mode == "query" else {"response"})
    assert (identity["iss"], identity["aud"]) == (ISSUER, own.client.client_id)
    assert (person.mimetype, about["sub"], about["aud"]) == ("application/jwt", identity["sub"], own.client.client_id)
    assert reader.open(tokens["id_token"]).header["enc"] == (content or "A128CBC-HS256")
    assert tokens["access_token"].count(".") == 2


def test_the_token_inside_is_the_hint_and_what_encloses_it_is_none(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person
) -> None:
    reader = reader_of("ECDH-ES")
    own = reading(desk, reader, declared=replace(NOTHING, identity_encryption="ECDH-ES"))
    token = own.redeem(app, visitor.sign_in(own, somphone)["code"]).get_json()["id_token"]

    pages = [visitor.get("/authorize", own.ask(prompt="none", id_token_hint=one))
             for one in (reader.open(token).token, token)]  # fmt: skip

    assert ["error=login_required" in page.headers["Location"] for page in pages] == [False, True]


def test_logouts_are_encrypted_as_id_tokens_are(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person, provider: Provider
) -> None:
    reader = reader_of("ECDH-ES")
    own = reading(desk, reader)
    own.redeem(app, visitor.sign_in(own, somphone)["code"])
    visitor.get("/end-session")
    visitor.submit(answer="sign-out")

    with provider.ledger.read() as session:
        body = session.scalars(select(OutboxMessage.body)).one().decode()
    claims = reader.claims(app, parse_qs(body)["logout_token"][0])

    assert claims["aud"] == own.client.client_id
    assert "http://schemas.openid.net/event/backchannel-logout" in claims["events"]


@pytest.mark.parametrize("accept", ["application/json", "application/token-introspection+jwt"])
def test_what_introspection_says_is_encrypted_whatever_was_asked_for(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person, accept: str
) -> None:
    reader = reader_of("ECDH-ES")
    said = replace(NOTHING, introspection_encryption="ECDH-ES", introspection_content="A256GCM")
    own = reading(desk, reader, declared=said)
    token = own.redeem(app, visitor.sign_in(own, somphone)["code"]).get_json()["access_token"]

    answer = app.test_client().post(
        "/introspect", base_url=ISSUER, data={"token": token}, headers={"Accept": accept},
        auth=(own.client.client_id, own.client.client_secret),
    )  # fmt: skip
    claims = reader.claims(app, answer.text)

    assert (answer.status_code, answer.mimetype) == (200, "application/token-introspection+jwt")
    assert reader.open(answer.text).header["enc"] == "A256GCM"
    assert (claims["aud"], claims["token_introspection"]["active"]) == (own.client.client_id, True)


def test_introspection_is_signed_as_it_is_registered(app: Flask, desk: Desk) -> None:
    open_organisation(desk)
    candidate = Candidate(app, invited(desk, most=2).token)

    known = candidate.register(introspection_signed_response_alg="ES256").get_json()
    unknown = candidate.register(introspection_signed_response_alg="EdDSA").get_json()

    assert known["introspection_signed_response_alg"] == "ES256"
    assert unknown["error"] == "invalid_client_metadata"


def test_without_a_key_that_fits_nothing_is_used_up_and_nothing_comes_in_the_open(
    app: Flask, visitor: Visitor, desk: Desk, provider: Provider, somphone: Person, clock: TurnedClock
) -> None:
    reader, gone = reader_of("ECDH-ES"), reader_of("RSA-OAEP-256").jwks()
    at = published(provider, reader.jwks())
    own = reading(desk, reader, jwks=None, jwks_uri=AT)
    token = own.redeem(app, visitor.sign_in(own, somphone)["code"]).get_json()["access_token"]
    visitor.get("/authorize", own.ask(prompt="none"))
    code = visitor.redirected()["code"]
    object.__setattr__(provider, "client_keys", ClientKeys(at))
    at.body = gone.encode()

    asked = visitor.get("/authorize", own.ask(prompt="none"))
    redeemed = own.redeem(app, code)
    person = app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer(token))
    visitor.get("/end-session")
    visitor.submit(answer="sign-out")
    with provider.ledger.read() as session:
        told = session.scalars(select(OutboxMessage.id)).all()

    assert (asked.status_code, "client.encryption-key" in asked.text, "Location" in asked.headers) == (400, True, False)
    for refused in (redeemed, person):
        assert (refused.status_code, refused.get_json()["error_description"]) == (400, "client.encryption-key")
    assert told == []


def test_a_new_key_behind_an_address_is_found_though_the_old_set_was_just_read(
    app: Flask, visitor: Visitor, desk: Desk, provider: Provider, somphone: Person, clock: TurnedClock
) -> None:
    reader = reader_of("ECDH-ES")
    at = published(provider, reader_of("RSA-OAEP-256").jwks())
    own = reading(desk, reader, jwks=None, jwks_uri=AT)

    before = visitor.get("/authorize", own.ask()).status_code
    at.body = reader.jwks().encode()
    soon = visitor.get("/authorize", own.ask()).status_code
    asked_by_then = at.asked
    clock.turn(seconds=31)
    token = own.redeem(app, visitor.sign_in(own, somphone)["code"]).get_json()["id_token"]

    assert (before, soon, asked_by_then, at.asked) == (400, 400, 1, 2)
    assert reader.claims(app, token)["aud"] == own.client.client_id


def set_of(*keys: dict[str, Any]) -> str:
    return json.dumps({"keys": list(keys)})


EC, RSA = READERS["ECDH-ES"][0].key, READERS["RSA-OAEP-256"][0].key
PUBLIC = EC.as_dict(private=False)
X25519: dict[str, Any] = {
    "kty": "OKP", "crv": "X25519", "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08", "use": "enc",
}  # fmt: skip
"""Bob's key of RFC 8037 appendix A.6."""
SETS: Mapping[str, Callable[[], str | None]] = {
    "none": lambda: None,
    "reads": lambda: set_of(PUBLIC),
    "reads by ECDH-ES alone": lambda: set_of({**PUBLIC, "alg": "ECDH-ES"}),
    "signs": lambda: set_of({**PUBLIC, "use": "sig"}),
    "says nothing of its use": lambda: set_of({name: PUBLIC[name] for name in PUBLIC if name != "use"}),
    "RSA": lambda: set_of(RSA.as_dict(private=False)),
    "Ed25519": lambda: set_of(OKPKey.generate_key("Ed25519", {"use": "enc"}).as_dict(private=False)),
    "X25519": lambda: set_of(X25519),
    "X25519 that signs": lambda: set_of({**X25519, "use": "sig"}),
    "X25519, private": lambda: set_of({**X25519, "d": X25519["x"]}),
    "X25519, of small order": lambda: set_of({**X25519, "x": encode(bytes(32))}),
    "X25519, too short": lambda: set_of({**X25519, "x": encode(bytes(31))}),
    "weak": lambda: set_of(weak_key()),
    "private": lambda: set_of(EC.as_dict(private=True)),
}


def weak_key() -> dict[str, Any]:
    """RSA of 1024 bits."""
    numbers = generate_private_key(65537, 1024).public_key().public_numbers()
    return {"kty": "RSA", "e": "AQAB", "n": encode(numbers.n.to_bytes(128, "big")), "use": "enc"}


@pytest.mark.parametrize(
    ("algorithm", "content", "jwks", "code"),
    [
        ("ECDH-ES", None, "reads", None),
        ("ECDH-ES", "A256GCM", "reads by ECDH-ES alone", None),
        ("RSA-OAEP-256", None, "RSA", None),
        ("ECDH-ES+A128KW", None, "reads by ECDH-ES alone", "client.encryption"),
        ("ECDH-ES", None, "signs", "client.encryption"),
        ("ECDH-ES", None, "says nothing of its use", "client.encryption"),
        ("ECDH-ES", None, "RSA", "client.encryption"),
        ("ECDH-ES", None, "none", "client.encryption"),
        ("ECDH-ES", None, "Ed25519", "client.encryption"),
        ("ECDH-ES+A256KW", None, "X25519", None),
        ("RSA-OAEP-256", None, "X25519", "client.encryption"),
        ("ECDH-ES", None, "X25519 that signs", "client.keys"),
        ("ECDH-ES", None, "X25519, private", "client.keys"),
        ("ECDH-ES", None, "X25519, of small order", "client.keys"),
        ("ECDH-ES", None, "X25519, too short", "client.keys"),
        ("RSA-OAEP-256", None, "weak", "client.keys"),
        ("ECDH-ES", None, "private", "client.keys"),
        ("RSA-OAEP", None, "RSA", "client.encryption"),
        ("RSA1_5", None, "RSA", "client.encryption"),
        ("dir", None, "reads", "client.encryption"),
        ("ECDH-ES", "A128GCM", "reads", "client.encryption"),
        (None, "A256GCM", "reads", "client.encryption"),
    ],
)
def test_only_what_can_be_read_and_is_of_the_tables_is_registered(
    algorithm: str | None, content: str | None, jwks: str, code: str | None
) -> None:
    said = replace(NOTHING, answer_encryption=algorithm, answer_content=content)

    decision = may_register(Registration("ຮ້ານ", "Shop", "standard", (CALLBACK,), declared=said, jwks=SETS[jwks]()))

    assert decision == (Refuse(code) if code else Allow())


@pytest.mark.parametrize("more", [{"auth_method": "private_key_jwt"}, {"signed_requests": True}])
def test_a_key_that_reads_does_not_sign(more: dict[str, Any]) -> None:
    wanted = Registration("ຮ້ານ", "Shop", "standard", (CALLBACK,), jwks=set_of(PUBLIC), **more)

    assert may_register(wanted) == Refuse("client.keys")


def test_userinfo_that_is_encrypted_is_signed_too() -> None:
    wanted = Registration("ຮ້ານ", "Shop", "standard", (CALLBACK,), declared=asking(), jwks=set_of(PUBLIC))

    assert may_register(wanted) == Refuse("client.encryption")


def test_a_service_registers_itself_for_it_and_reads_what_counts(
    app: Flask, desk: Desk, visitor: Visitor, somphone: Person
) -> None:
    open_organisation(desk)
    candidate, reader = Candidate(app, invited(desk, most=3).token), reader_of("ECDH-ES")
    keys = json.loads(reader.jwks())

    said = candidate.register(
        jwks=keys, id_token_encrypted_response_alg="ECDH-ES", authorization_encrypted_response_alg="ECDH-ES",
        authorization_encrypted_response_enc="A256GCM",
    ).get_json()  # fmt: skip
    unread = candidate.register(id_token_encrypted_response_alg="ECDH-ES").get_json()
    unknown = candidate.register(jwks=keys, id_token_encrypted_response_alg="RSA1_5").get_json()

    assert (said["id_token_encrypted_response_alg"], said["id_token_encrypted_response_enc"]) == (
        "ECDH-ES", "A128CBC-HS256",
    )  # fmt: skip
    assert said["authorization_encrypted_response_enc"] == "A256GCM"
    assert "userinfo_encrypted_response_enc" not in said
    assert (unread["error"], unread["error_description"].split(":")[0]) == ("invalid_client_metadata", "jwks")
    assert unknown["error_description"].startswith("id_token_encrypted_response_alg")


def test_discovery_names_what_can_be_had(app: Flask) -> None:
    said = app.test_client().get("/.well-known/openid-configuration", base_url=ISSUER).get_json()

    for what in ("id_token", "userinfo", "authorization", "introspection"):
        assert said[f"{what}_encryption_alg_values_supported"] == list(ALGORITHMS)
        assert said[f"{what}_encryption_enc_values_supported"] == ["A128CBC-HS256", "A256GCM"]


def test_what_was_declared_before_there_was_encryption_is_still_read() -> None:
    assert parse_declared('{"client_uri":"https://shop.la/"}').identity_encryption is None


def test_a_race_that_takes_the_key_away_ends_in_a_refusal(app: Flask, provider: Provider) -> None:
    with pytest.raises(ReaderUnknown):
        enclosed(provider, row(set_of(RSA.as_dict(private=False))), "token", Envelope("ECDH-ES", "A256GCM"))


@pytest.mark.parametrize("algorithm", ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"])
def test_x25519_reads_too(algorithm: str) -> None:
    here: Any = Clocked()
    own, other = (Reader(OKPKey.generate_key("X25519", {"kid": "e1", "use": "enc"})) for _ in range(2))
    sealed = enclosed(here, row(own.jwks()), "t", Envelope(algorithm, "A256GCM"))

    assert own.open(sealed).token == "t"
    with pytest.raises(JoseError):
        other.open(sealed)


def test_p_384_reads_too() -> None:
    here: Any = Clocked()
    own = Reader(ECKey.generate_key("P-384", {"kid": "e1", "use": "enc"}))

    assert own.open(enclosed(here, row(own.jwks()), "t", Envelope("ECDH-ES", "A256GCM"))).token == "t"
