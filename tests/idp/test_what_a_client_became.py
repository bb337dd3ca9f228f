"""A client that has changed: what it was given before counts for what it is now, and no further."""

import json
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from idp.changing import Changed
from idp.clients import Registration, current, may_register
from idp.declared import Declared
from idp.grants.refresh_token import refresh
from idp.grants.tokens_due import TokensDue
from ledger.decision import Refuse
from pki.jws import unverified_claims
from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.readers import signing_key
from tests.idp.registration_desk import Candidate, invited, open_organisation
from tests.idp.test_client_change import changed
from tests.idp.test_consents_end import agree
from tests.idp.visitor import ISSUER, PASSWORD, Person, Service, Visitor

ELSEWHERE, API, OTHER = "https://elsewhere.la/callback", "https://api.la/", "https://other.la/"
NATIVE: dict[str, Any] = {"profile": "native", "auth_method": "none", "redirect_uris": ("http://127.0.0.1/back",)}
BOUND = {"jkt": "x" * 43}


def keys() -> str:
    return json.dumps({"keys": [signing_key().as_dict(private=False)]})


def tokens(visitor: Visitor, service_: Service, person: Person, **asked: str) -> dict[str, Any]:
    """What the service gets for a person who signs in, before it changes."""
    found: dict[str, Any] = service_.redeem(visitor.app, visitor.sign_in(service_, person, **asked)["code"]).get_json()
    return found


def became(desk: Desk, service_: Service, **values: Any) -> None:
    done = changed(desk, service_.client.client_id, **values)
    assert isinstance(done, Changed), done


def refreshed(desk: Desk, service_: Service, token: str) -> TokensDue | Refuse:
    """As the token endpoint does it for a client that has shown a key."""
    with desk.ledger.read() as reading:
        client = current(reading, service_.client.client_id)
    assert client is not None
    return refresh(desk.ledger, client, token, BOUND)


def asks(page: TestResponse) -> bool:
    return page.status_code == 200 and 'value="agree"' in page.text


@pytest.mark.parametrize(
    ("values", "redirect_uri"),
    [
        ({"name_en": "Casino"}, None),
        ({"redirect_uris": (ELSEWHERE,), "other_subjects": True}, ELSEWHERE),
    ],
)
def test_nobody_has_agreed_to_another_name_or_host(
    visitor: Visitor, desk: Desk, library: Service, somphone: Person, clock: TurnedClock,
    values: dict[str, Any], redirect_uri: str | None,
) -> None:  # fmt: skip
    agree(visitor, library, somphone)
    same = visitor.get("/authorize", library.ask()).status_code
    clock.turn(seconds=1)

    became(desk, library, **values)
    moved = replace(library, redirect_uri=redirect_uri or library.redirect_uri)
    asked = asks(visitor.get("/authorize", moved.ask()))
    clock.turn(seconds=1)
    visitor.submit(answer="agree")
    again = visitor.get("/authorize", moved.ask()).status_code

    assert (same, asked, again) == (303, True, 303)


def test_another_address_of_the_same_host_is_agreed_to(
    visitor: Visitor, desk: Desk, library: Service, somphone: Person, clock: TurnedClock
) -> None:
    agree(visitor, library, somphone)
    clock.turn(seconds=1)
    moved = replace(library, redirect_uri="https://localhost:8450/other")

    became(desk, library, redirect_uris=(moved.redirect_uri,))

    assert visitor.get("/authorize", moved.ask()).status_code == 303


def test_who_is_asked_while_the_client_changes_its_name_has_agreed_to_nothing(
    visitor: Visitor, desk: Desk, library: Service, somphone: Person, clock: TurnedClock
) -> None:
    visitor.get("/authorize", library.ask())
    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.submit(code=somphone.code())
    clock.turn(seconds=1)

    became(desk, library, name_en="Casino")
    visitor.submit(answer="agree")

    assert visitor.page.status_code == 400
    assert asks(visitor.get("/authorize", library.ask()))


def test_what_was_agreed_to_under_another_name_can_be_taken_back(
    visitor: Visitor, desk: Desk, library: Service, somphone: Person, clock: TurnedClock
) -> None:
    held = library.redeem(visitor.app, agree(visitor, library, somphone)).get_json()["refresh_token"]
    clock.turn(seconds=1)
    became(desk, library, name_en="Casino")

    visitor.get("/consents")
    visitor.submit(client=library.client.client_id)

    assert library.refresh(visitor.app, held).status_code == 400


