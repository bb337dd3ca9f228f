"""Requests that are handed in, and signed ones: what is taken, what is not, and that each brings one code."""

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.client_authentication.private_key_jwt import TYPE
from idp.client_keys import ClientKeys
from idp.provider import Provider
from idp.routes.kept import WITHIN
from idp.tables import PushedRequest
from pki.jws import unverified_claims
from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.keys import Holder
from tests.idp.test_client_authentication import Published
from tests.idp.test_walk import claims_of
from tests.idp.visitor import ISSUER, PASSWORD, VERIFIER, Person, Service, Visitor
from web.pace import Pace

APIS = ("https://api.la/", "https://other.la/")


class Strict:
    """A service of profile `fapi2` with its key, and a key for proofs."""

    def __init__(self, app: Flask, service: Service, clock: TurnedClock) -> None:
        self.app, self.service, self.clock = app, service, clock
        self.holder, self.proofs = Holder(), Holder()
        self.number = 0

    @property
    def id(self) -> str:
        return self.service.client.client_id

    def post(self, path: str, form: dict[str, str], audience: Any = ISSUER, **headers: str) -> TestResponse:
        self.number += 1
        token = self.holder.assertion(self.id, audience, self.clock.now(), jti=f"a{self.number}")
        own = {"client_assertion_type": TYPE, "client_assertion": token}
        return self.app.test_client().post(path, base_url=ISSUER, data=form | own, headers=headers)

    def push(self, **changes: str) -> TestResponse:
        return self.post("/par", self.service.ask(**changes))

    def proof(self, path: str, method: str = "POST", token: str = "", **changes: Any) -> str:
        self.number += 1
        at = int(self.clock.now().timestamp())
        usual = {"jti": f"p{self.number}", "htm": method, "htu": f"{ISSUER}{path}", "iat": at}
        bound = {"ath": urlsafe_b64encode(sha256(token.encode()).digest()).decode().rstrip("=")} if token else {}
        header: dict[str, Any] = {"typ": "dpop+jwt", "jwk": self.proofs.key.as_dict(private=False), "kid": None}
        return self.proofs.sign(usual | bound | {"nonce": self.nonce()} | changes, **header)

    def nonce(self) -> str:
        provider: Provider = self.app.extensions["provider"]
        return provider.fields.index(f"dpop.nonce/{int(self.clock.now().timestamp()) // 120}")

    def begin(self, visitor: Visitor, **changes: str) -> dict[str, str]:
        """What the address of the authorization endpoint has: a name for a request that is handed in."""
        return {"client_id": self.id, "request_uri": self.push(**changes).get_json()["request_uri"]}

    def redeem(self, code: str, **headers: str) -> TestResponse:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.service.redirect_uri}
        return self.post("/token", form | {"code_verifier": VERIFIER}, **headers)


@pytest.fixture
def strict(app: Flask, desk: Desk, clock: TurnedClock) -> Strict:
    made = Strict(app, None, clock)  # type: ignore[arg-type]
    made.service = service(desk, 8460, profile="fapi2", auth_method="private_key_jwt", jwks=made.holder.jwks)
    return made


def signed_in(visitor: Visitor, person: Person, asked: dict[str, str]) -> dict[str, str]:
    visitor.get("/authorize", asked)
    visitor.submit(username=person.number, password=PASSWORD)
    visitor.submit(code=person.code())
    return visitor.redirected()


def test_a_request_that_was_handed_in_may_be_opened_twice_and_brings_one_code(
    strict: Strict, visitor: Visitor, somphone: Person
) -> None:
    asked = strict.begin(visitor)

    opened = [visitor.get("/authorize", asked).status_code for _ in range(2)]
    answer = signed_in(visitor, somphone, asked)
    again = visitor.get("/authorize", asked)

    assert opened == [200, 200]
    assert (answer["state"], answer["iss"], answer["code"][:4]) == ("af0ifjsldkj", ISSUER, "ltc_")
    assert (again.status_code, "Location" in again.headers) == (400, False)


