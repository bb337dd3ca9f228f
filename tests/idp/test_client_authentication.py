"""Each way in which a client shows who it is, its hostile forms, and that only the registered way counts."""

import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from idp.client_authentication.private_key_jwt import TYPE
from idp.client_keys import ClientKeys
from idp.clients import Registration, current, may_register
from idp.key_events import ClientKeysLapsed
from idp.lapsed_keys import lapsed_since
from idp.provider import Provider
from idp.tables import Client
from idp.usable_keys import signing_keys
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.event import Actor
from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import Desk, certify
from tests.idp.keys import Handshake, Holder, self_signed
from tests.idp.visitor import ISSUER, Service
from tests.issuing import PracticeIssuer, der

UNKNOWN = {"token": "x"}
"""A question that is answered once the client is who it says."""


def asked(
    app: Flask, form: dict[str, str], certificate: bytes | None = None, at: str = "/introspect", **headers: str
) -> str:
    answer = app.test_client().post(
        at, base_url=ISSUER, data=UNKNOWN | form, headers=headers,
        environ_overrides={"gunicorn.socket": Handshake(certificate)},
    )  # fmt: skip
    return str((answer.get_json(silent=True) or {}).get("error", "proven"))


def asserted(token: str, **changes: str) -> dict[str, str]:
    return {"client_assertion_type": TYPE, "client_assertion": token, **changes}


@pytest.fixture
def holder() -> Holder:
    return Holder()


@pytest.fixture
def strict(desk: Desk, holder: Holder) -> Service:
    return service(desk, 8460, profile="fapi2", auth_method="private_key_jwt", jwks=holder.jwks)


@pytest.fixture
def loose(desk: Desk, holder: Holder) -> Service:
    return service(desk, 8461, profile="standard", auth_method="private_key_jwt", jwks=holder.jwks)


def test_an_assertion_counts_once_and_the_form_may_name_the_client(
    app: Flask, strict: Service, holder: Holder, clock: TurnedClock
) -> None:
    own = strict.client.client_id
    token = holder.assertion(own, ISSUER, clock.now())

    first = asked(app, asserted(token, client_id=own))
    again = asked(app, asserted(token))

    assert (first, again) == ("proven", "invalid_client")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"nbf": 8}, "proven"),
        ({"iat": 10}, "proven"),
        ({"nbf": 61}, "invalid_client"),
        ({"exp": -1}, "invalid_client"),
        ({"exp": 3600}, "invalid_client"),
    ],
)
def test_an_assertion_is_of_now(
    app: Flask, strict: Service, holder: Holder, clock: TurnedClock, changes: dict[str, int], error: str
) -> None:
    at = int(clock.now().timestamp())
    moved: dict[str, Any] = {name: at + seconds for name, seconds in changes.items()}

    assert asked(app, asserted(holder.assertion(strict.client.client_id, ISSUER, clock.now(), **moved))) == error


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [ISSUER]}, {"aud": f"{ISSUER}/token"}, {"aud": f"{ISSUER}/par"}, {"aud": f"{ISSUER}/"}, {"aud": None},
        {"sub": None}, {"iss": "another"}, {"jti": None}, {"jti": 7}, {"exp": None}, {"exp": True}, {"nbf": "0"},
        {"exp": 10**400}, {"nbf": -(10**400)}, {"jti": "\ud800"}, {"jti": "\0"},
    ],
)  # fmt: skip
def test_an_assertion_that_lacks_what_the_strict_profile_demands_is_refused(
    app: Flask, strict: Service, holder: Holder, clock: TurnedClock, changes: dict[str, Any]
) -> None:
    token = holder.assertion(strict.client.client_id, ISSUER, clock.now(), **changes)

    assert asked(app, asserted(token, client_id=strict.client.client_id)) == "invalid_client"


@pytest.mark.parametrize("audience", [ISSUER, [ISSUER, "https://other.la"], f"{ISSUER}/token", [f"{ISSUER}/token"]])
def test_a_standard_client_may_name_an_endpoint(
    app: Flask, loose: Service, holder: Holder, clock: TurnedClock, audience: Any
) -> None:
    token = holder.assertion(loose.client.client_id, audience, clock.now())

    assert asked(app, asserted(token)) == "proven"