def test_who_registered_himself_does_not_move_to_another_sector(app: Flask, desk: Desk) -> None:
    open_organisation(desk)
    candidate = Candidate(app, invited(desk).token)
    own = candidate.register().get_json()

    wanted = {"client_id": own["client_id"], "redirect_uris": [ELSEWHERE]}
    moved = candidate.send("PUT", f"/register/{own['client_id']}", wanted, own["registration_access_token"])

    assert (moved.status_code, moved.get_json()["error"]) == (400, "invalid_redirect_uri")
    assert "another sub" in moved.get_json()["error_description"]


def test_a_scope_that_was_taken_away_is_given_no_more(
    visitor: Visitor, desk: Desk, edocument: Service, somphone: Person
) -> None:
    held = tokens(visitor, edocument, somphone)

    became(desk, edocument, scopes=("openid",))
    again = edocument.refresh(visitor.app, held["refresh_token"]).get_json()
    infos = [
        visitor.app.test_client().get("/userinfo", base_url=ISSUER, headers={"Authorization": f"Bearer {token}"})
        for token in (held["access_token"], again["access_token"])
    ]

    assert "profile" in held["scope"]
    assert (again["scope"], unverified_claims(again["access_token"])["scope"]) == ("openid", "openid")
    assert [set(info.get_json()) for info in infos] == [{"sub"}, {"sub"}]


def test_a_refresh_asks_for_less_and_never_for_more(app: Flask, visitor: Visitor, desk: Desk, somphone: Person) -> None:
    own = service(desk, 8467, scopes=("openid", "profile", "email"))
    held = tokens(visitor, own, somphone, scope="openid profile")["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": held}

    more = own.post(app, "/token", form | {"scope": "openid email"})
    less = own.post(app, "/token", form | {"scope": "openid unknown"}).get_json()
    headers = {"Authorization": f"Bearer {less['access_token']}"}
    told = app.test_client().get("/userinfo", base_url=ISSUER, headers=headers).get_json()
    all_again = own.refresh(app, less["refresh_token"]).get_json()

    assert (more.status_code, more.get_json()["error"]) == (400, "invalid_scope")
    assert (less["scope"], unverified_claims(less["access_token"])["scope"], set(told)) == ("openid", "openid", {"sub"})
    assert all_again["scope"] == "openid profile"


@pytest.mark.parametrize("left", [(OTHER,), ()])
def test_what_was_taken_away_is_not_read_in_a_token_either(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person, left: tuple[str, ...]
) -> None:
    readers = [service(desk, port, serves=(place,)) for port, place in ((8480, API), (8481, OTHER))]
    machine = Declared(grant_types=("authorization_code", "client_credentials"))
    own = service(desk, 8461, resources=(API, OTHER), declared=machine)
    visitor.get("/authorize", [*own.ask().items(), ("resource", API), ("resource", OTHER)])
    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.submit(code=somphone.code())
    held = [
        own.redeem(app, visitor.redirected()["code"]).get_json()["access_token"],
        own.post(app, "/token", {"grant_type": "client_credentials"}).get_json()["access_token"],
    ]

    def read() -> list[Any]:
        answers = [one.post(app, "/introspect", {"token": token}).get_json() for token in held for one in readers]
        return [(one.get("active"), one.get("aud"), one.get("scope")) for one in answers]

    before = read()
    became(desk, own, resources=left, scopes=("openid",))

    both, scope = [API, OTHER], "openid profile email phone organisation"
    assert before == [(True, both, scope), (True, both, scope), (True, both, None), (True, both, None)]
    nothing = (False, None, None)
    of_person, of_itself = ((True, OTHER, "openid"), (True, OTHER, None)) if left else (nothing, nothing)
    assert read() == [nothing, of_person, nothing, of_itself]


def test_no_token_is_for_a_resource_that_was_taken_away(visitor: Visitor, desk: Desk, somphone: Person) -> None:
    own = service(desk, 8461, resources=(API,))
    held = tokens(visitor, own, somphone, resource=API)["refresh_token"]
    before = own.refresh(visitor.app, held).get_json()

    became(desk, own, resources=())

    assert unverified_claims(before["access_token"])["aud"] == API
    assert own.refresh(visitor.app, before["refresh_token"]).get_json()["error"] == "invalid_grant"