def test_who_was_too_slow_or_comes_back_reads_that_and_not_that_the_service_is_wrong(
    strict: Strict, visitor: Visitor, desk: Desk, clock: TurnedClock, somphone: Person
) -> None:
    used, slow = strict.begin(visitor), strict.begin(visitor, state="s2")
    signer = Holder()
    own = service(desk, 8471, jwks=signer.jwks)
    stale = signer.sign({"iss": own.client.client_id, "aud": ISSUER, "exp": 1, "nbf": 0, **own.ask()})
    signed_in(visitor, somphone, used)
    again = visitor.get("/authorize", used | {"lang": "en"}).text
    clock.turn(minutes=10)

    late = visitor.get("/authorize", slow | {"lang": "en"}).text
    old = visitor.get("/authorize", {"client_id": own.client.client_id, "request": stale})

    assert ["is too old, or was used. Go back to the service" in one for one in (again, late)] == [True, True]
    assert (old.status_code, "redirect-uri-unregistered" in old.text) == (400, False)


def test_two_tabs_with_one_request_get_one_code(strict: Strict, app: Flask, somphone: Person) -> None:
    first, second = Visitor(app), Visitor(app)
    asked = strict.begin(first)
    for visitor in (first, second):
        visitor.get("/authorize", asked)
        visitor.submit(username=somphone.number, password=PASSWORD)

    answers = []
    for visitor in (first, second):
        visitor.submit(code=somphone.code())
        answers.append(visitor.redirected())

    assert "code" in answers[0]
    assert (answers[1]["error"], "code" in answers[1]) == ("invalid_request_uri", False)


def test_tokens_of_a_strict_service_need_a_proof_with_our_nonce_and_count_with_its_key_alone(
    strict: Strict, visitor: Visitor, somphone: Person
) -> None:
    code = signed_in(visitor, somphone, strict.begin(visitor))["code"]

    bare = strict.redeem(code)
    without = strict.redeem(code, DPoP=strict.proof("/token", nonce=None))
    tokens = strict.redeem(code, DPoP=strict.proof("/token")).get_json()

    assert (bare.status_code, bare.get_json()["error"]) == (400, "invalid_request")
    assert (without.get_json()["error"], without.headers["DPoP-Nonce"]) == ("use_dpop_nonce", strict.nonce())
    assert (tokens["token_type"], claims_of(tokens)["aud"]) == ("DPoP", strict.id)


def asked_userinfo(app: Flask, token: str, proof: str | None, scheme: str = "DPoP") -> tuple[int, str]:
    headers = {"Authorization": f"{scheme} {token}"} | ({"DPoP": proof} if proof is not None else {})
    answer = app.test_client().get("/userinfo", base_url=ISSUER, headers=headers)
    return answer.status_code, answer.get_json().get("error", "")


def test_userinfo_takes_a_bound_token_only_with_a_fresh_proof_of_its_key(
    app: Flask, strict: Strict, visitor: Visitor, somphone: Person
) -> None:
    code = signed_in(visitor, somphone, strict.begin(visitor))["code"]
    token = strict.redeem(code, DPoP=strict.proof("/token")).get_json()["access_token"]
    at = int(strict.clock.now().timestamp())

    def proof(**changes: Any) -> str:
        return strict.proof("/userinfo", "GET", token, **changes)

    once = proof()
    good = [
        once, proof(iat=at - 10), proof(iat=at + 10), proof(htu=f"{ISSUER}/userinfo?a=b#c"), proof(extra=1),
        proof(htu="HTTPS://LOCALHOST:8443/userinfo"), proof(nbf=at, exp=at + 60),
    ]  # fmt: skip
    bad = [
        once, None, "", "x", proof(jti=None), proof(htm=None), proof(htu=None), proof(iat=None), proof(ath=None),
        proof(htm="POST"), proof(htu=f"{ISSUER}/other"), proof(iat=at - 3600), proof(iat=at + 3600), proof(ath="x"),
        proof(htu=7), proof(exp=at - 60), f"{proof()}, {proof()}", proof(nonce="old"),
        proof(jti="\ud800"), proof(ath="\ud800"), proof(iat=10**400), proof(exp=-(10**400)),
    ]  # fmt: skip
    strict.proofs, key = Holder(), strict.proofs
    bad += [proof()]
    strict.proofs = key

    assert [asked_userinfo(app, token, one) for one in good] == [(200, "")] * len(good)
    assert {asked_userinfo(app, token, one)[0] for one in bad} == {401}
    assert asked_userinfo(app, token, None, "Bearer") == (401, "invalid_token")
    assert asked_userinfo(app, token, proof(), "Bearer") == (401, "invalid_token")