def test_an_algorithm_counts_only_where_the_profile_has_it(app: Flask, desk: Desk, clock: TurnedClock) -> None:
    holder = Holder.of_rsa()
    found = {}
    for port, profile in ((8462, "fapi2"), (8463, "standard")):
        own = service(desk, port, profile=profile, auth_method="private_key_jwt", jwks=holder.jwks).client.client_id
        for alg in ("RS256", "PS256"):
            token = holder.assertion(own, ISSUER, clock.now(), alg, jti=f"{profile}-{alg}")
            found[profile, alg] = asked(app, asserted(token))

    assert found == {
        ("fapi2", "RS256"): "invalid_client",
        ("fapi2", "PS256"): "proven",
        ("standard", "RS256"): "proven",
        ("standard", "PS256"): "proven",
    }


def test_an_assertion_by_another_key_or_one_that_brings_its_own_is_refused(
    app: Flask, strict: Service, holder: Holder, clock: TurnedClock
) -> None:
    own, stranger = strict.client.client_id, Holder()
    claims = {"iss": own, "sub": own, "aud": ISSUER, "exp": int(clock.now().timestamp()) + 60, "jti": "j"}
    public = stranger.key.as_dict(private=False)

    forged = [
        stranger.sign(claims), stranger.sign(claims, jwk=public), holder.sign(claims, jku="https://evil.la"),
        holder.sign(claims, x5u="https://evil.la"), holder.sign(claims, kid="other"), "", "a.b.c", "\u0e81",
    ]  # fmt: skip

    assert {asked(app, asserted(token, client_id=own)) for token in forged} == {"invalid_client"}


def test_two_ways_at_once_and_a_way_that_is_not_registered_are_refused(
    app: Flask, loose: Service, edocument: Service, holder: Holder, clock: TurnedClock
) -> None:
    token = holder.assertion(loose.client.client_id, ISSUER, clock.now())
    own, secret = edocument.client.client_id, edocument.client.client_secret
    basic = "Basic " + b64encode(f"{own}:{secret}".encode()).decode()

    assert asked(app, asserted(token), Authorization=basic) == "invalid_request"
    assert asked(app, {"client_id": own, "client_secret": secret}, Authorization=basic) == "invalid_request"
    assert asked(app, {"client_id": loose.client.client_id, "client_secret": ""}) == "invalid_client"
    assert asked(app, asserted(holder.assertion(own, ISSUER, clock.now()))) == "invalid_client"
    assert asked(app, {"client_id": own}) == "invalid_client"


def test_a_client_without_a_secret_cannot_be_guessed_by_an_empty_one(
    app: Flask, strict: Service, edocument: Service
) -> None:
    own = strict.client.client_id
    header = "Basic " + b64encode(f"{own}:".encode()).decode()

    assert strict.client.client_secret == ""
    assert asked(app, {}, Authorization=header) == "invalid_client"
    assert asked(app, {"client_id": own, "client_secret": ""}) == "invalid_client"


def test_a_self_signed_certificate_counts_byte_for_byte(app: Flask, desk: Desk) -> None:
    shown, holder = self_signed(), Holder()
    key = holder.key.as_dict(private=False) | {"x5c": [b64encode(shown).decode()]}
    own = service(
        desk, 8464, profile="fapi2", auth_method="self_signed_tls_client_auth", jwks=json.dumps({"keys": [key]})
    ).client.client_id

    found = [asked(app, {"client_id": own}, one) for one in (shown, self_signed(), None)]

    assert found == ["proven", "invalid_client", "invalid_client"]


def test_a_certificate_of_our_own_counts_while_it_lives_and_for_its_name_alone(
    app: Flask, desk: Desk, provider: Provider, clock: TurnedClock
) -> None:
    leaf = PracticeIssuer().leaf("service.gov.la", 77)
    shown, subject = der(leaf), f"dn:{leaf.subject.rfc4514_string()}"
    certify(provider.ledger, desk.person_id, shown, "tls-client", clock.now() + timedelta(days=1))
    by_name = service(
        desk, 8465, profile="fapi2", auth_method="tls_client_auth", tls_subject=subject
    ).client.client_id
    other = service(
        desk, 8466, profile="fapi2", auth_method="tls_client_auth", tls_subject="dn:CN=other.gov.la"
    ).client.client_id

    now = [asked(app, {"client_id": one}, shown) for one in (by_name, other)]
    unknown = asked(app, {"client_id": by_name}, der(PracticeIssuer().leaf("service.gov.la", 78)))
    clock.turn(days=2)
    later = asked(app, {"client_id": by_name}, shown)

    assert (now, unknown, later) == (["proven", "invalid_client"], "invalid_client", "invalid_client")


