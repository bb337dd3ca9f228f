"""Who named its grants at registration uses no other: it is told so at once, before any person is troubled."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from idp.declared import CIBA, DEVICE, Declared
from idp.elsewhere.tables import BackchannelRequest, DeviceRequest
from idp.provider import Provider
from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.test_backchannel import asking_service
from tests.idp.visitor import Person, Visitor

API = "https://api.la/"


def kept(provider: Provider) -> int:
    with provider.ledger.read() as reading:
        tables = DeviceRequest, BackchannelRequest
        return sum(reading.scalar(select(func.count()).select_from(one)) or 0 for one in tables)


@pytest.mark.parametrize(("grants", "status"), [((DEVICE,), 200), ((), 200), (("authorization_code",), 400)])
def test_a_device_asks_only_where_it_will_get_tokens(
    app: Flask, desk: Desk, provider: Provider, grants: tuple[str, ...], status: int
) -> None:
    own = service(desk, 8461, declared=Declared(grant_types=grants))

    answer = own.post(app, "/device-authorization", {"scope": "openid"})

    assert (answer.status_code, kept(provider)) == (status, int(status == 200))
    assert status == 200 or answer.get_json()["error"] == "unauthorized_client"


@pytest.mark.parametrize(("grants", "status"), [((CIBA,), 200), ((), 200), (("authorization_code",), 400)])
def test_nobody_is_asked_by_name_for_a_service_that_will_get_no_tokens(
    app: Flask, desk: Desk, clock: TurnedClock, provider: Provider, somphone: Person,
    grants: tuple[str, ...], status: int,
) -> None:  # fmt: skip
    asking = asking_service(app, desk, clock, 8460, declared=Declared(grant_types=grants))
    assert asking.claims()["login_hint"] == somphone.number

    answer = asking.ask()

    assert (answer.status_code, kept(provider)) == (status, int(status == 200))
    assert status == 200 or answer.get_json()["error"] == "unauthorized_client"


def test_nobody_signs_in_for_a_machine(app: Flask, visitor: Visitor, desk: Desk) -> None:
    own = service(desk, 8461, declared=Declared(grant_types=("client_credentials",)), resources=(API,))

    visitor.get("/authorize", own.ask())
    pushed = own.post(app, "/par", own.ask())

    assert (visitor.redirected()["error"], visitor.redirected()["state"]) == ("unauthorized_client", "af0ifjsldkj")
    assert (pushed.status_code, pushed.get_json()["error"]) == (400, "unauthorized_client")
