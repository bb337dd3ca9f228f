"""A policy stands for the consent of an organisation's own officers, and what it gave dies with it."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from idp.agreements import Agreed, agree, agreeing
from idp.provider import Provider
from idp.scopes import SCOPES
from ledger.preapproval import COVERABLE, Preapproval, PreapprovalEnd
from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import TEST, Arranged, Desk
from tests.idp.posts import CODE, appoint, leave, open_office
from tests.idp.test_consent import asked
from tests.idp.test_consent_claims import asked_about, leave_out, seen
from tests.idp.test_what_a_client_became import became
from tests.idp.visitor import ISSUER, Person, Service, Visitor

BASIS = "Decision 12/MTC of 01/06/2026"
WANTED = "openid profile organisation"


@pytest.fixture
def since(desk: Desk) -> datetime:
    return desk.now - timedelta(days=10)


@pytest.fixture
def office(desk: Desk, since: datetime) -> str:
    return open_office(desk.ledger, since)


@pytest.fixture
def agency(desk: Desk, office: str) -> Service:
    """A service of the ministry that is none of the government's own: it has to ask."""
    agreed = Agreed(CODE, "7/MTC", desk.now - timedelta(days=1), desk.now + timedelta(days=300))
    return service(desk, 8451, first_party=False, agreed=agreed)


@pytest.fixture
def officer(desk: Desk, somphone: Person, office: str, since: datetime) -> Person:
    appoint(desk.ledger, somphone.id, since, office)
    return somphone


@pytest.fixture
def policy(desk: Desk, office: str, since: datetime) -> str:
    with desk.ledger.entry(Arranged("policy"), TEST) as tx:
        tx.add(
            Preapproval(
                id="policy", organisation_id=office, scopes="organisation profile", valid_from=since, valid_to=None,
                legal_basis=BASIS,
            )
        )  # fmt: skip
    return "policy"


def end(desk: Desk) -> None:
    with desk.ledger.entry(Arranged("policy-end"), TEST) as tx:
        tx.add(PreapprovalEnd(preapproval_id="policy", legal_basis="Decision 3/MTC"))


