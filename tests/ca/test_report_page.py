"""The public page to report a loss: without an account, without a script, Lao first."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from ca.configuration import DEFAULT
from ca.endings.paper import Drawn, Slip, draw, issue
from ca.routes import report
from ca.tables.configuration import ConfigurationVersion
from ca.tables.endings import EndingReport
from ledger.certificates import Revocation
from ledger.ledger import Ledger
from tests.ca.desk import CLERK, HOLDER, Desk
from web.app import create_app
from web.home import Home, Mode
from web.settings import HouseSettings


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return Desk(ledger)


@pytest.fixture
def client(desk: Desk, tmp_path: Path) -> FlaskClient:
    home = Home(tmp_path / "home")
    home.path.mkdir()
    (home.path / "base-port").write_text("8440\n")
    settings = HouseSettings("ca", home, Mode.PRACTICE, desk.ledger.url, "https://localhost:8443")
    app = create_app("ca", settings, ledger=desk.ledger)
    app.register_blueprint(report.routes)
    return app.test_client()


@pytest.fixture
def slip(desk: Desk) -> Slip:
    drawn = draw(desk.ledger, HOLDER)
    assert isinstance(drawn, Drawn)
    slip = issue(desk.ledger, drawn, desk.sign(CLERK, drawn.act(desk.ledger.clock.now())))
    assert isinstance(slip, Slip)
    return slip


def tokens(client: FlaskClient, lang: str = "lo") -> tuple[str, str]:
    """The form tokens of the page: of the code's form, of the report's."""
    first, second = re.findall(r'name="form_token" value="([^"]+)"', client.get(f"/report?lang={lang}").text)
    return first, second


def revocations(desk: Desk) -> int:
    with desk.ledger.read() as session:
        return session.scalar(select(func.count()).select_from(Revocation)) or 0


def test_the_page_is_lao_first_small_and_has_no_script(client: FlaskClient) -> None:
    page = client.get("/report")

    assert (page.status_code, page.headers["Content-Language"]) == (200, "lo")
    assert "ແຈ້ງກະແຈ" in page.text and "<script" not in page.text
    assert len(page.data) < 8192
    assert "Report a lost key" in client.get("/report?lang=en").text


def test_the_page_says_the_hours_that_are_in_force(client: FlaskClient, desk: Desk) -> None:
    chosen = replace(DEFAULT, revocation_limit_hours=22)
    desk.write(ConfigurationVersion(id="c1", number=1, body=chosen.body, digest=chosen.digest))
    _, token = tokens(client, "en")

    page = client.post("/report?lang=en", data={"form_token": token, "ground": "key-loss", "told": "x"})

    assert "within 22 hours" in client.get("/report?lang=en").text and "within 22 hours" in page.text


def test_the_code_of_the_slip_revokes_at_once(client: FlaskClient, desk: Desk, slip: Slip) -> None:
    token, _ = tokens(client)

    page = client.post("/report/code", data={"form_token": token, "code": slip.grouped})

    assert page.status_code == 200
    assert [serial for serial in slip.serial_numbers if serial not in page.text] == []
    assert revocations(desk) == len(slip.serial_numbers)


def test_a_wrong_code_says_what_to_do_and_keeps_what_was_typed(client: FlaskClient, desk: Desk, slip: Slip) -> None:
    token, _ = tokens(client, "en")
    wrong = slip.code[:-1] + str((int(slip.code[-1]) + 1) % 10)

    page = client.post("/report/code", data={"form_token": token, "code": wrong})

    assert page.status_code == 400
    assert "Look at the slip again" in page.text and wrong in page.text
    assert revocations(desk) == 0


def test_a_report_without_a_code_becomes_an_unconfirmed_request(client: FlaskClient, desk: Desk) -> None:
    _, token = tokens(client)
    given = {"form_token": token, "ground": "key-loss", "told": "<b>ເສຍຢູ່ລົດເມ</b>", "contact": "020 5551 2345"}

    page = client.post("/report", data=given)

    assert (page.status_code, revocations(desk)) == (200, 0)
    assert desk.requests() == [("stranger", "revoke", "none", None)]
    with desk.ledger.read() as session:
        assert session.scalars(select(EndingReport.told)).one() == "<b>ເສຍຢູ່ລົດເມ</b>"


def test_an_empty_report_is_shown_again_with_what_is_missing(client: FlaskClient, desk: Desk) -> None:
    _, token = tokens(client, "en")

    page = client.post("/report", data={"form_token": token, "ground": "misuse", "contact": "<i>me"})

    assert page.status_code == 400
    assert "Say whose certificate it is" in page.text and "&lt;i&gt;me" in page.text
    assert desk.requests() == []


def test_one_address_reports_so_often_and_then_is_told_where_else_to_go(client: FlaskClient, desk: Desk) -> None:
    given = {"form_token": tokens(client, "en")[1], "ground": "misuse", "told": "x"}
    taken = [client.post("/report", data=given).status_code for _ in range(report.REPORTS)]

    more = client.post("/report", data=given)
    neighbour = client.post("/report", data=given, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    desk.ledger.clock.turn(hours=1)  # type: ignore[attr-defined]
    later = client.post("/report", data=given)

    assert set(taken) == {200}
    assert (more.status_code, "see /disclosure" in more.text) == (429, True)
    assert (neighbour.status_code, later.status_code) == (200, 200)
    assert len(desk.requests()) == report.REPORTS + 2


def test_junk_codes_are_slowed_down_and_counted_and_the_right_one_is_taken_even_from_there(
    client: FlaskClient, desk: Desk, slip: Slip
) -> None:
    token, _ = tokens(client, "en")
    other = str((int(slip.code[0]) + 1) % 10)
    junk = {"form_token": token, "code": other + "1" * 29}

    answers = [client.post("/report/code", data=junk).status_code for _ in range(report.CODES_MISSED + 1)]
    right = client.post("/report/code", data={"form_token": token, "code": slip.code})
    figures = client.get("/metrics").text

    assert answers == [400] * report.CODES_MISSED + [429]
    assert (right.status_code, revocations(desk)) == (200, len(slip.serial_numbers))
    assert f'laotrust_strangers_total{{outcome="code.unknown"}} {report.CODES_MISSED}.0' in figures
    assert 'laotrust_strangers_total{outcome="code.too-many"} 1.0' in figures


@pytest.mark.parametrize("path", ["/report", "/report/code"])
def test_a_form_that_is_not_ours_is_refused(client: FlaskClient, desk: Desk, path: str) -> None:
    tokens(client)

    page = client.post(path, data={"form_token": "x", "ground": "key-loss", "told": "x", "code": "1" * 30})

    assert page.status_code == 400
    assert desk.requests() == []
