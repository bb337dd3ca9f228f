"""Whoever waited for an answer from elsewhere and lost it on the way is told it again; nobody else is."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.declared import DEVICE, NOTHING
from idp.handles import digest
from idp.tables import RefreshToken
from ledger.ledger import Ledger
from pki.base64url import decode
from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.keys import Holder
from tests.idp.test_backchannel import Asking, asking_service
from tests.idp.test_elsewhere import GRANT_TYPE, agreed, asked, error, kiosk, own_pages, poll, read_who_asks
from tests.idp.test_pushed import Strict
from tests.idp.test_walk import bearer
from tests.idp.visitor import ISSUER, Person, Service, Visitor

__all__ = ["kiosk", "own_pages"]


@pytest.fixture
def waited(app: Flask, visitor: Visitor, kiosk: Strict, somphone: Person) -> dict[str, str]:
    """What the kiosk asks with for the tokens that its person agreed to."""
    path = "/device-authorization"
    said = kiosk.post(path, {"scope": "openid"}, DPoP=kiosk.proof(path)).get_json()
    read_who_asks(visitor, somphone, said)
    visitor.submit(answer="agree")
    return {"grant_type": GRANT_TYPE, "device_code": said["device_code"]}


def program(desk: Desk, *grant_types: str) -> Service:
    """One that proves nothing of itself."""
    own = {"profile": "native", "auth_method": "none", "redirect_uris": ("http://127.0.0.1/back",)}
    return service(desk, 8467, **own, declared=replace(NOTHING, grant_types=(DEVICE, *grant_types)))


def public_poll(app: Flask, of: Service, device_code: str) -> TestResponse:
    form = {"grant_type": GRANT_TYPE, "device_code": device_code, "client_id": of.client.client_id}
    return app.test_client().post("/token", base_url=ISSUER, data=form)


def agreed_by_public(app: Flask, visitor: Visitor, of: Service, person: Person) -> str:
    form = {"scope": "openid", "client_id": of.client.client_id}
    said = app.test_client().post("/device-authorization", base_url=ISSUER, data=form).get_json()
    read_who_asks(visitor, person, said)
    visitor.submit(answer="agree")
    return str(said["device_code"])


def knows(app: Flask, tokens: dict[str, Any]) -> int:
    return app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer(tokens["access_token"])).status_code


def test_a_device_that_lost_the_answer_is_told_the_same_again_though_its_code_has_run_out(
    app: Flask, visitor: Visitor, library: Service, somphone: Person, clock: TurnedClock
) -> None:
    said = asked(app, library)
    read_who_asks(visitor, somphone, said)
    visitor.submit(answer="agree")
    clock.turn(seconds=said["expires_in"] - 31)
    first = poll(app, library, said["device_code"]).get_json()
    clock.turn(seconds=59)

    again = poll(app, library, said["device_code"]).get_json()
    following = library.refresh(app, again["refresh_token"])

    assert again["refresh_token"] == first["refresh_token"]
    assert following.status_code == 200


def test_a_device_that_has_refreshed_had_its_answer_so_the_code_that_comes_back_ends_all(
    app: Flask, visitor: Visitor, library: Service, somphone: Person
) -> None:
    code = agreed(app, visitor, library, somphone)
    following = library.refresh(app, poll(app, library, code).get_json()["refresh_token"]).get_json()

    again = poll(app, library, code)

    assert error(again) == (400, "invalid_grant")
    assert error(library.refresh(app, following["refresh_token"])) == (400, "invalid_grant")


def test_a_machine_without_refresh_tokens_is_told_again_under_its_own_key(
    app: Flask, kiosk: Strict, waited: dict[str, str]
) -> None:
    answers = [kiosk.post("/token", waited, DPoP=kiosk.proof("/token")) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    assert answers[1].get_json()["token_type"] == "DPoP"


def test_another_key_is_told_nothing_again_and_ends_what_the_first_one_got(
    app: Flask, kiosk: Strict, waited: dict[str, str]
) -> None:
    kiosk.post("/token", waited, DPoP=kiosk.proof("/token"))
    own_key, kiosk.proofs = kiosk.proofs, Holder()

    stolen = kiosk.post("/token", waited, DPoP=kiosk.proof("/token"))
    kiosk.proofs = own_key
    own = kiosk.post("/token", waited, DPoP=kiosk.proof("/token"))

    assert [error(one) for one in (stolen, own)] == [(400, "invalid_grant")] * 2


def test_the_request_id_of_a_service_counts_once_to_the_letter(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person, desk: Desk, clock: TurnedClock
) -> None:
    asking: Asking = asking_service(app, desk, clock, 8460)
    visitor.sign_in(edocument, somphone)
    auth_req_id = asking.begun()
    visitor.get("/approve")
    visitor.submit(answer="agree")

    first, again = (asking.poll(auth_req_id) for _ in range(2))

    assert (first.status_code, error(again)) == (200, (400, "invalid_grant"))
    assert knows(app, first.get_json()) == 401


def test_a_program_without_a_secret_is_told_again_where_rotation_would_show_a_thief(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person
) -> None:
    own = program(desk, "refresh_token")
    code = agreed_by_public(app, visitor, own, somphone)

    first, again = (public_poll(app, own, code).get_json() for _ in range(2))

    assert first["refresh_token"] == again["refresh_token"]


def test_a_program_with_neither_secret_nor_key_nor_refresh_token_is_told_nothing_again(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person
) -> None:
    own = program(desk)
    code = agreed_by_public(app, visitor, own, somphone)
    first = public_poll(app, own, code).get_json()

    again = public_poll(app, own, code)

    assert (error(again), knows(app, first)) == ((400, "invalid_grant"), 401)


def test_what_is_kept_for_the_second_telling_is_readable_with_the_code_alone(
    app: Flask, visitor: Visitor, library: Service, somphone: Person, ledger: Ledger
) -> None:
    code = agreed(app, visitor, library, somphone)
    token = poll(app, library, code).get_json()["refresh_token"]

    with ledger.read() as reading:
        row = reading.scalars(select(RefreshToken).where(RefreshToken.token_sha256 == digest(token))).one()
    assert row.for_predecessor is not None
    assert len(row.for_predecessor) == 32
    assert row.for_predecessor not in (decode(token[4:]), decode(code[4:]), bytes.fromhex(digest(code)))