def test_a_proof_of_the_wrong_kind_or_with_a_private_key_is_none(strict: Strict) -> None:
    at = int(strict.clock.now().timestamp())
    claims = {"jti": "j", "htm": "POST", "htu": f"{ISSUER}/par", "iat": at, "nonce": strict.nonce()}
    public, private = (strict.proofs.key.as_dict(private=one) for one in (False, True))
    rsa = Holder.of_rsa()
    of_rsa = rsa.key.as_dict(private=False)

    wrong = [
        rsa.sign(claims, "RS256", typ="dpop+jwt", jwk=of_rsa, kid=None),
        strict.proofs.sign(claims, typ="JWT", jwk=public), strict.proofs.sign(claims, typ="dpop+jwt", jwk=private),
        strict.proofs.sign(claims, typ="dpop+jwt"), strict.proofs.sign(claims, typ="dpop+jwt", jwk={"kty": "oct"}),
        rsa.sign(claims, "PS256", typ="dpop+jwt", jwk=public), strict.proofs.sign(claims, jwk=public),
    ]  # fmt: skip
    answers = [strict.post("/par", strict.service.ask(), DPoP=one) for one in wrong]

    assert {(one.status_code, one.get_json()["error"]) for one in answers} == {(400, "invalid_dpop_proof")}


def test_a_key_that_is_shown_at_the_handing_in_must_redeem_the_code(
    strict: Strict, visitor: Visitor, somphone: Person
) -> None:
    pushed = strict.post("/par", strict.service.ask(), DPoP=strict.proof("/par")).get_json()
    code = signed_in(visitor, somphone, {"client_id": strict.id, "request_uri": pushed["request_uri"]})["code"]

    strict.proofs, key = Holder(), strict.proofs
    other = strict.redeem(code, DPoP=strict.proof("/token"))
    strict.proofs = key
    same = strict.redeem(code, DPoP=strict.proof("/token"))
    mismatched = strict.post("/par", strict.service.ask(dpop_jkt="x" * 43), DPoP=strict.proof("/par"))

    assert (other.status_code, other.get_json()["error"]) == (400, "invalid_grant")
    assert same.status_code == 200
    assert mismatched.get_json()["error_description"] == "authorize.dpop-jkt"


def test_an_interaction_is_called_as_the_service_calls_it_or_gets_a_name_of_ours(
    app: Flask, strict: Strict, visitor: Visitor, somphone: Person
) -> None:
    code = signed_in(visitor, somphone, strict.begin(visitor))["code"]
    token = strict.redeem(code, DPoP=strict.proof("/token")).get_json()["access_token"]
    own = "c770aef3-6784-41f7-8e0e-ff5f97bddb3a"

    def answered(**headers: str) -> str:
        shown = {"Authorization": f"DPoP {token}", "DPoP": strict.proof("/userinfo", "GET", token), **headers}
        return app.test_client().get("/userinfo", base_url=ISSUER, headers=shown).headers["x-fapi-interaction-id"]

    assert answered(**{"x-fapi-interaction-id": own}) == own
    assert UUID(answered()) != UUID(answered(**{"x-fapi-interaction-id": "a b"}))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"code_challenge": "", "code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"redirect_uri": "https://evil.la/"}, "invalid_request"),
        ({"redirect_uri": ""}, "invalid_request"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "invalid_request_object"),
        ({"request": "eyJhbGciOiJFUzI1NiJ9.e30.AA", "redirect_uri": ""}, "invalid_request_object"),
    ],
)
def test_what_is_wrong_with_a_request_is_said_when_it_is_handed_in(
    strict: Strict, change: dict[str, str], error: str
) -> None:
    answer = strict.push(**change)

    assert (answer.status_code, answer.get_json()["error"]) == (400, error)


@pytest.mark.parametrize("path", ["/backchannel-authentication", "/token"])
def test_who_does_not_ask_by_name_means_the_issuer_alone(strict: Strict, path: str) -> None:
    form = {"grant_type": "client_credentials"}
    answers = [strict.post(path, form, audience).get_json() for audience in (ISSUER, ISSUER + path)]

    assert [one["error_description"] == "client.unauthenticated" for one in answers] == [False, True]