def test_a_public_client_says_who_it_is(app: Flask, desk: Desk) -> None:
    own = service(
        desk, 8467, profile="native", auth_method="none", redirect_uris=("http://127.0.0.1/back",)
    ).client.client_id

    assert asked(app, {"client_id": own}, at="/revoke") == "proven"
    assert asked(app, {"client_id": own, "client_secret": "x"}, at="/revoke") == "invalid_client"
    assert asked(app, {"client_id": own}) == "invalid_client"  # whoever proves nothing reads nobody's tokens


class Published:
    """A key set at an address, and how often it was asked for."""

    def __init__(self, body: str, status: int = 200) -> None:
        self.body, self.status, self.asked = body.encode(), status, 0

    def get(self, url: str) -> "Published":
        self.asked += 1
        return self


def test_keys_behind_an_address_are_kept_and_fetched_again_for_a_new_name_but_not_at_once(
    app: Flask, desk: Desk, provider: Provider, clock: TurnedClock
) -> None:
    old, new = Holder(), Holder.of_rsa("k2")
    at = Published(old.jwks)
    object.__setattr__(provider, "client_keys", ClientKeys(at))
    own = service(
        desk, 8468, profile="standard", auth_method="private_key_jwt", jwks_uri="https://service.gov.la/jwks"
    ).client.client_id

    first = [asked(app, asserted(old.assertion(own, ISSUER, clock.now(), jti=f"a{n}"))) for n in range(3)]
    at.body = new.jwks.encode()
    soon = asked(app, asserted(new.assertion(own, ISSUER, clock.now(), "PS256")))
    before = at.asked
    clock.turn(seconds=31)
    later = asked(app, asserted(new.assertion(own, ISSUER, clock.now(), "PS256")))
    gone = asked(app, asserted(old.assertion(own, ISSUER, clock.now(), jti="b")))

    assert (first, soon, before) == (["proven"] * 3, "invalid_client", 1)
    assert (later, gone, at.asked) == ("proven", "invalid_client", 2)


def test_keys_that_cannot_be_fetched_any_more_count_for_a_day_and_then_the_client_is_refused_until_they_can(
    app: Flask, desk: Desk, provider: Provider, clock: TurnedClock, holder: Holder
) -> None:
    at = Published(holder.jwks)
    object.__setattr__(provider, "client_keys", ClientKeys(at))
    own = service(
        desk, 8468, profile="standard", auth_method="private_key_jwt", jwks_uri="https://service.gov.la/jwks"
    ).client.client_id

    def comes() -> tuple[str, bool]:
        said = asked(app, asserted(holder.assertion(own, ISSUER, clock.now(), jti=clock.now().isoformat())))
        with provider.ledger.read() as reading:
            return said, own in lapsed_since(reading)

    seen = [comes()]
    at.status = 503
    for away in (timedelta(hours=12), timedelta(hours=11, minutes=59), timedelta(minutes=1), timedelta(days=3)):
        clock.turn(seconds=away.total_seconds())
        seen.append(comes())
    at.status = 200
    clock.turn(seconds=31)
    seen.append(comes())

    refused = ("invalid_client", True)
    assert seen == [("proven", False)] * 3 + [refused, refused, ("proven", False)]
    with provider.ledger.read() as reading:
        told = reading.scalars(select(Entry.kind).where(Entry.kind.startswith("client.keys-")).order_by(Entry.at)).all()
    assert told == ["client.keys-lapsed", "client.keys-reached"]


def test_what_one_process_said_of_lapsed_keys_another_says_is_over(
    app: Flask, desk: Desk, provider: Provider, clock: TurnedClock, holder: Holder
) -> None:
    own = service(
        desk, 8468, profile="standard", auth_method="private_key_jwt", jwks_uri="https://service.gov.la/jwks"
    ).client.client_id
    with provider.ledger.read() as reading:
        client = current(reading, own)
    assert client is not None
    provider.ledger.record(ClientKeysLapsed(own), Actor.client(own))
    object.__setattr__(provider, "client_keys", ClientKeys(Published(holder.jwks)))

    signing_keys(provider, client, {"alg": "ES256"}, clock.now())

    with provider.ledger.read() as reading:
        assert lapsed_since(reading) == {}


