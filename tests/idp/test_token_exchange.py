"""Token exchange (RFC 8693): who may call whom in whose name, what the token says, and what ends it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from idp.exchange.calls import allow, allowing, end, ending
from idp.grants.token_exchange import ACCESS_TOKEN_TYPE, GRANT_TYPE
from idp.provider import Provider
from ledger.decision import Refuse
from ledger.ledger import Ledger
from ledger.people import Cutoff, Mandate, MandateTerm
from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import TEST, Arranged, Desk
from tests.idp.keys import Holder
from tests.idp.visitor import ISSUER, VERIFIER, Person, Service, Visitor

NUMBER = "10000025"


@dataclass
class Caller:
    """A service with a key for DPoP proofs."""

    app: Flask
    service: Service
    clock: TurnedClock
    proofs: Holder = field(default_factory=Holder)
    number: int = 0

    @property
    def id(self) -> str:
        return self.service.client.client_id

    def proof(self) -> str:
        self.number += 1
        at = int(self.clock.now().timestamp())
        claims = {"jti": f"{self.id}{self.number}", "htm": "POST", "htu": f"{ISSUER}/token", "iat": at}
        return self.proofs.sign(claims, typ="dpop+jwt", jwk=self.proofs.key.as_dict(private=False), kid=None)

    def post(self, form: dict[str, str], *, bound: bool = True) -> TestResponse:
        own = (self.id, self.service.client.client_secret)
        headers = {"DPoP": self.proof()} if bound else {}
        return self.app.test_client().post("/token", base_url=ISSUER, data=form, auth=own, headers=headers)

    def sign_in(self, visitor: Visitor, person: Person) -> str:
        """The access token of a sign-in, bound to the service's key."""
        code = visitor.sign_in(self.service, person)["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.service.redirect_uri}
        return str(self.post(form | {"code_verifier": VERIFIER}).get_json()["access_token"])

    def exchange(self, token: str, audience: str, **changes: str) -> TestResponse:
        return self.post(self.asking(token, audience, **changes))

    def asking(self, token: str, audience: str, **changes: str) -> dict[str, str]:
        usual = {
            "grant_type": GRANT_TYPE, "subject_token": token, "subject_token_type": ACCESS_TOKEN_TYPE,
            "audience": audience,
        }  # fmt: skip
        return {name: value for name, value in (usual | changes).items() if value}

    def revokes(self, token: str) -> tuple[int, str]:
        """The status, and what was wrong."""
        answer = self.service.post(self.app, "/revoke", {"token": token})
        return answer.status_code, (answer.get_json(silent=True) or {}).get("error_description", "")

    def sees(self, token: str) -> dict[str, Any]:
        found: dict[str, Any] = self.service.post(self.app, "/introspect", {"token": token}).get_json()
        return found


@dataclass(frozen=True)
class Chain:
    """Three services: the first may call the second, the second the third."""

    desk: Desk
    first: Caller
    second: Caller
    third: Caller
    calls: tuple[str, str]


def allowed(desk: Desk, caller: str, called: str, *scopes: str) -> str:
    signed = desk.sign(allowing(caller, called, scopes, desk.now))
    call = allow(desk.ledger, caller, called, scopes, signed)
    assert isinstance(call, str)
    return call


@pytest.fixture
def chain(app: Flask, desk: Desk, clock: TurnedClock) -> Chain:
    one, two, three = (Caller(app, service(desk, 8471, host=host), clock) for host in ("one.la", "two.la", "three.la"))
    calls = (allowed(desk, one.id, two.id, "openid", "profile"), allowed(desk, two.id, three.id, "openid", "email"))
    return Chain(desk, one, two, three, calls)


@pytest.fixture
def token(chain: Chain, visitor: Visitor, somphone: Person) -> str:
    return chain.first.sign_in(visitor, somphone)


def read(app: Flask, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set(app.test_client().get("/jwks", base_url=ISSUER).get_json())
    return dict(jwt.decode(token, keys, algorithms=["ES256"]).claims)


def mandated(ledger: Ledger, holder: Person, principal: Person, since: datetime, until: datetime | None) -> None:
    with ledger.entry(Arranged("mandate"), TEST) as tx:
        tx.add(Mandate(id="m1", act="approve-payment", person_id=holder.id))
    with ledger.entry(Arranged("mandate"), TEST) as tx:
        tx.add(
            MandateTerm(
                id="t1", mandate_id="m1", number=1, valid_from=since, valid_to=until, limit_lak=5_000_000,
                delegated_by=principal.id, decree="012/MOF",
            )
        )  # fmt: skip


def test_a_token_names_the_person_and_every_service_on_the_way(app: Flask, chain: Chain, token: str) -> None:
    first = chain.first.exchange(token, chain.second.id).get_json()
    second = chain.second.exchange(first["access_token"], chain.third.id).get_json()
    claims, further = read(app, first["access_token"]), read(app, second["access_token"])

    one, two = ({"sub": one.id, "client_id": one.id} for one in (chain.first, chain.second))
    assert (claims["aud"], claims["act"], claims["scope"]) == (chain.second.id, one, "openid profile")
    assert (further["aud"], further["act"], further["scope"]) == (chain.third.id, two | {"act": one}, "openid")
    assert len({claims["sub"], further["sub"], read(app, token)["sub"]}) == 3
    assert (first["issued_token_type"], first["token_type"], "refresh_token" in first) == (
        ACCESS_TOKEN_TYPE, "DPoP", False,
    )  # fmt: skip
    assert further["exp"] <= claims["exp"] <= read(app, token)["exp"]
    assert further["cnf"] != claims["cnf"]


def test_only_those_whom_a_token_concerns_see_what_it_is(chain: Chain, token: str) -> None:
    got = chain.first.exchange(token, chain.second.id).get_json()["access_token"]

    seen = [one.sees(got) for one in (chain.first, chain.second, chain.third)]

    assert [one["active"] for one in seen] == [True, True, False]
    assert {"grant", "exchange"} & seen[1].keys() == set()
    assert seen[1]["act"]["sub"] == chain.first.id


@pytest.mark.parametrize(
    ("changes", "word", "code"),
    [
        ({"audience": "nobody"}, "invalid_target", "token.audience"),
        ({"scope": "openid email"}, "invalid_scope", "token.scope"),
        ({"scope": "openid everything"}, "invalid_scope", "token.scope"),
        ({"resource": "https://x.gov.la/"}, "invalid_target", "token.audience"),
        ({"subject_token": "e30.e30.e30"}, "invalid_request", "token.subject"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"}, "invalid_request", "token.type"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request", "token.type"),
        ({"actor_token": "x"}, "invalid_request", "token.type"),
        ({"on_behalf_of": NUMBER, "mandate": "approve-payment"}, "invalid_request", "token.mandate"),
        ({"on_behalf_of": NUMBER}, "invalid_request", "token.mandate"),
        ({"subject_token_type": ""}, "invalid_request", "token.parameter-missing"),
        ({"audience": ""}, "invalid_request", "token.parameter-missing"),
    ],
)
def test_what_is_not_allowed_is_refused(
    chain: Chain, vanida: Person, token: str, changes: dict[str, str], word: str, code: str
) -> None:
    asked = {"audience": chain.second.id} | changes
    said = chain.first.post({k: v for k, v in (chain.first.asking(token, "x") | asked).items() if v})

    assert vanida.number == NUMBER
    assert (said.status_code, said.get_json()) == (400, {"error": word, "error_description": code})


def test_a_service_exchanges_only_what_is_its_own_and_to_a_key(chain: Chain, token: str) -> None:
    got = chain.first.exchange(token, chain.second.id).get_json()["access_token"]
    allowed(chain.desk, chain.third.id, chain.second.id, "openid")

    strange = chain.third.exchange(token, chain.second.id)
    passed_on = chain.third.exchange(got, chain.second.id)
    unbound = chain.first.post(chain.first.asking(token, chain.second.id), bound=False)
    chain.first.proofs = Holder()
    stolen = chain.first.exchange(token, chain.second.id)
    backwards = chain.second.exchange(got, chain.first.id)

    said = [one.get_json()["error_description"] for one in (strange, passed_on, unbound, stolen, backwards)]
    assert said == ["token.subject", "token.subject", "token.unbound", "token.subject", "token.audience"]


def test_a_token_dies_with_any_call_on_its_way(chain: Chain, token: str) -> None:
    first = chain.first.exchange(token, chain.second.id).get_json()["access_token"]
    second = chain.second.exchange(first, chain.third.id).get_json()["access_token"]
    before = chain.third.sees(second)["active"]

    ended = [end(chain.desk.ledger, chain.calls[0], chain.desk.sign(ending(chain.calls[0], chain.desk.now)))
             for _ in range(2)]  # fmt: skip

    assert (before, chain.third.sees(second)["active"]) == (True, False)
    assert (bool(ended[0]), ended[1]) == (True, Refuse("call.ended"))
    assert chain.first.exchange(token, chain.second.id).get_json()["error"] == "invalid_target"
    assert chain.second.exchange(first, chain.third.id).get_json()["error_description"] == "token.subject"


def test_who_got_a_token_revokes_it_with_all_that_came_of_it_and_nobody_else_does(chain: Chain, token: str) -> None:
    for_second = chain.first.exchange(token, chain.second.id).get_json()["access_token"]
    for_third = chain.second.exchange(for_second, chain.third.id).get_json()["access_token"]

    foreign = [chain.second.revokes(for_second), chain.first.revokes(for_third), chain.third.revokes(for_third)]
    before = [chain.second.sees(for_second)["active"], chain.third.sees(for_third)["active"]]
    done = [chain.second.revokes(for_third), chain.second.revokes(for_third)]
    between = [chain.second.sees(for_second)["active"], chain.third.sees(for_third)["active"]]
    done.append(chain.first.revokes(for_second))
    passed_on = chain.second.exchange(for_second, chain.third.id)

    assert (foreign, before) == ([(400, "token.foreign")] * 3, [True, True])
    assert (done, between) == ([(200, "")] * 3, [True, False])
    assert passed_on.get_json()["error_description"] == "token.subject"
    assert chain.first.sees(token)["active"]


@pytest.mark.parametrize("what", ["session", "first", "person"])
def test_a_token_dies_with_the_session_a_service_or_the_person(
    chain: Chain, token: str, visitor: Visitor, somphone: Person, what: str
) -> None:
    got = chain.first.exchange(token, chain.second.id).get_json()["access_token"]

    if what == "session":
        visitor.get("/end-session")
        visitor.submit(answer="sign-out")
    elif what == "first":
        chain.desk.retire(chain.first.id)
    else:
        cut(chain.desk.ledger, somphone)

    assert chain.second.sees(got) == {"active": False}


def test_an_officer_acts_for_another_as_long_as_the_mandate_counts(
    app: Flask, chain: Chain, token: str, somphone: Person, vanida: Person, provider: Provider, clock: TurnedClock
) -> None:
    now = clock.now()
    mandated(provider.ledger, somphone, vanida, now - timedelta(days=1), now + timedelta(minutes=2))
    asked = {"on_behalf_of": vanida.number, "mandate": "approve-payment"}

    plain = chain.first.exchange(token, chain.second.id).get_json()["access_token"]
    got = chain.first.exchange(token, chain.second.id, **asked).get_json()["access_token"]
    further = chain.second.exchange(got, chain.third.id).get_json()["access_token"]
    twice = chain.second.exchange(got, chain.third.id, **asked).get_json()
    other = chain.first.exchange(token, chain.second.id, on_behalf_of=NUMBER, mandate="sign-decree").get_json()
    claims, last = read(app, got), read(app, further)
    alive = [chain.second.sees(got)["active"], chain.third.sees(further)["active"]]
    clock.turn(minutes=3)

    officer = claims["act"]["act"]
    assert claims["sub"] != officer["sub"] == read(app, plain)["sub"]
    assert (officer["acr"], "acr" in claims, "auth_time" in claims) == ("urn:laotrust:acr:2", False, False)
    assert claims["mandate"] == {"act": "approve-payment", "decree": "012/MOF", "limit_lak": 5_000_000}
    assert [last["act"]["sub"], last["act"]["act"]["sub"]] == [chain.second.id, chain.first.id]
    assert last["act"]["act"]["act"]["acr"] == "urn:laotrust:acr:2"
    assert (twice["error_description"], other["error_description"]) == ("token.mandate", "token.mandate")
    assert (alive, chain.second.sees(got), chain.third.sees(further)) == (
        [True, True], {"active": False}, {"active": False},
    )  # fmt: skip
    assert chain.second.sees(plain)["active"] is True


@pytest.mark.parametrize("what", ["cut-off", "account"])
def test_a_mandate_dies_with_whoever_gave_it(
    chain: Chain, token: str, somphone: Person, vanida: Person, provider: Provider, clock: TurnedClock, what: str
) -> None:
    mandated(provider.ledger, somphone, vanida, clock.now() - timedelta(days=1), None)
    asked = {"on_behalf_of": vanida.number, "mandate": "approve-payment"}
    got = chain.first.exchange(token, chain.second.id, **asked).get_json()["access_token"]
    before = chain.second.sees(got)["active"]

    if what == "cut-off":
        cut(provider.ledger, vanida)
    else:
        chain.desk.end(vanida.number)

    assert (before, chain.second.sees(got)["active"]) == (True, False)
    again = chain.first.exchange(token, chain.second.id, **asked).get_json()
    assert again["error_description"] == "token.mandate"


def test_a_service_that_serves_a_resource_may_introspect_tokens_for_it(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person
) -> None:
    resource = "https://api.example.gov.la/v1"
    asking = service(desk, 8474, profile="standard", resources=(resource,))
    serving = service(desk, 8475, profile="standard", serves=(resource,))
    other = service(desk, 8476, profile="standard")
    token = asking.redeem(app, visitor.sign_in(asking, somphone, resource=resource)["code"]).get_json()["access_token"]

    seen = [one.post(app, "/introspect", {"token": token}).get_json()["active"] for one in (asking, serving, other)]

    assert seen == [True, True, False]


def cut(ledger: Ledger, person: Person) -> None:
    with ledger.entry(Arranged("cutoff"), TEST) as tx:
        tx.add(Cutoff(id=tx.new_id(), person_id=person.id, at=tx.at, reason="keyCompromise"))


def test_a_call_is_allowed_between_two_live_services_with_scopes_of_the_caller(chain: Chain) -> None:
    one, two = chain.first.id, chain.second.id
    pairs = [(one, one, ("openid",)), (one, "nobody", ("openid",)), (one, two, ("offline",)), (one, two, ())]

    said = [allow(chain.desk.ledger, *pair, chain.desk.sign(allowing(*pair, chain.desk.now))) for pair in pairs]

    assert said == [Refuse(code) for code in ("call.itself", "client.unknown", "client.scope", "client.scope")]