def test_a_strict_service_cannot_bring_its_request_through_the_browser_nor_use_another_ones(
    strict: Strict, visitor: Visitor, edocument: Service
) -> None:
    visitor.get("/authorize", strict.service.ask())
    direct = visitor.redirected()
    asked = strict.begin(visitor)
    foreign = visitor.get("/authorize", asked | {"client_id": edocument.client.client_id})
    by_get = visitor.get("/par", strict.service.ask())
    strict.clock.turn(seconds=590)
    late = visitor.get("/authorize", asked)

    assert direct["error"] == "invalid_request"
    assert [one.status_code for one in (foreign, by_get, late)] == [400, 405, 400]


def test_a_strict_service_cannot_bring_its_signed_request_through_the_browser(
    strict: Strict, visitor: Visitor, provider: Provider
) -> None:
    at = int(strict.clock.now().timestamp())
    inside = {**strict.service.ask(), "iss": strict.id, "aud": ISSUER, "nbf": at, "exp": at + 300}

    visitor.get("/authorize", strict.service.ask(request=strict.holder.sign(inside)))

    told = visitor.redirected()
    with provider.ledger.read() as session:
        kept = session.scalars(select(PushedRequest)).all()
    assert (told["error_description"], kept) == ("authorize.not-pushed", [])


def test_a_service_that_always_signs_is_not_believed_without(
    app: Flask, desk: Desk, visitor: Visitor, clock: TurnedClock
) -> None:
    own = Strict(app, None, clock)  # type: ignore[arg-type]
    own.service = service(
        desk, 8461, profile="standard", auth_method="private_key_jwt", jwks=own.holder.jwks, signed_requests=True
    )
    at = int(clock.now().timestamp())
    inside = {**own.service.ask(), "iss": own.id, "aud": ISSUER, "nbf": at, "exp": at + 300}

    plain = own.push().get_json()
    signed = own.post("/par", {"request": own.holder.sign(inside)})
    visitor.get("/authorize", own.service.ask())
    direct = visitor.redirected()
    pages = [
        visitor.get("/authorize", asked).status_code
        for asked in (
            {"client_id": own.id, "request_uri": signed.get_json()["request_uri"]},
            own.service.ask(request=own.holder.sign(inside)),
        )
    ]

    assert (plain["error"], plain["error_description"]) == ("invalid_request", "authorize.request-unsigned")
    assert (direct["error_description"], pages) == ("authorize.request-unsigned", [200, 200])


def test_a_service_of_the_state_hands_its_request_in_and_shows_a_key(
    app: Flask, desk: Desk, visitor: Visitor, somphone: Person, clock: TurnedClock
) -> None:
    own = Strict(app, None, clock)  # type: ignore[arg-type]
    own.service = service(desk, 8462, profile="gov", auth_method="private_key_jwt", jwks=own.holder.jwks)
    visitor.get("/authorize", own.service.ask())
    direct = visitor.redirected()

    code = signed_in(visitor, somphone, own.begin(visitor))["code"]
    tokens = own.redeem(code).get_json()

    assert direct["error_description"] == "authorize.not-pushed"
    assert (tokens["token_type"], "refresh_token" in tokens) == ("Bearer", True)


def test_one_address_causes_no_more_than_so_many_requests_to_be_kept(
    app: Flask, visitor: Visitor, old: Service, holder: Holder, strict: Strict
) -> None:
    app.extensions["kept"] = Pace(2, WITHIN)
    asked = old.ask(request=holder.sign({"state": "inside"}, "RS256"))

    by_value = [visitor.get("/authorize", asked).status_code for _ in range(3)]
    named = visitor.get("/authorize", strict.begin(visitor)).status_code
    posted = visitor.post("/authorize", asked)

    assert (by_value, named, posted.status_code) == ([200, 200, 429], 200, 429)
    assert posted.headers["Retry-After"] == "60"


def test_nor_may_a_program_that_proves_nothing_hand_in_without_end(app: Flask, desk: Desk) -> None:
    back = "http://127.0.0.1/back"
    own = service(desk, 1, profile="native", auth_method="none", redirect_uris=(back,))
    app.extensions["kept"] = Pace(2, WITHIN)
    form = own.ask(redirect_uri=back)

    pushed = [app.test_client().post("/par", base_url=ISSUER, data=form).status_code for _ in range(3)]

    assert pushed == [201, 201, 429]


