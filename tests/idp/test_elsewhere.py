"""A device without a keyboard (RFC 8628): what it shows is typed elsewhere and answered by whoever is signed in."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.elsewhere.tables import DeviceRequest
from idp.elsewhere.user_code import new_user_code, typed
from ledger.entry import Entry
from ledger.ledger import Ledger
from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.keys import Holder
from tests.idp.test_pushed import Strict
from tests.idp.test_walk import bearer, claims_of
from tests.idp.visitor import ISSUER, PASSWORD, Person, Service, Visitor

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(autouse=True)
def own_pages(desk: Desk) -> Service:
    return service(desk, 8443, name_en="Requests to you", redirect_uris=(f"{ISSUER}/approve/back",))


@pytest.fixture
def kiosk(app: Flask, desk: Desk, clock: TurnedClock) -> Strict:
    made = Strict(app, None, clock)  # type: ignore[arg-type]
    made.service = service(desk, 8461, profile="kiosk", auth_method="private_key_jwt", jwks=made.holder.jwks)
    return made


def asked(app: Flask, of: Service, **changes: str) -> dict[str, Any]:
    answer = of.post(app, "/device-authorization", {"scope": "openid profile", **changes})
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.get_json()
    return said


def poll(app: Flask, of: Service, device_code: str) -> TestResponse:
    return of.post(app, "/token", {"grant_type": GRANT_TYPE, "device_code": device_code})


def error(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["error"]


def sign_in_here(visitor: Visitor, person: Person, path: str) -> TestResponse:
    """The page at `path`, after the sign-in to which it leads."""
    visitor.get(path)
    visitor.get(led_to(visitor))
    visitor.submit(username=person.number, password=PASSWORD)
    visitor.submit(code=person.code())
    visitor.get(led_to(visitor))
    return visitor.get(led_to(visitor))


def led_to(visitor: Visitor) -> str:
    assert visitor.page.status_code == 303, visitor.page.text
    parts = urlsplit(visitor.page.headers["Location"])
    return f"{parts.path}?{parts.query}"


def read_who_asks(visitor: Visitor, person: Person, said: dict[str, Any]) -> TestResponse:
    """The page that says who asks, for the person who typed the code."""
    sign_in_here(visitor, person, "/device")
    return visitor.submit(user_code=said["user_code"])


def test_a_device_gets_tokens_after_its_person_typed_the_code_and_agreed(
    app: Flask, visitor: Visitor, library: Service, somphone: Person
) -> None:
    said = asked(app, library)
    before = poll(app, library, said["device_code"])
    page = read_who_asks(visitor, somphone, said)
    visitor.submit(answer="agree")

    tokens = poll(app, library, said["device_code"]).get_json()
    person = app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer(tokens["access_token"])).get_json()

    assert error(before) == (400, "authorization_pending")
    assert all(word in page.text for word in ("<b>ເອກະສານ</b>", "127.0.0.1", "/device/answer"))
    assert (said["expires_in"], said["interval"]) == (600, 5)
    assert (claims_of(tokens)["aud"], claims_of(tokens)["amr"]) == (library.client.client_id, ["mfa", "otp", "pwd"])
    assert person["name#en"] == "Somphone Keovongsa"


@pytest.mark.parametrize("who", ["he himself", "another"])
def test_a_device_that_wants_one_person_gets_no_other(
    app: Flask, visitor: Visitor, library: Service, edocument: Service, somphone: Person, vanida: Person, who: str
) -> None:
    known = claims_of(edocument.redeem(app, Visitor(app).sign_in(edocument, somphone)["code"]).get_json())["sub"]
    said = asked(app, library, claims=json.dumps({"id_token": {"sub": {"value": known}}}))

    read_who_asks(visitor, somphone if who == "he himself" else vanida, said)
    page = visitor.submit(answer="agree")
    answer = poll(app, library, said["device_code"])

    assert (page.status_code, answer.status_code) == ((200, 200) if who == "he himself" else (400, 400))


def test_an_address_with_the_code_in_it_only_fills_the_field_in(
    app: Flask, visitor: Visitor, library: Service, somphone: Person
) -> None:
    said = asked(app, library)
    address = said["verification_uri_complete"].removeprefix(ISSUER)

    page = sign_in_here(visitor, somphone, address)

    assert f'value="{said["user_code"]}"' in page.text
    assert error(poll(app, library, said["device_code"])) == (400, "authorization_pending")


def test_who_asks_too_soon_is_told_to_slow_down_and_then_served_again(
    app: Flask, library: Service, clock: TurnedClock
) -> None:
    code = asked(app, library)["device_code"]

    answers = [poll(app, library, code) for _ in range(2)]
    clock.turn(seconds=10)
    answers.append(poll(app, library, code))

    assert [error(one)[1] for one in answers] == ["authorization_pending", "slow_down", "authorization_pending"]


def test_each_slow_down_makes_the_interval_five_seconds_longer(
    app: Flask, library: Service, clock: TurnedClock
) -> None:
    code = asked(app, library)["device_code"]
    answers = [poll(app, library, code), poll(app, library, code)]
    for seconds in (9, 1, 10, 0, 14, 1):
        clock.turn(seconds=seconds)
        answers.append(poll(app, library, code))

    assert [error(one)[1] for one in answers[:2]] == ["authorization_pending", "slow_down"]
    assert [error(one)[1] for one in answers[2:]] == [
        "slow_down", "slow_down", "authorization_pending", "slow_down", "authorization_pending", "slow_down",
    ]  # fmt: skip


def test_who_keeps_hammering_is_served_no_more_not_even_when_the_person_agrees(
    app: Flask, visitor: Visitor, library: Service, somphone: Person, ledger: Ledger
) -> None:
    said = asked(app, library)
    hammering = [error(poll(app, library, said["device_code"]))[1] for _ in range(16)]
    read_who_asks(visitor, somphone, said)
    visitor.submit(answer="agree")

    after = error(poll(app, library, said["device_code"]))

    assert hammering == ["authorization_pending", *["slow_down"] * 12, *["invalid_request"] * 3]
    assert after == (400, "invalid_request")
    with ledger.read() as reading:
        refused = reading.scalars(select(Entry).where(Entry.kind == "client.refused")).all()
    assert [one.body.count("token.hammered") for one in refused] == [1] * len(refused)


def test_a_person_who_refuses_lets_nobody_in(
    app: Flask, visitor: Visitor, library: Service, somphone: Person, ledger: Ledger
) -> None:
    said = asked(app, library)
    read_who_asks(visitor, somphone, said)
    visitor.submit(answer="deny")

    answer = poll(app, library, said["device_code"])

    assert error(answer) == (400, "access_denied")
    with ledger.read() as reading:
        entry = reading.scalars(select(Entry).where(Entry.kind == "device.answered")).one()
    assert '"agreed":false' in entry.body


def test_what_nobody_answered_in_time_ends_on_both_sides(
    app: Flask, visitor: Visitor, library: Service, somphone: Person, clock: TurnedClock
) -> None:
    said = asked(app, library)
    clock.turn(seconds=600)

    page = read_who_asks(visitor, somphone, said)

    assert error(poll(app, library, said["device_code"])) == (400, "expired_token")
    assert (page.status_code, "ໝົດເວລາແລ້ວ" in page.text) == (422, True)


def agreed(app: Flask, visitor: Visitor, of: Service, person: Person) -> str:
    said = asked(app, of)
    read_who_asks(visitor, person, said)
    visitor.submit(answer="agree")
    return str(said["device_code"])


def test_a_device_code_counts_once_and_its_second_use_after_a_minute_kills_the_tokens(
    app: Flask, visitor: Visitor, library: Service, somphone: Person, clock: TurnedClock
) -> None:
    code = agreed(app, visitor, library, somphone)
    tokens = poll(app, library, code).get_json()
    clock.turn(seconds=61)

    again = poll(app, library, code)
    person = app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer(tokens["access_token"]))

    assert error(again) == (400, "invalid_grant")
    assert person.status_code == 401


def test_of_many_who_redeem_one_device_code_all_are_told_of_one_redemption(
    app: Flask, visitor: Visitor, library: Service, somphone: Person, ledger: Ledger
) -> None:
    code = agreed(app, visitor, library, somphone)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: poll(app, library, code).get_json(), range(16)))

    with ledger.read() as reading:
        redeemed = reading.scalars(select(Entry.id).where(Entry.kind == "device.redeemed")).all()
    assert len({answer["refresh_token"] for answer in answers}) == len(redeemed) == 1


def test_a_device_code_is_of_its_service_alone(
    app: Flask, visitor: Visitor, library: Service, somphone: Person, desk: Desk
) -> None:
    other = service(desk, 8460, first_party=False, profile="standard")
    code = agreed(app, visitor, library, somphone)

    assert error(poll(app, other, code)) == (400, "invalid_grant")
    assert poll(app, library, code).status_code == 200


def test_a_service_with_a_browser_has_no_such_way(app: Flask, desk: Desk, clock: TurnedClock) -> None:
    own = Strict(app, None, clock)  # type: ignore[arg-type]
    own.service = service(desk, 8463, profile="gov", auth_method="private_key_jwt", jwks=own.holder.jwks)
    begun = own.post("/device-authorization", {"scope": "openid"})
    polled = own.post("/token", {"grant_type": GRANT_TYPE, "device_code": "ltd_" + "a" * 43})

    assert (error(begun), error(polled)) == ((400, "unauthorized_client"), (400, "unauthorized_client"))


def test_who_guesses_codes_runs_out_of_tries(app: Flask, visitor: Visitor, library: Service, somphone: Person) -> None:
    sign_in_here(visitor, somphone, "/device")
    said = asked(app, library)

    answers = [visitor.submit(user_code=f"000-000-00{number}").status_code for number in range(10)]
    last = visitor.submit(user_code=said["user_code"])

    assert answers == [422] * 10
    assert last.status_code == 429


def test_who_guesses_codes_gets_no_new_tries_by_signing_in_again(
    app: Flask, library: Service, somphone: Person
) -> None:
    answers = []
    for tries in (6, 5):
        guessing = Visitor(app)
        sign_in_here(guessing, somphone, "/device")
        answers += [guessing.submit(user_code=f"000-000-00{number}").status_code for number in range(tries)]
        somphone.clock.turn(seconds=30)

    assert answers == [422] * 10 + [429]


def test_nobody_answers_by_the_id_of_a_request_what_was_not_shown_to_him(
    app: Flask, visitor: Visitor, library: Service, somphone: Person, ledger: Ledger
) -> None:
    said = asked(app, library)
    with ledger.read() as reading:
        request_id = reading.scalars(select(DeviceRequest.id)).one()
    read_who_asks(visitor, somphone, said)

    page = visitor.submit(answer="agree", request=request_id, seal="0" * 64)

    assert page.status_code == 400
    assert error(poll(app, library, said["device_code"])) == (400, "authorization_pending")


def test_who_signs_out_here_does_not_end_the_device_but_a_closed_account_does(
    app: Flask, visitor: Visitor, library: Service, somphone: Person, desk: Desk
) -> None:
    tokens = poll(app, library, agreed(app, visitor, library, somphone)).get_json()
    visitor.get("/end-session")
    visitor.submit(answer="sign-out")

    kept = library.refresh(app, tokens["refresh_token"])
    desk.end(somphone.number)
    gone = library.refresh(app, kept.get_json()["refresh_token"])

    assert kept.status_code == 200
    assert error(gone) == (400, "invalid_grant")


def test_what_a_device_asked_with_a_key_it_fetches_with_that_key_alone(
    app: Flask, visitor: Visitor, kiosk: Strict, somphone: Person
) -> None:
    said = kiosk.post(
        "/device-authorization", {"scope": "openid"}, DPoP=kiosk.proof("/device-authorization")
    ).get_json()
    read_who_asks(visitor, somphone, said)
    visitor.submit(answer="agree")
    form = {"grant_type": GRANT_TYPE, "device_code": said["device_code"]}

    own_key, kiosk.proofs = kiosk.proofs, Holder()
    stolen = kiosk.post("/token", form, DPoP=kiosk.proof("/token"))
    kiosk.proofs = own_key
    own = kiosk.post("/token", form, DPoP=kiosk.proof("/token"))

    assert error(stolen) == (400, "invalid_grant")
    assert (own.get_json()["token_type"], "refresh_token" in own.get_json()) == ("DPoP", False)


@given(st.binary(min_size=8, max_size=8), st.sampled_from(["", " ", "-", " - ", "."]))
def test_a_code_is_known_however_it_is_parted_and_in_lao_digits(octets: bytes, between: str) -> None:
    code = new_user_code(lambda _: octets)
    parted = between.join(code.split("-"))

    assert typed(parted) == typed(parted.translate({48 + n: 0x0ED0 + n for n in range(10)})) == code.replace("-", "")


@pytest.mark.parametrize("text", ["", "123", "123-456-7890", "12a-456-789", "١٢٣-٤٥٦-٧٨٩", "1" * 400])
def test_what_is_no_code_is_none(text: str) -> None:
    assert typed(text) is None
