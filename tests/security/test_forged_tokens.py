"""Class P (and T): one corpus of forged tokens at every endpoint that reads one of ours or of a client's."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import OctKey

from idp.grants.token_exchange import ACCESS_TOKEN_TYPE
from idp.grants.token_exchange import GRANT_TYPE as EXCHANGE
from idp.provider import Provider
from idp.token_keys import TokenKey
from pki.base64url import decode, encode
from tests.doubles import TurnedClock
from tests.idp.keys import Holder
from tests.idp.test_pushed import Strict
from tests.idp.visitor import ISSUER, Person, Service, Visitor
from tests.issuing import KeySigner

pytestmark = pytest.mark.sqlite_only("what is refused here is refused whatever the database is")


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    head, payload, signature = token.split(".")
    return json.loads(decode(head)), json.loads(decode(payload)), signature


def joined(header: dict[str, Any], claims: dict[str, Any], signature: str) -> str:
    return ".".join((encode(json.dumps(header).encode()), encode(json.dumps(claims).encode()), signature))


def forgeries(token: str, published: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each with its name: what a verifier that is not careful takes for the token, or a better one."""
    header, claims, signature = parts_of(token)
    stranger, head = Holder(), token.partition(".")[0]
    bare = stranger.key.as_dict(private=False)
    for none in ("none", "None", "NONE", "nOnE", ""):
        yield f"alg {none!r}", joined(header | {"alg": none}, claims, "")
        yield f"alg {none!r} with a signature", joined(header | {"alg": none}, claims, signature)
    for secret in (json.dumps(published), published.get("x", "x"), "secret", published["kid"]):
        key = OctKey.import_key(secret.encode().ljust(32, b"\0"))
        yield f"HMAC under {secret[:8]}", jwt.encode(header | {"alg": "HS256"}, claims, key, algorithms=["HS256"])
    kept = {name: value for name, value in header.items() if name not in {"alg", "kid"}}
    for name, more in {
        "a stranger's key": {}, "under our name": {"kid": header["kid"]}, "it brings along": {"jwk": bare},
        "it points to": {"jku": "https://evil.la/jwks"}, "in a chain": {"x5c": ["AA=="]},
        "of an address": {"x5u": "https://evil.la/x5u"}, "by a path": {"kid": "../../etc/passwd"},
        "by SQL": {"kid": "' OR 1=1 --"}, "without a name": {"kid": None},
    }.items():  # fmt: skip
        yield name, stranger.sign(claims, **(kept | more))
    yield "critical", joined(header | {"crit": ["exp"]}, claims, signature)
    yield "unencoded", joined(header | {"b64": False, "crit": ["b64"]}, claims, signature)
    yield "another payload", joined(header, claims | {"sub": "admin", "acr": "urn:laotrust:acr:3"}, signature)
    yield "no signature", f"{head}.{token.split('.')[1]}."
    yield "half a signature", token[: -len(signature) // 2]
    yield "zero signature", f"{head}.{token.split('.')[1]}.{encode(bytes(64))}"
    yield "padded", token + "="
    yield "a fourth part", token + ".AAAA"
    yield "white space", token.replace(".", ". ", 1)
    yield "JSON serialization", json.dumps({"payload": token.split(".")[1], "protected": head, "signature": signature})
    yield "empty parts", ".."


@pytest.fixture
def tokens(app: Flask, visitor: Visitor, edocument: Service, somphone: Person) -> dict[str, str]:
    got: dict[str, str] = edocument.redeem(app, visitor.sign_in(edocument, somphone)["code"]).get_json()
    return got


@pytest.fixture
def published(app: Flask) -> dict[str, Any]:
    key: dict[str, Any] = app.test_client().get("/jwks", base_url=ISSUER).get_json()["keys"][0]
    return key


def userinfo(app: Flask, visitor: Visitor, of: Service, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    return app.test_client().get("/userinfo", base_url=ISSUER, headers=headers).status_code == 200


def introspection(app: Flask, visitor: Visitor, of: Service, token: str) -> bool:
    return bool(of.post(app, "/introspect", {"token": token}).get_json()["active"])


def exchange(app: Flask, visitor: Visitor, of: Service, token: str) -> bool:
    form = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ACCESS_TOKEN_TYPE, "audience": "x"}
    return of.post(app, "/token", form).status_code == 200


def silent_hint(app: Flask, visitor: Visitor, of: Service, token: str) -> bool:
    page = visitor.get("/authorize", of.ask(prompt="none", id_token_hint=token))
    return "code=" in page.headers.get("Location", "")


def logout_hint(app: Flask, visitor: Visitor, of: Service, token: str) -> bool:
    return Visitor(app).get("/end-session", {"id_token_hint": token}).status_code < 400


Reader = Callable[[Flask, Visitor, Service, str], bool]
READERS: list[tuple[Reader, str, bool]] = [
    (userinfo, "access_token", True), (introspection, "access_token", True), (exchange, "access_token", False),
    (silent_hint, "id_token", True), (logout_hint, "id_token", True),
]  # fmt: skip


@pytest.mark.parametrize(("reads", "kind", "takes"), READERS, ids=lambda value: getattr(value, "__name__", ""))
def test_no_forgery_of_a_token_of_ours_opens_anything(
    app: Flask, visitor: Visitor, edocument: Service, tokens: dict[str, str], published: dict[str, Any],
    reads: Reader, kind: str, *, takes: bool,
) -> None:  # fmt: skip
    taken = [name for name, forged in forgeries(tokens[kind], published) if reads(app, visitor, edocument, forged)]

    assert taken == []
    assert reads(app, visitor, edocument, tokens[kind]) == takes


@pytest.mark.parametrize(
    ("reads", "other"),
    [
        (userinfo, "id_token"), (introspection, "id_token"), (logout_hint, "access_token"),
        (silent_hint, "access_token"),
    ],
)  # fmt: skip
def test_a_token_of_one_kind_is_none_of_another(
    app: Flask, visitor: Visitor, edocument: Service, tokens: dict[str, str], reads: Reader, other: str
) -> None:
    assert not reads(app, visitor, edocument, tokens[other])


@pytest.mark.parametrize("changes", [
    {"iss": "https://evil.la"}, {"iss": f"{ISSUER}/"}, {"aud": "https://evil.la"}, {"aud": []}, {"exp": 0},
    {"grant": "none"}, {"aud": [f"{ISSUER}.evil.la"]},
])  # fmt: skip
def test_what_our_own_key_signed_with_other_claims_is_dead(
    app: Flask,
    provider: Provider,
    visitor: Visitor,
    edocument: Service,
    tokens: dict[str, str],
    changes: dict[str, Any],
) -> None:
    _, claims, _ = parts_of(tokens["access_token"])

    same = provider.keys.first.sign("at+jwt", claims)

    assert userinfo(app, visitor, edocument, same)
    assert not userinfo(app, visitor, edocument, provider.keys.first.sign("at+jwt", claims | changes))
    assert not userinfo(app, visitor, edocument, TokenKey(KeySigner()).sign("at+jwt", claims))


@pytest.mark.parametrize("profile", ["gov", "fapi2"])
def test_no_forgery_of_a_clients_assertion_speaks_for_it(
    app: Flask, request: pytest.FixtureRequest, clock: TurnedClock, profile: str
) -> None:
    strict: Strict = request.getfixturevalue(profile)
    real = strict.holder.assertion(strict.id, ISSUER, clock.now(), jti="real")
    public = strict.holder.key.as_dict(private=False)

    answers = [asserted(app, strict, forged) for _, forged in forgeries(real, public)]

    assert set(answers) == {"invalid_client"}
    assert asserted(app, strict, real) != "invalid_client"
    assert asserted(app, strict, real) == "invalid_client"


@pytest.mark.parametrize("changes", [{"exp": 48 * 3600}, {"exp": 10**12}, {"exp": 400}, {"exp": -1}, {"nbf": 120}])
def test_an_assertion_that_would_have_to_be_remembered_for_long_is_refused(
    app: Flask, gov: Strict, clock: TurnedClock, changes: dict[str, int]
) -> None:
    at = int(clock.now().timestamp())
    moved: dict[str, Any] = {name: at + seconds for name, seconds in changes.items()}

    assert asserted(app, gov, gov.holder.assertion(gov.id, ISSUER, clock.now(), **moved)) == "invalid_client"


def asserted(app: Flask, strict: Strict, assertion: str) -> str:
    """The error word of a refresh that nothing but the assertion could make fail in this way."""
    form = {
        "grant_type": "authorization_code", "code": "x", "redirect_uri": "x", "client_assertion": assertion,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }  # fmt: skip
    return str(app.test_client().post("/token", base_url=ISSUER, data=form).get_json()["error"])
