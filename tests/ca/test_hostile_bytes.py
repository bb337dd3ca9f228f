"""Whatever a stranger sends to the CA is answered with words, never with a fault of ours, on either engine."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.ca.publishing import Published, house_of
from web.home import Home

NAMES = [
    "9" * 40, "x" * 4000, "%00", "%0a", "%ff", "%ed%a0%80", "a%EF%BF%BF", "x%C2%80%E2%80%AE", "%27%22%3C", "-1", "+1",
]  # fmt: skip
NUMBERS = [*NAMES, "0", "3000000000", "9" * 9, "9" * 18, "9" * 5000, "%E0%BB%99", "%D9%A9"]
"""Past 32 and 64 bits, past what Python turns into a number at all, digits of Lao and Arabic."""
CONTROLS = ["\x00", "a\x00b", "\x01", "\x1b[2J", "\x7f", "\x85"]


@pytest.fixture
def house(published: Published, tmp_path: Path) -> Flask:
    return house_of(published.issuer.ledger, Home(tmp_path))


@pytest.fixture
def client(house: Flask) -> FlaskClient:
    return house.test_client()


def addresses(house: Flask) -> Iterator[str]:
    """Every address that takes a GET, with a hostile value at each of its places in turn."""
    for rule in house.url_map.iter_rules():
        if "GET" in (rule.methods or ()):
            path = re.sub(r"<any[^>]*>", "cps", rule.rule)
            for value in NUMBERS:
                yield re.sub(r"<int[^>]*>", value, path).replace("<name>", "officers") + f"?as_of={value}&lang={value}"
            for value in NAMES:
                yield re.sub(r"<[^>]*>", value, re.sub(r"<int[^>]*>", "1", path))


def token(client: FlaskClient, path: str) -> str:
    """The token of the form that is posted to `path`."""
    page = client.get("/report").text
    return re.findall(rf'action="{path}">.*?value="([^"]+)"', page, re.DOTALL)[0]  # type: ignore[no-any-return]


def test_no_address_with_a_hostile_value_breaks_the_house(house: Flask, client: FlaskClient) -> None:
    answers = {address[:90]: client.get(address).status_code for address in addresses(house)}

    assert len(answers) > 100
    assert {address: status for address, status in answers.items() if status >= 500} == {}


@pytest.mark.parametrize("path", ["/cps/{}", "/terms/{}.txt", "/cps/{}.pdf", "/issuer/officers-{}.cer"])
def test_a_number_that_no_engine_holds_is_not_found(client: FlaskClient, path: str) -> None:
    assert [client.get(path.format("9" * length)).status_code for length in (10, 40, 5000)] == [404, 404, 404]


@pytest.mark.parametrize("field", ["ground", "told", "subject", "contact"])
@pytest.mark.parametrize("letters", CONTROLS)
def test_a_report_with_a_control_character_is_refused_with_words(
    client: FlaskClient, field: str, letters: str
) -> None:
    given = {"form_token": token(client, "/report"), "ground": "key-loss", "told": "x"}

    answer = client.post("/report?lang=en", data=given | {field: letters}, headers={"Accept": "text/html"})

    assert answer.status_code == 400
    assert "cannot be seen" in answer.text


def test_a_code_with_a_control_character_is_refused_with_words(client: FlaskClient) -> None:
    given = {"form_token": token(client, "/report/code"), "code": "\x00" + "1" * 30}

    answer = client.post("/report/code", data=given)

    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "request.control-character")


def test_lines_and_tabs_are_text(client: FlaskClient) -> None:
    given = {"form_token": token(client, "/report"), "ground": "key-loss", "told": "a\r\nb\tc"}

    assert client.post("/report", data=given).status_code == 200