def test_who_showed_less_than_is_demanded_now_shows_more(visitor: Visitor, desk: Desk, somphone: Person) -> None:
    own = service(desk, 8462, minimum_level=1)
    visitor.get("/authorize", own.ask())
    visitor.submit(username=somphone.number, password=PASSWORD)
    held = own.redeem(visitor.app, visitor.redirected()["code"]).get_json()["refresh_token"]
    before = own.refresh(visitor.app, held).get_json()["refresh_token"]

    became(desk, own, minimum_level=2)

    assert own.refresh(visitor.app, before).get_json()["error_description"] == "token.grant-ended"


@pytest.mark.parametrize(
    ("profile", "which", "refusal"),
    [("fapi2", 0, "token.refresh-used"), ("fapi2", 2, None), ("kiosk", 2, "token.grant-not-allowed")],
)
def test_a_refresh_token_counts_as_the_profile_of_today_has_it(
    visitor: Visitor, desk: Desk, edocument: Service, somphone: Person, profile: str, which: int, refusal: str | None
) -> None:
    held = [tokens(visitor, edocument, somphone)["refresh_token"]]
    held += [edocument.refresh(visitor.app, held[-1]).get_json()["refresh_token"]]
    held += [edocument.refresh(visitor.app, held[-1]).get_json()["refresh_token"]]

    became(desk, edocument, profile=profile, auth_method="private_key_jwt", jwks=keys())
    due = refreshed(desk, edocument, held[which])

    assert (due.code if isinstance(due, Refuse) else None) == refusal


def test_a_token_of_the_secrets_time_does_not_count_without_it(
    visitor: Visitor, desk: Desk, edocument: Service, somphone: Person, clock: TurnedClock
) -> None:
    held = tokens(visitor, edocument, somphone)["refresh_token"]
    clock.turn(seconds=1)

    became(desk, edocument, profile="native", auth_method="none")
    form = {"grant_type": "refresh_token", "refresh_token": held, "client_id": edocument.client.client_id}
    answer = visitor.app.test_client().post("/token", base_url=ISSUER, data=form)

    assert (answer.status_code, answer.get_json()["error_description"]) == (400, "token.grant-ended")


def test_an_unsigned_request_of_before_opens_no_more_where_all_are_signed(
    visitor: Visitor, desk: Desk, edocument: Service, somphone: Person, clock: TurnedClock
) -> None:
    kept = [edocument.post(visitor.app, "/par", edocument.ask()).get_json()["request_uri"] for _ in range(2)]
    asked = [{"client_id": edocument.client.client_id, "request_uri": uri} for uri in kept]
    begun = Visitor(visitor.app)
    begun.get("/authorize", asked[0])
    begun.submit(username=somphone.number, password=PASSWORD)
    clock.turn(seconds=1)

    became(desk, edocument, signed_requests=True, jwks=keys())
    visitor.get("/authorize", asked[1])
    begun.submit(code=somphone.code())

    assert visitor.redirected()["error_description"] == "authorize.request-unsigned"
    assert "code" not in begun.page.headers.get("Location", "")


def test_who_proves_nothing_reads_no_tokens(app: Flask, desk: Desk) -> None:
    program = service(desk, 8463, **NATIVE)
    form = {"token": "x", "client_id": program.client.client_id}

    answer = app.test_client().post("/introspect", base_url=ISSUER, data=form)
    said = app.test_client().get("/.well-known/openid-configuration", base_url=ISSUER).get_json()

    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")
    assert "none" not in said["introspection_endpoint_auth_methods_supported"]
    assert "none" in said["token_endpoint_auth_methods_supported"]


@pytest.mark.sqlite_only("about values alone")
def test_who_proves_nothing_is_no_resource() -> None:
    program = Registration("ໂປຣແກຣມ", "Program", serves=(API,), **NATIVE)

    assert may_register(program) == Refuse("client.serves")
    assert may_register(replace(program, serves=()))


def test_who_has_no_secret_gets_no_new_one(desk: Desk) -> None:
    own = service(desk, 8466, auth_method="private_key_jwt", jwks=keys())

    assert changed(desk, own.client.client_id, new_secret=True) == Refuse("client.no-secret")
