"""EST at the door: what it answers to whom, and what strangers and mistakes get (RFC 7030)."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from ca.app import create_machines_app
from ca.machines import requests
from ca.machines.doors import Made
from ca.routes.entrance import Paces
from ledger.entry import Entry
from ledger.turns import Turns
from tests.ca.machines.ministry import Ministry, csr
from tests.issuing import new_key
from tests.serving import settings_for

pytestmark = pytest.mark.sqlite_only("the door is the same on both engines")
HOME = "/.well-known/est"
Post = Callable[..., TestResponse]


@pytest.fixture
def app(ministry: Ministry) -> Flask:
    app = create_machines_app(
        settings_for("machines", ministry.ca.home, ministry.ca.ledger.url), ministry.ca.ledger
    )
    app.extensions["patience"] = timedelta()
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def post(
    client: FlaskClient, made: Made | None, request: bytes, path: str = "simpleenroll", kind: str = "application/pkcs10"
) -> TestResponse:
    auth = (made.reference, made.secret) if made else None
    return client.post(f"{HOME}/{path}", data=b64encode(request), content_type=kind, auth=auth)


def held(response: TestResponse) -> list[x509.Certificate]:
    return pkcs7.load_der_pkcs7_certificates(b64decode(response.data))


def entries(ministry: Ministry) -> int:
    with ministry.ca.ledger.read() as session:
        return session.scalar(select(func.count()).select_from(Entry)) or 0


def test_a_machine_enrols_by_a_code_and_asks_again_until_it_has_its_certificate(
    ministry: Ministry, client: FlaskClient
) -> None:
    made, key = ministry.secret(ministry.allowed()), new_key()
    asked = csr(key, "www.mtc.gov.la")

    first = post(client, made, asked)
    ministry.ca.room().turn()
    second = post(client, made, asked)

    assert (first.status_code, first.headers["Retry-After"]) == (202, "5")
    assert (second.status_code, second.headers["Content-Type"]) == (
        200, "application/pkcs7-mime; smime-type=certs-only",
    )  # fmt: skip
    [certificate] = held(second)
    assert certificate.public_key() == key.public_key()


def test_who_sends_the_same_twice_at_once_is_told_the_same_twice(
    ministry: Ministry, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, asked = ministry.secret(ministry.allowed()), csr(new_key(), "www.mtc.gov.la")
    first: list[TestResponse] = []
    judged, looks = requests._judged, iter((0,))

    def slow(*looked_at: Any, **more: Any) -> Any:
        """Between its look and its writing the other one is through."""
        scene = judged(*looked_at, **more)
        if next(looks, 1) == 0:
            first.append(post(client, made, asked))
        return scene

    monkeypatch.setattr(requests, "_judged", slow)
    monkeypatch.setattr(requests, "_turns_of", lambda _: Turns())  # as if by another process

    second = post(client, made, asked)
    turn = ministry.ca.room().turn()

    assert (first[0].status_code, second.status_code) == (202, 202)
    assert (len(turn.issued), turn.refused) == (1, [])


def test_what_cannot_be_answered_is_said_in_the_protocols_words(ministry: Ministry, client: FlaskClient) -> None:
    allowance = ministry.allowed()
    made, key = ministry.secret(allowance), new_key()
    good = csr(key, "www.mtc.gov.la")
    wrong = Made(made.id, made.reference, "WRONG", made.not_after)
    nobody = Made("", "nobody", made.secret, made.not_after)

    answers = {
        "no code": post(client, None, good),
        "wrong code": post(client, wrong, good),
        "unknown reference": post(client, nobody, good),
        "google": post(client, made, csr(key, "www.google.com")),
        "garbage": post(client, made, b"garbage"),
        "media type": post(client, made, good, kind="application/octet-stream"),
        "other label": post(client, made, good, path=f"{'0' * 36}/simpleenroll"),
        "again without a certificate": post(client, made, good, path="simplereenroll"),
        "too large": post(client, made, b"\x30" * 70_000),
    }

    assert {what: answer.status_code for what, answer in answers.items()} == {
        "no code": 401, "wrong code": 401, "unknown reference": 401, "google": 403, "garbage": 400, "media type": 415,
        "other label": 404, "again without a certificate": 403, "too large": 413,
    }  # fmt: skip
    assert answers["no code"].headers["WWW-Authenticate"].startswith("Basic ")
    assert "machine.name-outside-zone" in answers["google"].text
    assert answers["google"].mimetype == "text/plain"


def test_a_code_that_was_used_opens_nothing_for_another_key(ministry: Ministry, client: FlaskClient) -> None:
    made = ministry.secret(ministry.allowed())
    post(client, made, csr(new_key(), "www.mtc.gov.la"))

    again = post(client, made, csr(new_key(), "www.mtc.gov.la"))

    assert (again.status_code, "machine.secret-used" in again.text) == (401, True)


def test_strangers_leave_no_entry(ministry: Ministry, client: FlaskClient) -> None:
    before = entries(ministry)

    post(client, None, b"garbage")
    post(client, Made("", "nobody", "x", ""), csr(new_key(), "www.mtc.gov.la"))

    assert entries(ministry) == before


def test_whoever_knocks_too_often_is_told_to_wait(app: Flask, client: FlaskClient) -> None:
    app.extensions["paces"] = Paces(most=1)

    codes = [post(client, None, b"x").status_code for _ in range(2)]

    assert codes == [401, 429]


def test_the_issuer_and_its_root_are_there_for_everybody(ministry: Ministry, client: FlaskClient) -> None:
    found = {one.subject: one for one in held(client.get(f"{HOME}/cacerts"))}
    [root] = [one for one in found.values() if one.subject == one.issuer]
    [issuer] = [one for one in found.values() if one is not root]

    assert issuer.issuer == root.subject
    assert client.get(f"{HOME}/csrattrs").mimetype == "application/csrattrs"
    certificate = x509.load_der_x509_certificate(ministry.issued(ministry.allowed(), "www.mtc.gov.la").der)
    certificate.verify_directly_issued_by(issuer)


def test_no_mutation_of_a_request_breaks_the_door(ministry: Ministry, client: FlaskClient) -> None:
    made = ministry.secret(ministry.allowed())
    valid = csr(new_key(), "www.mtc.gov.la")

    @given(st.integers(0, len(valid) - 1), st.binary(max_size=4), st.integers(0, 4))
    @settings(max_examples=60, deadline=None)
    def check(at: int, put: bytes, cut: int) -> None:
        client.application.extensions["paces"] = Paces()

        answer = post(client, made, valid[:at] + put + valid[at + cut :])

        assert answer.status_code in {202, 400, 401, 403}

    check()