def test_a_repeated_parameter_is_refused_beside_a_name_too(strict: Strict, visitor: Visitor) -> None:
    asked = [*strict.begin(visitor).items(), ("state", "one"), ("state", "two")]

    assert visitor.get("/authorize", asked).status_code == 400


def test_somebody_may_type_for_minutes(strict: Strict, visitor: Visitor, somphone: Person) -> None:
    visitor.get("/authorize", strict.begin(visitor))
    strict.clock.turn(minutes=9)

    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.submit(code=somphone.code())

    assert "code" in visitor.redirected()


def test_what_is_in_the_address_beside_the_name_changes_nothing(
    strict: Strict, visitor: Visitor, somphone: Person
) -> None:
    asked = strict.begin(visitor) | {"state": "other", "redirect_uri": "https://evil.la/", "nonce": "other"}

    answer = signed_in(visitor, somphone, asked)

    assert answer["state"] == "af0ifjsldkj"
    assert visitor.page.headers["Location"].startswith(strict.service.redirect_uri)


def test_a_strict_refresh_token_stays_and_needs_the_client(
    strict: Strict, visitor: Visitor, somphone: Person
) -> None:
    code = signed_in(visitor, somphone, strict.begin(visitor))["code"]
    token = strict.redeem(code, DPoP=strict.proof("/token")).get_json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}

    answers = [strict.post("/token", form, DPoP=strict.proof("/token")).get_json() for _ in range(2)]
    nobody = strict.app.test_client().post("/token", base_url=ISSUER, data=form | {"client_id": strict.id})

    assert [one["refresh_token"] for one in answers] == [token, token]
    assert nobody.status_code == 401


@pytest.fixture
def holder() -> Holder:
    return Holder.of_rsa()


@pytest.fixture
def old(desk: Desk, holder: Holder) -> Service:
    """Old software: it signs with RS256, by value or at an address."""
    return service(
        desk, 8470, profile="standard", jwks=holder.jwks, request_uris=("https://localhost:8470/request.jwt",)
    )


def test_a_signed_request_counts_for_what_it_says_and_the_query_for_the_rest(
    visitor: Visitor, old: Service, holder: Holder, somphone: Person
) -> None:
    token = holder.sign({"redirect_uri": old.redirect_uri, "state": "inside"}, "RS256")

    answer = signed_in(visitor, somphone, old.ask(request=token, redirect_uri="https://evil.la/"))

    assert answer["state"] == "inside"
    assert visitor.page.headers["Location"].startswith(old.redirect_uri)


def test_a_signed_request_is_fetched_from_its_registered_address_alone(
    visitor: Visitor, provider: Provider, old: Service, holder: Holder, somphone: Person
) -> None:
    at = Published(holder.sign({"state": "inside"}, "RS256"))
    object.__setattr__(provider, "client_keys", ClientKeys(at))

    visitor.get("/authorize", old.ask(request_uri="https://localhost:8470/other.jwt"))
    other = visitor.redirected()
    answer = signed_in(visitor, somphone, old.ask(request_uri="https://localhost:8470/request.jwt#x", state=""))
    at.body = b"eyJhbGciOiJub25lIn0.e30."
    visitor.get("/authorize", old.ask(request_uri="https://localhost:8470/request.jwt"))

    assert (other["error"], answer["state"], at.asked) == ("invalid_request_uri", "inside", 2)
    assert visitor.redirected()["error"] == "request_uri_not_supported"


@pytest.mark.parametrize(
    ("changes", "header"),
    [
        ({"exp": 1}, {}), ({"aud": "https://other.la"}, {}), ({"iss": "other"}, {}), ({"client_id": "other"}, {}),
        ({"request": "x"}, {}), ({"request_uri": "x"}, {}), ({"nbf": 4102444800}, {}), ({"state": True}, {}),
        ({"state": "\ud800"}, {}),
        ({}, {"typ": "at+jwt"}), ({}, {"kid": "other"}), ({}, {"crit": ["b64"]}),
    ],
)  # fmt: skip
def test_a_signed_request_that_is_not_for_us_now_is_refused(
    visitor: Visitor, old: Service, holder: Holder, changes: dict[str, Any], header: dict[str, Any]
) -> None:
    if "crit" in header:
        header = {"x5u": "https://evil.la/"}
    token = holder.sign({"state": "inside"} | changes, "RS256", **header)

    visitor.get("/authorize", old.ask(request=token))

    assert visitor.redirected()["error"] == "invalid_request_object"