def test_an_address_that_fails_is_left_alone_for_a_while_and_known_keys_stay(clock: TurnedClock, desk: Desk) -> None:
    at = Published(Holder().jwks)
    keys = ClientKeys(at)
    client: Any = type("Row", (), {"jwks": None, "jwks_uri": "https://service.gov.la/jwks"})()

    known = keys.of(client, None, clock.now())
    at.status = 503
    clock.turn(minutes=11)
    after = [keys.of(client, "other", clock.now()) for _ in range(5)]

    assert after == [known] * 5
    assert at.asked == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"profile": "gov"}, "client.method"),
        ({"profile": "fapi2"}, "client.method"),
        ({"profile": "native"}, "client.method"),
        ({"auth_method": "private_key_jwt"}, "client.keys"),
        ({"auth_method": "private_key_jwt", "jwks": "{}"}, "client.keys"),
        ({"auth_method": "private_key_jwt", "jwks": json.dumps({"keys": [Holder().key.as_dict(private=True)]})},
         "client.keys"),
        ({"auth_method": "self_signed_tls_client_auth", "jwks": Holder().jwks}, "client.keys"),
        ({"auth_method": "tls_client_auth"}, "client.keys"),
        ({"tls_subject": "dn:CN=x"}, "client.keys"),
        ({"auth_method": "none"}, "client.method"),
        ({"jwks_uri": "http://service.gov.la/jwks"}, "client.uri"),
        ({"jwks_uri": "https://a]b/jwks"}, "client.uri"),
        ({"jwks_uri": "https://service.gov.la:99999/jwks"}, "client.uri"),
        ({"redirect_uris": ("http://127.0.0.1/back",)}, "client.redirect-uri"),
        ({"id_token_alg": "none"}, "client.algorithm"),
        ({"userinfo_alg": "HS256"}, "client.algorithm"),
        ({"profile": "gov", "auth_method": "private_key_jwt", "jwks": Holder().jwks, "id_token_alg": "RS256"},
         "client.algorithm"),
        ({"signed_requests": True}, "client.keys"),
    ],
)  # fmt: skip
def test_a_registration_whose_parts_do_not_go_together_is_refused(changes: dict[str, Any], code: str) -> None:
    usual = {"name_lo": "x", "name_en": "x", "profile": "standard", "redirect_uris": ("https://x.gov.la/cb",)}

    assert may_register(Registration(**(usual | changes))) == Refuse(code)


def test_two_programs_on_one_machine_know_a_person_by_two_names(provider: Provider, desk: Desk) -> None:
    native = {"profile": "native", "auth_method": "none", "redirect_uris": ("http://127.0.0.1/back",)}
    registered = [service(desk, 1, **native).client.client_id for _ in range(2)]

    with provider.ledger.read() as session:
        sectors = [session.get_one(Client, one).sector for one in registered]

    assert sectors == registered


@pytest.mark.parametrize("kid", ["k1", None])
@pytest.mark.parametrize("first", ["ES256", "RS256"])
def test_keys_of_several_kinds_under_one_name_are_told_apart_by_their_algorithm(
    app: Flask, desk: Desk, clock: TurnedClock, first: str, kid: str | None
) -> None:
    """RFC 7517 clause 4.5: as equivalent alternatives they may have the same `kid`."""
    signers = {"ES256": Holder(), "RS256": Holder.of_rsa("k1")}
    keys = [signers[alg].key.as_dict(private=False) for alg in sorted(signers, reverse=first == "RS256")]
    own = service(desk, 8463, auth_method="private_key_jwt", jwks=json.dumps({"keys": keys}))
    at, name = int(clock.now().timestamp()), own.client.client_id
    claims = {"iss": name, "sub": name, "aud": ISSUER, "exp": at + 60}

    signed = [signer.sign({**claims, "jti": alg}, alg, kid=kid) for alg, signer in signers.items()]
    answers = [asked(app, asserted(token)) for token in signed]

    assert answers == ["proven", "proven"]
