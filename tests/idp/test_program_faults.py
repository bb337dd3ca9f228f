"""What ends a program's request before its endpoint could answer is said in OAuth's words, as libraries read them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from idp.app import build
from idp.openapi.operations import OPERATIONS, Operation
from idp.provider import Provider
from ledger.ledger import Ledger
from ledger.sealed_fields import SealedFields
from tests.doubles import SteadyChance, TurnedClock
from tests.idp.visitor import ISSUER
from tests.issuing import KeySigner
from tests.serving import home_with_keys, settings_for
from web.pace import Pace

pytestmark = pytest.mark.sqlite_only("nothing of a database is asked, or it is away")
OF_OAUTH = [one for one in OPERATIONS if one.security != ("",) and one.name != "userinfo_by_post"]
PARTS = {"client_id": "x", "token": "x", "grant_type": "refresh_token", "refresh_token": "x"}


@pytest.fixture
def away(clock: TurnedClock, chance: SteadyChance, tmp_path: Path) -> Flask:
    """A provider whose database is nowhere."""
    ledger = Ledger("sqlite:////no-such-folder/laotrust.db", clock, chance, "0.1.0", "idp")
    provider = Provider(ledger, SealedFields([bytes(range(32))], chance), KeySigner(), ISSUER)
    return build(settings_for("idp", home_with_keys(tmp_path / "away", {}), ledger.url), provider)


def ask(app: Flask, operation: Operation) -> TestResponse:
    bearer = {"Authorization": f"Bearer lti_{'A' * 43}", "Accept": "text/html"}
    headers = bearer if "client_secret_basic" not in operation.security else {"Accept": "text/html"}
    body: dict[str, Any] = {"data": PARTS}
    if operation.path.startswith("/register"):
        body = {"json": {"redirect_uris": []}}
    path = operation.path.replace("{client_id}", "x")
    return app.test_client().open(path, method=operation.method, base_url=ISSUER, headers=headers, **body)


@pytest.mark.parametrize("operation", OF_OAUTH, ids=lambda one: one.name)
def test_a_database_that_is_away(away: Flask, operation: Operation) -> None:
    answer = ask(away, operation)

    assert (answer.status_code, answer.mimetype) == (503, "application/json")
    assert answer.get_json() == {"error": "temporarily_unavailable", "error_description": "request.unavailable"}
    assert "Retry-After" in answer.headers


def test_a_wrong_method_and_a_body_that_is_too_large(app: Flask) -> None:
    client = app.test_client()

    got = client.get("/token", base_url=ISSUER)
    large = client.post("/par", base_url=ISSUER, data={"request": "x" * 300_000})

    assert [(one.status_code, one.get_json()["error"]) for one in (got, large)] == [
        (405, "invalid_request"), (413, "invalid_request"),
    ]  # fmt: skip
    assert "POST" in got.headers["Allow"]


def test_too_many_from_one_address(app: Flask) -> None:
    app.extensions["kept"] = Pace(0, timedelta(minutes=1))

    answer = app.test_client().post("/register", base_url=ISSUER, json={})

    assert (answer.status_code, answer.get_json()["error"]) == (429, "temporarily_unavailable")


def test_people_and_other_programs_are_answered_as_ever(away: Flask, app: Flask) -> None:
    page = away.test_client().get("/end-session", base_url=ISSUER, headers={"Accept": "text/html"})
    nowhere = app.test_client().get("/nowhere", base_url=ISSUER)

    assert (page.status_code, page.mimetype, nowhere.mimetype) == (503, "text/html", "application/problem+json")
