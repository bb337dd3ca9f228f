from threading import Event
from threading import enumerate as threads

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ledger.ledger import Ledger
from tests.web.conftest import AT, with_probes
from web.app import Check, create_app
from web.database import reader
from web.settings import HouseSettings


def test_a_request_reads_what_the_ledger_has(app: Flask) -> None:
    app.add_url_rule("/count", "count", lambda: str(reader().scalar(text("SELECT count(*) FROM entry"))))

    answer = app.test_client().get("/count", base_url=AT)

    assert answer.text == "0"


def test_a_request_has_one_session_and_the_next_has_another(app: Flask) -> None:
    with app.app_context():
        first, again = reader(), reader()
    with app.app_context():
        other = reader()

    assert first is again
    assert other is not first


def test_a_request_cannot_write_whatever_it_tries(app: Flask) -> None:
    with app.app_context(), pytest.raises(DBAPIError):
        reader().execute(text("DELETE FROM entry"))


def test_it_is_ready_when_every_check_is_good(app: Flask) -> None:
    answer = app.test_client().get("/readyz", base_url=AT)

    assert answer.status_code == 200
    assert answer.get_json() == {"ready": True, "house": "web", "wrong": {}}


def test_it_is_not_ready_and_says_why(settings: HouseSettings, ledger: Ledger) -> None:
    def broken() -> str | None:
        raise OSError("the pin is 1234")

    checks = [Check("token key", lambda: "does not open"), Check("module", broken), Check("fine", lambda: None)]
    client = create_app("web", settings, ledger=ledger, checks=checks).test_client()

    answer = client.get("/readyz", base_url=AT)

    assert answer.status_code == 503
    assert answer.get_json()["wrong"] == {"token key": "does not open", "module": "OSError: see the log"}


def test_a_check_that_waits_is_told_of_at_once_and_looked_at_once_however_often_is_asked(
    settings: HouseSettings, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.health.PATIENCE", 1.0)
    released, looks = Event(), []

    def waiting() -> str | None:
        looks.append(1)
        released.wait()
        return None

    client = create_app("web", settings, ledger=ledger, checks=[Check("token", waiting)]).test_client()

    answers = [client.get("/readyz", base_url=AT) for _ in range(2)]
    released.set()
    monkeypatch.undo()
    after = client.get("/readyz", base_url=AT)

    assert [(one.status_code, one.get_json()["wrong"]) for one in answers] == [
        (503, {"token": "no answer within 1 s"})
    ] * 2
    assert len(looks) <= 2  # the last question may have begun another
    assert after.status_code == 200


def test_checks_wait_together_and_not_one_after_the_other(
    settings: HouseSettings, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.health.PATIENCE", 1.0)
    released = Event()
    waited: list[float | None] = []
    monkeypatch.setattr("web.health.Thread.join", lambda _look, patience=None: waited.append(patience))
    checks = [Check(f"token {number}", lambda: str(released.wait())) for number in range(5)]
    client = create_app("web", settings, ledger=ledger, checks=checks).test_client()

    answer = client.get("/readyz", base_url=AT)
    released.set()
    monkeypatch.undo()
    for look in [one for one in threads() if one.name.startswith("check ")]:
        look.join()  # with the connection that it has

    assert answer.status_code == 503
    patience = [one for one in waited if one is not None]
    assert len(patience) >= len(checks)
    assert patience == sorted(patience, reverse=True)
    assert patience[0] <= 1.0


def test_it_lives_without_its_database_and_says_that_it_is_not_ready(settings: HouseSettings) -> None:
    away = HouseSettings("web", settings.home, settings.mode, "sqlite:////nowhere/at/all.db", settings.issuer)
    client = create_app("web", away).test_client()

    alive, ready = client.get("/healthz", base_url=AT), client.get("/readyz", base_url=AT)

    assert alive.status_code == 200
    assert ready.status_code == 503
    assert "database" in ready.get_json()["wrong"]


def test_requests_are_counted_and_timed_by_route(app: Flask) -> None:
    client = app.test_client()
    client.get("/form?x=1", base_url=AT)
    client.get("/nowhere/7", base_url=AT)

    figures = client.get("/metrics", base_url=AT).text

    assert 'laotrust_requests_total{method="GET",route="/form",status="200"} 1.0' in figures
    assert 'laotrust_requests_total{method="GET",route="unmatched",status="404"} 1.0' in figures
    assert 'laotrust_request_seconds_count{route="/form"} 1.0' in figures


def test_two_applications_in_one_process_count_apart(settings: HouseSettings, ledger: Ledger) -> None:
    first, second = (with_probes(create_app("web", settings, ledger=ledger)).test_client() for _ in range(2))
    first.get("/form", base_url=AT)

    figures = second.get("/metrics", base_url=AT).text

    assert 'route="/form"' not in figures


def test_a_request_that_meets_no_database_says_when_to_come_back(settings: HouseSettings) -> None:
    away = HouseSettings("web", settings.home, settings.mode, "sqlite:////nowhere/at/all.db", settings.issuer)
    app = create_app("web", away)
    app.add_url_rule("/count", "count", lambda: str(reader().scalar(text("SELECT count(*) FROM entry"))))

    answer = app.test_client().get("/count", base_url=AT)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
