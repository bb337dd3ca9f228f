"""A service asks for a person by name (CIBA): what it may ask, how he answers, and how it is told."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.app import build
from idp.client_authentication.private_key_jwt import TYPE
from idp.clients import Registration
from idp.elsewhere.tables import BackchannelRequest
from idp.provider import Provider
from idp.routes.practice import PATH
from ledger.ledger import Ledger
from ledger.outbox import MAIL, OutboxMessage
from scripts.work import send
from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.keys import Handshake, Holder, self_signed
from tests.idp.test_elsewhere import error, led_to
from tests.idp.test_mutual_tls import PORT
from tests.idp.test_pushed import Strict
from tests.idp.test_walk import claims_of
from tests.idp.test_what_a_client_became import became
from tests.idp.visitor import ISSUER, PASSWORD, Person, Service, Visitor
from tests.serving import home_with_keys, settings_for
from web.home import Mode
from web.relying_party import Answer, Fetcher

GRANT_TYPE = "urn:openid:params:grant-type:ciba"
TOKEN = "8d67dc78-7faa-4d41-aabd-67707b374255"
BELL = "https://localhost:8462/bell"


class Asking(Strict):
    """A service of profile `fapi2` that asks for people."""

    def claims(self, **changes: Any) -> dict[str, Any]:
        at = int(self.clock.now().timestamp())
        self.number += 1
        own = {"iss": self.id, "aud": ISSUER, "jti": f"r{self.number}", "iat": at, "nbf": at, "exp": at + 60}
        wished = {"scope": "openid profile", "login_hint": "10000017", "binding_message": "W4SCT"}
        return {name: value for name, value in (own | wished | changes).items() if value is not None}

    def ask(self, **changes: Any) -> TestResponse:
        return self.sent({"request": self.holder.sign(self.claims(**changes))})

    def sent(self, form: dict[str, str]) -> TestResponse:
        return self.post("/backchannel-authentication", form)

    def begun(self, **changes: Any) -> str:
        answer = self.ask(**changes)
        assert answer.status_code == 200, answer.text
        return str(answer.get_json()["auth_req_id"])

    def poll(self, auth_req_id: str) -> TestResponse:
        form = {"grant_type": GRANT_TYPE, "auth_req_id": auth_req_id}
        return self.post("/token", form, DPoP=self.proof("/token"))


def asking_service(app: Flask, desk: Desk, clock: TurnedClock, port: int, **changes: object) -> Asking:
    made = Asking(app, None, clock)  # type: ignore[arg-type]
    own = {"profile": "fapi2", "auth_method": "private_key_jwt", "jwks": made.holder.jwks, "backchannel_mode": "poll"}
    made.service = service(desk, port, **(own | changes))
    return made


@pytest.fixture(autouse=True)
def own_pages(desk: Desk) -> Service:
    return service(desk, 8443, name_en="Requests to you", redirect_uris=(f"{ISSUER}/approve/back",), minimum_level=1)


@pytest.fixture
def asking(app: Flask, desk: Desk, clock: TurnedClock) -> Asking:
    return asking_service(app, desk, clock, 8460)


@pytest.fixture
def pinged(app: Flask, desk: Desk, clock: TurnedClock) -> Asking:
    return asking_service(app, desk, clock, 8462, backchannel_mode="ping", notification_uri=BELL)


@pytest.fixture
def signed_in(visitor: Visitor, edocument: Service, somphone: Person) -> Visitor:
    visitor.sign_in(edocument, somphone)
    return visitor


@pytest.mark.parametrize("path", ["/backchannel-authentication", "/token"])
def test_who_asks_by_name_may_mean_the_endpoint_instead_of_the_issuer(
    asking: Asking, somphone: Person, path: str
) -> None:
    assert somphone.number == asking.claims()["login_hint"]
    sent = {"request": asking.holder.sign(asking.claims())}

    named = asking.post("/backchannel-authentication", sent, ISSUER + path)
    listed = asking.post("/backchannel-authentication", sent, [ISSUER + path])
    pushed = [asking.post("/par", asking.service.ask(), ISSUER + one) for one in ("/par", path)]

    assert (named.status_code, listed.status_code) == (200, 401)
    assert [one.status_code for one in pushed] == [401, 401]


def test_what_a_service_asked_with_a_key_it_fetches_with_that_key_alone(signed_in: Visitor, asking: Asking) -> None:
    sent, path = {"request": asking.holder.sign(asking.claims())}, "/backchannel-authentication"
    asked = asking.post(path, sent, DPoP=asking.proof(path)).get_json()["auth_req_id"]
    signed_in.get("/approve")
    signed_in.submit(answer="agree")

    own_key, asking.proofs = asking.proofs, Holder()
    stolen = asking.poll(asked)
    asking.proofs = own_key
    own = asking.poll(asked)

    assert error(stolen) == (400, "invalid_grant")
    assert own.get_json()["token_type"] == "DPoP"


def test_what_a_service_asked_with_a_certificate_it_fetches_with_that_one_alone(
    signed_in: Visitor, asking: Asking, provider: Provider, tmp_path: Path
) -> None:
    settings = settings_for("idp", home_with_keys(tmp_path / "clients", {}), provider.ledger.url)
    port, own = build(replace(settings, process="idp-clients-mtls"), provider), self_signed()
    sent = {"request": asking.holder.sign(asking.claims())}
    asked = showing(asking, port, own, "/backchannel-authentication", sent).get_json()["auth_req_id"]
    signed_in.get("/approve")
    signed_in.submit(answer="agree")
    form = {"grant_type": GRANT_TYPE, "auth_req_id": asked}

    stolen = [showing(asking, port, self_signed(), "/token", form), asking.poll(asked)]
    fetched = showing(asking, port, own, "/token", form)

    assert [error(one) for one in stolen] == [(400, "invalid_grant")] * 2
    assert fetched.get_json()["token_type"] == "Bearer"


def showing(asking: Asking, port: Flask, certificate: bytes, path: str, form: dict[str, str]) -> TestResponse:
    """As `post`, at the port where services show a certificate."""
    asking.number += 1
    assertion = asking.holder.assertion(asking.id, ISSUER, asking.clock.now(), jti=f"c{asking.number}")
    sent = form | {"client_assertion_type": TYPE, "client_assertion": assertion}
    shown = {"gunicorn.socket": Handshake(certificate)}
    return port.test_client().post(path, base_url=PORT, data=sent, environ_overrides=shown)


def test_a_proof_that_is_none_asks_nobody(asking: Asking, somphone: Person, provider: Provider) -> None:
    sent = {"request": asking.holder.sign(asking.claims(login_hint=somphone.number))}

    refused = asking.post("/backchannel-authentication", sent, DPoP=asking.proof("/token"))

    with provider.ledger.read() as reading:
        entered = reading.scalars(select(BackchannelRequest.id)).all()
    assert (error(refused), entered) == ((400, "invalid_dpop_proof"), [])


def test_a_person_agrees_to_what_a_service_asks_and_it_gets_tokens_once(signed_in: Visitor, asking: Asking) -> None:
    auth_req_id = asking.begun()
    before = asking.poll(auth_req_id)
    page = signed_in.get("/approve")
    signed_in.submit(answer="agree")

    tokens = asking.poll(auth_req_id).get_json()
    again = asking.poll(auth_req_id)

    assert error(before) == (400, "authorization_pending")
    assert "W4SCT" in page.text
    assert (tokens["token_type"], claims_of(tokens)["aud"]) == ("DPoP", asking.id)
    assert error(again) == (400, "invalid_grant")


def test_who_is_not_signed_in_is_led_to_sign_in_and_back(visitor: Visitor, asking: Asking, somphone: Person) -> None:
    asking.begun()

    visitor.get("/approve")

    assert "/authorize?" in visitor.page.headers["Location"]


def test_our_own_pages_ask_for_the_level_of_today(
    visitor: Visitor, desk: Desk, own_pages: Service, asking: Asking, somphone: Person
) -> None:
    low = service(desk, 8470, minimum_level=1)
    visitor.get("/authorize", low.ask())
    visitor.submit(username=somphone.number, password=PASSWORD)
    asking.begun()

    before = visitor.get("/approve").status_code
    became(desk, own_pages, minimum_level=2)
    after = visitor.get("/approve").status_code

    assert (before, after) == (200, 303)


def test_another_person_neither_sees_nor_answers_it(
    visitor: Visitor, edocument: Service, somphone: Person, vanida: Person, asking: Asking, ledger: Ledger
) -> None:
    auth_req_id = asking.begun()
    with ledger.read() as reading:
        request_id = reading.scalars(select(BackchannelRequest.id)).one()
    visitor.sign_in(edocument, vanida)
    asking.begun(login_hint=vanida.number, binding_message="OTHER")

    page = visitor.get("/approve")
    answer = visitor.submit(answer="agree", request=request_id)

    assert ("W4SCT" in page.text, "OTHER" in page.text) == (False, True)
    assert answer.status_code == 400
    assert error(asking.poll(auth_req_id)) == (400, "authorization_pending")


def test_who_refuses_lets_nobody_in_and_cannot_take_it_back(signed_in: Visitor, asking: Asking) -> None:
    auth_req_id = asking.begun()
    signed_in.get("/approve")
    form = signed_in.page
    signed_in.submit(answer="deny")
    signed_in.page = form

    again = signed_in.submit(answer="agree")

    assert again.status_code == 409
    assert error(asking.poll(auth_req_id)) == (400, "access_denied")


def test_who_has_shown_too_little_of_himself_is_led_to_show_more_and_back(
    visitor: Visitor, desk: Desk, asking: Asking, somphone: Person
) -> None:
    low = service(desk, 8470, minimum_level=1)
    auth_req_id = asking.begun()
    visitor.get("/authorize", low.ask())
    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.get("/approve")

    answer = visitor.submit(answer="agree")
    visitor.get(led_to(visitor))
    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.submit(code=somphone.code())
    visitor.get(led_to(visitor))
    visitor.get(led_to(visitor))
    visitor.submit(answer="agree")

    assert "acr_values=urn%3Alaotrust%3Aacr%3A2" in answer.headers["Location"]
    assert asking.poll(auth_req_id).status_code == 200


def test_a_person_may_be_named_by_a_token_of_ours_or_of_the_service(signed_in: Visitor, asking: Asking) -> None:
    auth_req_id = asking.begun()
    signed_in.get("/approve")
    signed_in.submit(answer="agree")
    hint = asking.poll(auth_req_id).get_json()["id_token"]
    at = int(asking.clock.now().timestamp())
    named = {"iss": asking.id, "aud": ISSUER, "exp": at + 60}
    by_mail = asking.holder.sign(named | {"sub_id": {"format": "email", "email": "somphone@mtc.gov.la"}})

    answers = [asking.ask(login_hint=None, **{name: value}).status_code for name, value in
               (("id_token_hint", hint), ("login_hint_token", by_mail))]  # fmt: skip

    assert answers == [200, 200]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"login_hint": None}, "invalid_request"),
        ({"id_token_hint": "x"}, "invalid_request"),
        ({"login_hint": "19999999"}, "unknown_user_id"),
        ({"login_hint": None, "id_token_hint": "x.y.z"}, "unknown_user_id"),
        ({"binding_message": "a" * 65}, "invalid_binding_message"),
        ({"binding_message": "pay \u202eevil"}, "invalid_binding_message"),
        ({"binding_message": " "}, "invalid_binding_message"),
        ({"requested_expiry": 0}, "invalid_request"),
        ({"requested_expiry": "soon"}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"jti": None}, "invalid_request"),
        ({"iat": None}, "invalid_request"),
        ({"aud": "https://other.example"}, "invalid_request"),
    ],
)
def test_an_unfit_wish_is_refused_in_the_words_of_the_standard(
    asking: Asking, somphone: Person, changes: dict[str, Any], word: str
) -> None:
    assert error(asking.ask(**changes)) == (400, word)


def test_what_stands_outside_the_signed_object_is_nobodys_word(asking: Asking, somphone: Person) -> None:
    request = asking.holder.sign(asking.claims())

    answers = [asking.sent(form) for form in ({}, {"request": request, "binding_message": "other"})]

    assert [error(one) for one in answers] == [(400, "invalid_request")] * 2


def test_a_hint_of_the_service_ends(asking: Asking, somphone: Person) -> None:
    at = int(asking.clock.now().timestamp())
    named = {"iss": asking.id, "aud": ISSUER, "exp": at - 1, "sub_id": {"format": "opaque", "id": somphone.number}}

    answer = asking.ask(login_hint=None, login_hint_token=asking.holder.sign(named))

    assert error(answer) == (400, "expired_login_hint_token")


def test_a_service_that_is_not_registered_for_it_asks_for_nobody(
    app: Flask, desk: Desk, clock: TurnedClock, somphone: Person
) -> None:
    plain = asking_service(app, desk, clock, 8463, backchannel_mode=None)

    assert error(plain.ask()) == (400, "unauthorized_client")
    assert error(plain.poll("lta_" + "a" * 43)) == (400, "unauthorized_client")


def test_a_person_is_not_worn_down_by_requests(
    asking: Asking, somphone: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.elsewhere.backchannel.MOST_WAITING", 2)

    answers = [asking.ask().status_code for _ in range(3)]

    assert answers == [200, 200, 403]


def outbox(ledger: Ledger, kind: str) -> list[OutboxMessage]:
    with ledger.read() as reading:
        return list(reading.scalars(select(OutboxMessage).where(OutboxMessage.kind == kind)))


def test_he_is_told_by_one_letter_however_many_wait(asking: Asking, somphone: Person, ledger: Ledger) -> None:
    asking.begun()
    asking.begun()

    letters = outbox(ledger, MAIL)

    assert [one.url for one in letters] == ["mailto:somphone@mtc.gov.la"]
    assert b"W4SCT" not in letters[0].body
    assert letters[0].not_after == asking.clock.now() + timedelta(minutes=5)


def test_requests_that_wait_for_a_second_make_no_more_letters_and_no_more_requests(
    asking: Asking, somphone: Person, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.elsewhere.backchannel.MOST_WAITING", 3)

    answers = []
    for _ in range(4):
        answers.append(asking.ask(requested_expiry=1).status_code)
        asking.clock.turn(seconds=2)
    letters = len(outbox(ledger, MAIL))
    asking.clock.turn(minutes=5)
    later = asking.ask(requested_expiry=1).status_code

    assert (answers, letters) == ([200, 200, 200, 403], 1)
    assert (later, len(outbox(ledger, MAIL))) == (200, 2)


@pytest.mark.parametrize("word", ["agree", "deny"])
def test_a_service_is_pinged_with_its_own_token_once_he_answered(
    signed_in: Visitor, pinged: Asking, ledger: Ledger, word: str
) -> None:
    auth_req_id = pinged.begun(client_notification_token=TOKEN)
    with ledger.read() as reading:
        kept = reading.scalars(select(BackchannelRequest.notification)).one()
    before = outbox(ledger, "ciba-ping")
    signed_in.get("/approve")
    signed_in.submit(answer=word)

    [message] = outbox(ledger, "ciba-ping")

    assert (before, TOKEN.encode() in (kept or b"")) == ([], False)
    assert (message.url, message.bearer, json.loads(message.body)) == (BELL, TOKEN, {"auth_req_id": auth_req_id})


@pytest.mark.parametrize("token", [None, "short", "with space and more than sixteen", "a" * 1025])
def test_who_wants_to_be_pinged_brings_a_token(pinged: Asking, somphone: Person, token: str | None) -> None:
    assert error(pinged.ask(client_notification_token=token)) == (400, "invalid_request")


class Told(Fetcher):
    """Answers every POST with one status, and remembers what it was sent with."""

    def __init__(self, status: int) -> None:
        super().__init__((), None)
        self.status, self.bearers = status, list[str | None]()

    def post(self, url: str, body: bytes, content_type: str, bearer: str | None = None) -> Answer:
        self.bearers.append(bearer)
        return Answer(self.status, "", b"")


@pytest.mark.parametrize(
    ("status", "taken", "final"),
    [(204, True, True), (200, True, True), (302, False, True), (401, False, True), (403, False, True),
     (503, False, False)],
)  # fmt: skip
def test_a_ping_that_is_not_wanted_is_not_sent_again(status: int, taken: bool, final: bool) -> None:
    fetcher = Told(status)
    message = OutboxMessage(kind="ciba-ping", url=BELL, body=b"{}", content_type="application/json", bearer=TOKEN)

    answer = send(fetcher, message)

    assert (answer.taken, answer.final, fetcher.bearers) == (taken, final, [TOKEN])


@pytest.mark.parametrize(
    ("mode", "status"), [(Mode.PRACTICE, 204), (Mode.PRODUCTION, 404)], ids=["practice", "production"]
)
def test_a_program_answers_for_people_in_practice_alone(
    provider: Provider, asking: Asking, somphone: Person, tmp_path: Path, mode: Mode, status: int
) -> None:
    settings = settings_for("idp", home_with_keys(tmp_path / "other", {}), provider.ledger.url)
    there = build(replace(settings, mode=mode), provider)
    query: Mapping[str, str] = {"auth_req_id": asking.begun(), "action": "allow"}

    answer = there.test_client().post(PATH, base_url=ISSUER, query_string=query)

    assert answer.status_code == status


def test_what_cannot_be_asked_so_is_not_registered(desk: Desk) -> None:
    key = Holder().jwks
    keyed: dict[str, Any] = {"auth_method": "private_key_jwt", "jwks": key, "profile": "fapi2"}
    unfit = (
        {"backchannel_mode": "push"},
        {"backchannel_mode": "ping"},
        {"backchannel_mode": "poll", "notification_uri": BELL},
        {"backchannel_mode": "poll", "backchannel_alg": "RS256"},
        {"notification_uri": BELL},
    )

    refused = [_refused(desk, **keyed, **one) for one in unfit]
    refused.append(_refused(desk, profile="native", auth_method="none", backchannel_mode="poll"))

    assert refused == ["client.backchannel"] * 6


def _refused(desk: Desk, **changes: Any) -> str:
    wanted = {"name_lo": "ກ", "name_en": "A", "profile": "gov", "redirect_uris": ("https://a.la/callback",)}
    return str(getattr(desk.register(Registration(**(wanted | changes))), "code", ""))