def status(app: Flask, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return app.test_client().get("/userinfo", base_url=ISSUER, headers=headers).status_code


def unasked(app: Flask, visitor: Visitor, agency: Service, officer: Person) -> str:
    """The access token of a sign-in without a question."""
    code = visitor.sign_in(agency, officer, scope=WANTED)["code"]
    return str(agency.redeem(app, code).get_json()["access_token"])


def test_an_officer_is_not_asked_by_a_service_of_his_own_organisation(
    app: Flask, visitor: Visitor, agency: Service, officer: Person, policy: str
) -> None:
    token = unasked(app, visitor, agency, officer)
    visitor.get("/authorize", agency.ask(scope=WANTED, prompt="none"))

    assert status(app, token) == 200
    assert "code" in visitor.redirected()


@pytest.mark.parametrize("case", ["no policy", "no post", "another's service"])
def test_whoever_the_policy_is_not_about_is_asked(
    request: pytest.FixtureRequest, visitor: Visitor, desk: Desk, agency: Service, library: Service,
    somphone: Person, case: str,
) -> None:  # fmt: skip
    if case != "no policy":
        request.getfixturevalue("policy")
    if case != "no post":
        request.getfixturevalue("officer")

    page = asked(visitor, library if case == "another's service" else agency, somphone, scope=WANTED)

    assert "name" in asked_about(page)


def test_what_the_policy_is_not_about_is_asked_alone(
    app: Flask, visitor: Visitor, agency: Service, officer: Person, policy: str, desk: Desk
) -> None:
    page = asked(visitor, agency, officer, scope=f"{WANTED} email")
    token = agency.redeem(app, leave_out(visitor)["code"]).get_json()["access_token"]
    before = status(app, token)
    end(desk)

    assert asked_about(page) == ["email"]
    assert (before, status(app, token)) == (200, 401)


def test_all_is_dead_at_once_when_the_policy_ends(
    app: Flask, visitor: Visitor, agency: Service, officer: Person, policy: str, desk: Desk
) -> None:
    token = unasked(app, visitor, agency, officer)

    end(desk)

    assert status(app, token) == 401
    assert asked_about(visitor.get("/authorize", agency.ask(scope=WANTED)).text)


def test_all_is_dead_at_once_when_the_officer_moves(
    app: Flask, visitor: Visitor, agency: Service, officer: Person, policy: str, desk: Desk, since: datetime
) -> None:
    token = unasked(app, visitor, agency, officer)

    leave(desk.ledger, officer.id, since, desk.now)

    assert status(app, token) == 401
    assert asked_about(visitor.get("/authorize", agency.ask(scope=WANTED)).text)


def test_all_is_dead_at_once_when_the_service_becomes_another_organisation_s(
    app: Flask, visitor: Visitor, agency: Service, officer: Person, policy: str, desk: Desk, since: datetime
) -> None:
    token = unasked(app, visitor, agency, officer)
    open_office(desk.ledger, since, "MOF")
    sold = Agreed("MOF", "9/MOF", desk.now - timedelta(days=1), desk.now + timedelta(days=30))

    agree(desk.ledger, agency.client.client_id, sold, desk.sign(agreeing(agency.client.client_id, sold, desk.now)))

    assert status(app, token) == 401


def test_a_policy_that_is_over_lets_nothing_through(
    app: Flask, visitor: Visitor, agency: Service, officer: Person, desk: Desk, office: str, since: datetime,
    clock: TurnedClock,
) -> None:  # fmt: skip
    with desk.ledger.entry(Arranged("policy"), TEST) as tx:
        tx.add(
            Preapproval(
                id="short", organisation_id=office, scopes="organisation profile", valid_from=since,
                valid_to=desk.now + timedelta(minutes=2), legal_basis=BASIS,
            )
        )  # fmt: skip
    token = unasked(app, visitor, agency, officer)
    before = status(app, token)
    clock.turn(minutes=2)

    assert (before, status(app, token)) == (200, 401)


def test_what_the_officer_himself_agreed_to_outlives_the_policy(
    app: Flask, visitor: Visitor, agency: Service, officer: Person, policy: str, desk: Desk
) -> None:
    asked(visitor, agency, officer, scope=WANTED, prompt="consent")
    token = agency.redeem(app, leave_out(visitor)["code"]).get_json()["access_token"]

    end(desk)

    assert status(app, token) == 200


def test_what_the_officer_refused_the_service_stays_refused(
    app: Flask, visitor: Visitor, agency: Service, officer: Person, policy: str
) -> None:
    asked(visitor, agency, officer, scope=WANTED, prompt="consent")
    token = agency.redeem(app, leave_out(visitor, "role")["code"]).get_json()["access_token"]

    found = app.test_client().get("/userinfo", base_url=ISSUER, headers={"Authorization": f"Bearer {token}"}).get_json()

    assert ("name" in found, "role" in found) == (True, False)


@pytest.mark.parametrize("after", ["taken back", "another name"])
def test_a_refusal_outlives_the_consent_in_which_it_was_said(
    app: Flask, visitor: Visitor, agency: Service, officer: Person, policy: str, desk: Desk, clock: TurnedClock,
    after: str,
) -> None:  # fmt: skip
    asked(visitor, agency, officer, scope=WANTED, prompt="consent")
    leave_out(visitor, "role")
    clock.turn(seconds=1)
    if after == "taken back":
        visitor.get("/consents")
        visitor.submit(client=agency.client.client_id)
    else:
        became(desk, agency, name_en="Another")
        clock.turn(seconds=1)
        visitor.get("/authorize", agency.ask(scope="openid profile", prompt="consent"))
        leave_out(visitor)
    clock.turn(seconds=1)

    visitor.get("/authorize", agency.ask(scope=WANTED))
    token = agency.redeem(app, visitor.redirected()["code"]).get_json()["access_token"]
    found = seen(app, token)

    assert ("name" in found, "role" in found) == (True, False)


def test_the_officer_reads_of_it_on_his_page_as_long_as_it_holds(
    app: Flask, visitor: Visitor, agency: Service, officer: Person, policy: str, desk: Desk
) -> None:
    unasked(app, visitor, agency, officer)

    told = visitor.get("/consents", {"lang": "en"}).text
    end(desk)
    after = visitor.get("/consents", {"lang": "en"}).text

    assert [words in told for words in (BASIS, "Ministry MTC", "Service 8451", "your post")] == [True] * 4
    assert BASIS not in after


def test_a_policy_may_be_about_every_scope_that_tells_something(provider: Provider) -> None:
    assert ("openid", *COVERABLE) == SCOPES
