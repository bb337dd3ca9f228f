"""Nobody lets in under an old name what has become another since it asked: by a device, or by a person's name."""

from flask import Flask

from idp.changing import Changed
from tests.doubles import TurnedClock
from tests.idp.desk import Desk
from tests.idp.test_backchannel import Asking, asking_service
from tests.idp.test_client_change import changed
from tests.idp.test_elsewhere import asked, error, own_pages, poll, read_who_asks, sign_in_here
from tests.idp.visitor import Person, Service, Visitor

__all__ = ["own_pages"]


def renamed(desk: Desk, client_id: str, clock: TurnedClock) -> None:
    clock.turn(seconds=1)
    assert isinstance(changed(desk, client_id, name_en="Casino", name_lo="ບໍ່ອນ"), Changed)
    clock.turn(seconds=1)


def test_the_yes_to_a_device_is_for_the_service_that_was_shown(
    app: Flask, visitor: Visitor, desk: Desk, own_pages: Service, library: Service, somphone: Person,
    clock: TurnedClock,
) -> None:  # fmt: skip
    said = asked(app, library)
    read_who_asks(visitor, somphone, said)
    renamed(desk, library.client.client_id, clock)

    page = visitor.submit(answer="agree")

    clock.turn(seconds=10)
    assert (page.status_code, "ບໍລິການໄດ້ປ່ຽນຊື່" in page.text) == (400, True)
    assert error(poll(app, library, said["device_code"])) == (400, "authorization_pending")


def test_a_device_that_asked_under_another_name_is_not_shown(
    app: Flask, visitor: Visitor, desk: Desk, own_pages: Service, library: Service, somphone: Person,
    clock: TurnedClock,
) -> None:  # fmt: skip
    said = asked(app, library)
    renamed(desk, library.client.client_id, clock)

    page = read_who_asks(visitor, somphone, said)

    assert (page.status_code, "/device/answer" in page.text) == (422, False)


def test_the_yes_to_a_service_that_asked_by_name_is_for_the_one_that_was_shown(
    app: Flask, visitor: Visitor, desk: Desk, own_pages: Service, somphone: Person, clock: TurnedClock
) -> None:
    asking: Asking = asking_service(app, desk, clock, 8461)
    auth_req_id = asking.begun()
    shown = sign_in_here(visitor, somphone, "/approve").text
    renamed(desk, asking.id, clock)

    page = visitor.submit(answer="agree")

    clock.turn(seconds=10)
    assert ("/approve/answer" in shown, page.status_code) == (True, 400)
    assert "/approve/answer" not in visitor.get("/approve").text
    assert error(asking.poll(auth_req_id)) == (400, "authorization_pending")
