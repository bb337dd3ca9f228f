import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger.ledger import ClockWentBackwards, LedgerUnavailable
from tests.web.conftest import AT, code_of

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_program_gets_a_problem_with_code_and_request_number(client: FlaskClient) -> None:
    answer = client.get("/refused", base_url=AT, headers={"Accept-Language": "en"})

    assert answer.status_code == 403
    assert answer.content_type == "application/problem+json"
    assert answer.json == {
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
        "detail": "You may not do this. If you think you should, ask your organisation's administrator.",
        "code": "request.forbidden",
        "request_id": answer.headers["X-Request-Id"],
        "lang": "en",
        "field": "x",
    }
    assert answer.headers["Retry-After"] == "7"


def test_a_person_gets_a_page_in_lao_that_says_what_to_do(client: FlaskClient) -> None:
    page = client.get("/refused", base_url=AT, headers=PAGE)

    assert page.status_code == 403
    assert "ທ່ານບໍ່ມີສິດເຮັດສິ່ງນີ້" in page.text
    assert page.headers["X-Request-Id"] in page.text
    assert 'lang="lo"' in page.text


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/problem+json", ""])
def test_who_does_not_ask_for_html_gets_none(client: FlaskClient, accept: str) -> None:
    answer = client.get("/nowhere", base_url=AT, headers={"Accept": accept})

    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(("path", "method", "code"), [
    ("/nowhere", "GET", "request.not-found"), ("/other-form", "GET", "request.method-not-allowed"),
])  # fmt: skip
def test_what_flask_itself_refuses_has_a_code_too(client: FlaskClient, path: str, method: str, code: str) -> None:
    answer = client.open(path, method=method, base_url=AT)

    assert code_of(answer) == code


def test_a_method_that_is_not_allowed_names_those_that_are(client: FlaskClient) -> None:
    answer = client.get("/other-form", base_url=AT)

    assert "POST" in answer.headers["Allow"]


def test_a_fault_of_ours_shows_nothing_of_itself(client: FlaskClient, capfd: pytest.CaptureFixture[str]) -> None:
    answer = client.get("/broken", base_url=AT)

    written = capfd.readouterr().err
    assert answer.status_code == 500
    assert code_of(answer) == "request.broken"
    assert "swordfish" not in answer.text + written
    assert "ValueError" in written
    assert "conftest.py" in written


@pytest.mark.parametrize(
    ("fault", "code"),
    [(LedgerUnavailable("away"), "request.unavailable"), (ClockWentBackwards("back"), "request.clock")],
)
def test_without_the_ledger_one_is_told_to_come_back(app: Flask, fault: Exception, code: str) -> None:
    def away() -> str:
        raise fault

    app.add_url_rule("/away", "away", away)

    answer = app.test_client().get("/away", base_url=AT)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert code_of(answer) == code


def test_a_log_line_is_json_and_names_the_route_and_not_the_address(
    client: FlaskClient, capfd: pytest.CaptureFixture[str]
) -> None:
    client.get("/once?person=10000017", base_url=AT)

    line = json.loads(capfd.readouterr().err.splitlines()[-1])
    assert line["route"] == "/once"
    assert line["status"] == 200
    assert "10000017" not in json.dumps(line)