def test_a_strict_request_object_has_a_beginning_and_an_end_an_hour_apart(strict: Strict) -> None:
    at = int(strict.clock.now().timestamp())
    inside = {**strict.service.ask(), "iss": strict.id, "aud": [ISSUER, "https://other.la"]}

    def pushed(**times: int | None) -> int:
        token = strict.holder.sign(inside | times)
        return strict.post("/par", {"request": token}).status_code

    good = [pushed(nbf=at, exp=at + 300), pushed(nbf=at + 8, exp=at + 300), pushed(nbf=at - 3500, exp=at + 60)]
    bad = [
        pushed(exp=at + 300), pushed(nbf=at), pushed(nbf=at, exp=at + 3700), pushed(nbf=at - 3700, exp=at + 60),
        pushed(nbf=at - 60, exp=at - 1), pushed(nbf=at + 61, exp=at + 300),
        pushed(nbf=at, exp=10**400), pushed(nbf=-(10**400), exp=at + 60),
        pushed(nbf=at, exp=at + 300, aud=None), pushed(nbf=at, exp=at + 300, iss=None),
    ]  # fmt: skip

    assert (set(good), set(bad)) == ({201}, {400})


@pytest.mark.parametrize("mode", ["query.jwt", "jwt"])
def test_a_signed_answer_has_our_name_inside_alone(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person, mode: str
) -> None:
    answer = visitor.sign_in(edocument, somphone, response_mode=mode)
    keys = KeySet.import_key_set(app.test_client().get("/jwks", base_url=ISSUER).get_json())
    claims = jwt.decode(answer["response"], keys, algorithms=["ES256"]).claims

    assert set(answer) == {"response"}
    assert (claims["iss"], claims["aud"], claims["state"]) == (ISSUER, edocument.client.client_id, "af0ifjsldkj")
    assert claims["exp"] - int(somphone.clock.now().timestamp()) <= 600
    assert claims["code"]


def test_a_refusal_is_signed_too(visitor: Visitor, edocument: Service) -> None:
    visitor.get("/authorize", edocument.ask(response_mode="jwt", prompt="none"))
    quiet = visitor.redirected()
    visitor.get("/authorize", edocument.ask(response_mode="jwt", scope="profile"))

    assert (set(quiet), set(visitor.redirected())) == ({"response"}, {"response"})


@pytest.mark.parametrize(("mode", "names"), [("form_post", {"code", "state", "iss"}), ("form_post.jwt", {"response"})])
def test_an_answer_by_form_has_nothing_in_the_address(
    visitor: Visitor, edocument: Service, somphone: Person, mode: str, names: set[str]
) -> None:
    visitor.get("/authorize", edocument.ask(response_mode=mode))
    visitor.submit(username=somphone.number, password=PASSWORD)
    page = visitor.submit(code=somphone.code())

    assert (page.status_code, "Location" in page.headers) == (200, False)
    assert f'action="{edocument.redirect_uri}"' in page.text
    assert set(re.findall(r'type="hidden" name="([^"]*)"', page.text)) == names
    assert "https://localhost:8448" in page.headers["Content-Security-Policy"]


