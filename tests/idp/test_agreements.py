"""A service whose agreement has lapsed or not begun is refused everywhere; a renewed one lets it go on (DP-04)."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from flask import Flask
from sqlalchemy import select

from idp.agreement_letters import tell_of_lapses
from idp.agreements import Agreed, agree, agreeing
from idp.clients import Registration, registering
from idp.clients import register as register_client
from idp.declared import Declared
from idp.registration.tables import AgreementNotice
from idp.tables import ManagementProof
from ledger.decision import Allow, Decision, Refuse
from ledger.event import Actor
from ledger.outbox import OutboxMessage
from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.registration_desk import ORGANISATION, agreed, open_organisation
from tests.idp.visitor import ISSUER, Person, Service, Visitor


@pytest.fixture
def agency(desk: Desk) -> Service:
    """A service whose agreement ends in three hours."""
    open_organisation(desk)
    ends = Agreed(ORGANISATION, "7/MTC", desk.now - timedelta(days=1), desk.now + timedelta(hours=3))
    return service(desk, 8451, agreed=ends)


def renew(desk: Desk, client_id: str, wanted: Agreed) -> Decision:
    return agree(desk.ledger, client_id, wanted, desk.sign(agreeing(client_id, wanted, desk.now)))


def test_a_lapsed_agreement_stops_every_endpoint_at_once(
    app: Flask, visitor: Visitor, agency: Service, somphone: Person, clock: TurnedClock
) -> None:
    tokens = agency.redeem(app, visitor.sign_in(agency, somphone)["code"]).get_json()
    visitor.get("/authorize", agency.ask())
    code = visitor.redirected()["code"]
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}

    clock.turn(hours=3)
    answers = {
        "authorize": visitor.get("/authorize", agency.ask()).status_code,
        "code": agency.redeem(app, code).status_code,
        "refresh": agency.refresh(app, tokens["refresh_token"]).status_code,
        "introspect": agency.post(app, "/introspect", {"token": tokens["refresh_token"]}).status_code,
        "revoke": agency.post(app, "/revoke", {"token": tokens["refresh_token"]}).status_code,
        "par": agency.post(app, "/par", agency.ask()).status_code,
        "userinfo": app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer).status_code,
    }

    assert answers.pop("authorize") == 400
    assert set(answers.values()) == {401}


def test_a_renewed_agreement_lets_the_service_go_on(
    visitor: Visitor, agency: Service, desk: Desk, somphone: Person, clock: TurnedClock
) -> None:
    clock.turn(hours=4)
    before = visitor.get("/authorize", agency.ask()).status_code

    renewed = renew(desk, agency.client.client_id, agreed(desk))

    assert (before, renewed) == (400, Allow())
    assert visitor.sign_in(agency, somphone)["code"]


def test_an_agreement_that_has_not_begun_does_not_count(visitor: Visitor, agency: Service, desk: Desk) -> None:
    later = Agreed(ORGANISATION, "8/MTC", desk.now + timedelta(days=1), desk.now + timedelta(days=2))

    renew(desk, agency.client.client_id, later)

    assert visitor.get("/authorize", agency.ask()).status_code == 400


def test_what_is_no_agreement_is_refused(agency: Service, desk: Desk) -> None:
    good, own = agreed(desk), agency.client.client_id
    backwards = Agreed(ORGANISATION, "9", good.valid_until, good.valid_from)
    elsewhere = Agreed("XYZ", "9", good.valid_from, good.valid_until)

    found = [renew(desk, own, backwards), renew(desk, own, elsewhere), renew(desk, "nobody", good)]

    codes = ["client.agreement-days", "client.organisation-unknown", "client.unknown"]
    assert found == [Refuse(code) for code in codes]


def test_an_agreement_is_the_act_of_a_person_about_just_this(agency: Service, desk: Desk) -> None:
    own, wanted = agency.client.client_id, agreed(desk)
    other = desk.sign(agreeing(own, agreed(desk, days=3000), desk.now))

    swapped = agree(desk.ledger, own, wanted, other)
    renew(desk, own, wanted)

    with desk.ledger.read() as session:
        kept = session.scalars(select(ManagementProof.subject).where(ManagementProof.kind == "client.agree")).all()
    assert swapped == Refuse("management.not-about-this")
    assert kept == [wanted.digest(own)]


def test_no_service_is_registered_under_an_organisation_that_is_not_there(desk: Desk) -> None:
    wanted = Registration("ຮ້ານ", "Shop", "standard", ("https://shop.la/callback",), agreed=agreed(desk))

    done = register_client(desk.ledger, wanted, desk.sign(registering(wanted, desk.now)))

    assert done == Refuse("client.organisation-unknown")


def test_a_service_is_told_once_for_each_number_of_days(agency: Service, desk: Desk) -> None:
    ledger, system = desk.ledger, Actor.system("test")
    renew(desk, agency.client.client_id, agreed(desk, days=20))

    told = [tell_of_lapses(ledger, "ca@mtc.gov.la", days, system) for days in ([30], [30], [30, 60], [30, 10])]

    with ledger.read() as session:
        kept = session.scalars(select(AgreementNotice.days)).all()
    assert told == [1, 0, 0, 0]
    assert kept == [30]


def test_the_letter_goes_to_whom_the_service_named(agency: Service, desk: Desk) -> None:
    wanted = Registration(
        "ຮ້ານ", "Shop", "standard", ("https://shop.la/callback",), agreed=agreed(desk),
        declared=Declared(contacts=("desk@shop.la",)),
    )  # fmt: skip
    assert not isinstance(desk.register(wanted), Refuse)

    tell_of_lapses(desk.ledger, "ca@mtc.gov.la", [30], Actor.system("test"))

    with desk.ledger.read() as session:
        letters = session.scalars(select(OutboxMessage)).all()
    assert [letter.url for letter in letters] == ["mailto:desk@shop.la"]
    said = message_from_bytes(letters[0].body, policy=default).get_content()
    assert "12/MTC" in said
    assert "Shop" in said
