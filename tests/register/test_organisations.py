import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from examples.data.people import HERE
from ledger.ledger import Ledger
from ledger.people import Organisation
from ledger.standing import organisation_then, successors_of
from register.app import create_app
from register.organisations import Loaded, bodies, listed, load_organisations, read_organisations
from tests.doubles import START
from tests.register.conftest import TESTER, Desk
from tests.serving import settings_for
from web.home import Home

RECORDS = read_organisations(HERE / "organisations.json")
IN_2024 = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def browser(desk: Desk, ledger: Ledger, tmp_path: Path) -> FlaskClient:
    return create_app(settings_for("register", Home(tmp_path), ledger.url), ledger).test_client()


def of_kind(ledger: Ledger, kind: str, at: datetime) -> set[str]:
    with ledger.read() as session:
        return {view["code"] for view in listed(session, at) if view["kind"] == kind}


def test_there_are_thirteen_ministries_now(desk: Desk, ledger: Ledger) -> None:
    assert len(of_kind(ledger, "ministry", START)) == 13


def test_there_were_seventeen_before_march_2025(desk: Desk, ledger: Ledger) -> None:
    assert len(of_kind(ledger, "ministry", IN_2024)) == 17


def test_there_are_eighteen_provinces_in_lao_order(desk: Desk, ledger: Ledger) -> None:
    with ledger.read() as session:
        names = [view["name"]["lo"] for view in listed(session, START) if view["kind"] == "province"]

    assert (len(names), names[:3], names[-1]) == (18, ["ຄຳມ່ວນ", "ຈຳປາສັກ", "ສະຫວັນນະເຂດ"], "ອຸດົມໄຊ")


def test_the_two_vientianes_are_not_confused(desk: Desk, ledger: Ledger) -> None:
    with ledger.read() as session:
        found = bodies(session)

    assert found["LA-VI"].at(START).name_lo != found["LA-VT"].at(START).name_lo


def test_loading_again_changes_nothing(desk: Desk, ledger: Ledger) -> None:
    assert load_organisations(ledger, RECORDS, TESTER) == Loaded(same=len(RECORDS))


def test_a_renamed_body_keeps_its_code_and_its_old_name_for_the_past(desk: Desk, ledger: Ledger) -> None:
    ministry = next(record for record in RECORDS if record.code == "MTC")
    renamed = replace(ministry, name_en="Ministry of Digital Affairs", valid_from=date(2026, 7, 1))
    load_organisations(ledger, [renamed], TESTER)

    with ledger.read() as session:
        body = bodies(session)["MTC"]
    names = [body.at(moment).name_en for moment in (IN_2024, START)]

    assert names == ["Ministry of Technology and Communications", "Ministry of Digital Affairs"]


def test_a_body_that_ended_has_its_successor(desk: Desk, ledger: Ledger) -> None:
    with ledger.read() as session:
        key = session.scalars(select(Organisation.id).where(Organisation.code == "MAF")).one()
        then, following = organisation_then(session, key, IN_2024), successors_of(session, key, START)

    assert then is not None
    assert (then.code, [one.code for one in following]) == ("MAF", ["MAE"])


def test_anybody_sees_the_organisations_of_today(browser: FlaskClient) -> None:
    answer = browser.get("/v1/organisations").get_json()

    assert {"MAE", "MCT", "LA-VT"} <= {one["code"] for one in answer["organisations"]}


@pytest.mark.parametrize("at", ["2024-06-01", "1/6/2024", "2024-06-01T00:00:00Z", "2024-06-01T07:00:00%2B07:00"])
def test_anybody_sees_the_organisations_of_a_past_day(browser: FlaskClient, at: str) -> None:
    found = {one["code"]: one for one in browser.get(f"/v1/organisations?at={at}").get_json()["organisations"]}

    assert ("MAE" in found, found["MAF"]["successors"]) == (False, ["MAE"])


@pytest.mark.parametrize("at", ["yesterday", "2024-06-01T00:00:00", "2567-06-01", "9999-99-99"])
def test_a_time_that_cannot_be_read_is_a_problem_that_says_what_to_write(browser: FlaskClient, at: str) -> None:
    answer = browser.get(f"/v1/organisations?at={at}", headers={"Accept": "application/json"})

    assert (answer.status_code, answer.get_json()["code"]) == (400, "register.time")


def test_the_house_says_that_it_is_alive(browser: FlaskClient) -> None:
    assert browser.get("/healthz").status_code == 200


@pytest.mark.parametrize("contact", ["office@mtc.gov.la\nhelp@mtc.gov.la", "ຫ້ອງການ", "", "office@mtc.gov.la "])
def test_a_contact_that_is_not_one_mail_address_is_refused_with_a_sentence(tmp_path: Path, contact: str) -> None:
    listed_bodies = json.loads((HERE / "organisations.json").read_text("utf-8"))["organisations"][:1]
    file = tmp_path / "organisations.json"
    file.write_text(json.dumps({"organisations": [listed_bodies[0] | {"contact": contact}]}), "utf-8")

    with pytest.raises(ValueError, match=r"write name@ministry\.gov\.la.*ຂຽນແບບ"):
        read_organisations(file)