def test_claims_that_are_asked_for_by_name_come_where_they_are_asked_for(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    asked = '{"id_token":{"name":null,"iss":null},"userinfo":{"name#en":{"essential":true},"unknown":null}}'
    code = visitor.sign_in(edocument, somphone, scope="openid", claims=asked)["code"]

    tokens = edocument.redeem(app, code).get_json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    person = app.test_client().get("/userinfo", base_url=ISSUER, headers=headers).get_json()

    assert (claims_of(tokens)["name"], claims_of(tokens)["iss"]) == ("ສົມພອນ ແກ້ວວົງສາ", ISSUER)
    assert set(person) == {"sub", "name#en"}


def test_a_token_for_another_service_is_not_for_us(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person
) -> None:
    at = "https://archive.gov.la/api"
    own = service(desk, 8471, resources=(at, "https://second.gov.la/"))
    code = visitor.sign_in(own, somphone, resource=at)["code"]

    beyond = own.redeem(app, code, resource="https://second.gov.la/")
    tokens = own.redeem(app, code).get_json()
    token = tokens["access_token"]
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refused = own.post(app, "/token", form | {"resource": "https://second.gov.la/"}).get_json()
    again = app.test_client().post(
        "/token", base_url=ISSUER, data=form | {"resource": ""}, auth=(own.client.client_id, own.client.client_secret)
    )
    seen = own.post(app, "/introspect", {"token": token}).get_json()
    userinfo = app.test_client().get("/userinfo", base_url=ISSUER, headers={"Authorization": f"Bearer {token}"})

    assert (beyond.status_code, beyond.get_json()["error"]) == (400, "invalid_target")
    assert (refused["error"], again.status_code) == ("invalid_target", 200)
    assert (seen["active"], seen["aud"], userinfo.status_code) == (True, at, 401)


def test_a_program_on_somebodys_machine_listens_at_any_port(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person
) -> None:
    own = service(desk, 1, profile="native", auth_method="none", redirect_uris=("http://127.0.0.1/back",))
    asked = own.ask(redirect_uri="http://127.0.0.1:53211/back")

    visitor.get("/authorize", asked)
    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.submit(code=somphone.code())
    visitor.submit(answer="agree")
    answer = visitor.redirected()
    elsewhere = [
        visitor.get("/authorize", asked | {"redirect_uri": uri}).status_code
        for uri in ("http://127.0.0.1:1@evil.la/back", "http://127.0.0.2:1/back", "http://127.0.0.1:1/other",
                    "https://127.0.0.1:1/back", "http://localhost:1/back", "http://127.0.0.1:x/back",
                    "http://127.0.0.1:1/back?", "http://127.0.0.1:1/back#", "HTTP://127.0.0.1:1/back",
                    " http://127.0.0.1:1/back", "http://127.0.0.1:/back", "http://127.0.0.1:1back")
    ]  # fmt: skip
    form = {
        "grant_type": "authorization_code", "code": answer["code"], "redirect_uri": "http://127.0.0.1:53211/back",
        "client_id": own.client.client_id, "code_verifier": VERIFIER,
    }  # fmt: skip
    tokens = app.test_client().post("/token", base_url=ISSUER, data=form)

    assert (set(elsewhere), tokens.status_code) == ({400}, 200)


@pytest.mark.parametrize("asked", [list(APIS), [APIS[0]], APIS[0]])
def test_a_signed_request_names_several_resources_in_an_array(
    app: Flask, desk: Desk, clock: TurnedClock, visitor: Visitor, somphone: Person, asked: Any
) -> None:
    strict = Strict(app, None, clock)  # type: ignore[arg-type]
    own = {"auth_method": "private_key_jwt", "jwks": strict.holder.jwks, "resources": APIS, "signed_requests": True}
    strict.service = service(desk, 8460, profile="fapi2", **own)
    handed_in = strict.post("/par", {"request": signed(strict, resource=asked)})
    answer = signed_in(
        visitor, somphone, {"client_id": strict.id, "request_uri": handed_in.get_json()["request_uri"]}
    )
    token = strict.redeem(answer["code"], DPoP=strict.proof("/token")).get_json()["access_token"]

    assert unverified_claims(token)["aud"] == (asked[0] if len(asked) == 1 else asked)


@pytest.mark.parametrize("asked", [[], [1], [list(APIS)], ["https://none.la/"], [APIS[0], None], {"a": "b"}])
def test_nor_is_anything_else_an_array_of_resources(
    app: Flask, desk: Desk, clock: TurnedClock, asked: Any
) -> None:
    strict = Strict(app, None, clock)  # type: ignore[arg-type]
    own = {"auth_method": "private_key_jwt", "jwks": strict.holder.jwks, "resources": APIS}
    strict.service = service(desk, 8460, profile="fapi2", **own)

    assert strict.post("/par", {"request": signed(strict, resource=asked)}).status_code == 400


def signed(strict: Strict, **members: Any) -> str:
    """The usual request in an object of the service."""
    at = int(strict.clock.now().timestamp())
    about = {"iss": strict.id, "aud": ISSUER, "iat": at, "nbf": at, "exp": at + 60}
    return strict.holder.sign(about | strict.service.ask() | members)
