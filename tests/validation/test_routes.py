from io import BytesIO

import pytest
from flask.testing import FlaskClient

from tests.validation.test_validate import validator  # noqa: F401 - a fixture
from tests.web.conftest import home, settings  # noqa: F401 - fixtures
from validation.app import create_app
from validation.validate import Validator
from web.settings import HouseSettings


@pytest.fixture
def client(settings: HouseSettings, validator: Validator) -> FlaskClient:  # noqa: F811
    app = create_app(settings, validator.ledger)
    app.extensions["validator"] = validator
    return app.test_client()


def _sent(document: bytes, **fields: str) -> dict[str, object]:
    return {"file": (BytesIO(document), "decree.pdf"), **fields}


def test_a_good_document_is_answered_as_json(client: FlaskClient, signed: bytes) -> None:
    answer = client.post("/v1/validations", data=_sent(signed, rule="decree"))

    assert answer.status_code == 200
    assert answer.json is not None
    assert (answer.json["verdict"], answer.json["rule"]) == ("VALID", "decree")


def test_people_get_a_page(client: FlaskClient, signed: bytes) -> None:
    answer = client.post("/v1/validations", data=_sent(signed, lang="en"), headers={"Accept": "application/pdf"})

    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")


@pytest.mark.parametrize("language", ["lo", "en"])
def test_an_unsigned_document_is_a_problem_that_says_what_to_do(
    client: FlaskClient, document: bytes, language: str
) -> None:
    answer = client.post("/v1/validations", data=_sent(document), headers={"Accept-Language": language})

    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.json is not None
    assert (answer.json["code"], answer.json["lang"]) == ("document.unsigned", language)


def test_without_a_file_it_says_which_field_to_send(client: FlaskClient) -> None:
    answer = client.post("/v1/validations", data={"rule": "decree"})

    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "document.missing")


@pytest.mark.parametrize("field", ["as_of", "signature"])
def test_a_question_that_would_not_be_the_one_answered_is_refused(
    client: FlaskClient, signed: bytes, field: str
) -> None:
    answer = client.post("/v1/validations", data=_sent(signed, **{field: "2026-01-01"}))

    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "document.other-question")


def test_a_hundred_megabytes_are_turned_away_by_their_length(client: FlaskClient) -> None:
    claimed = {"CONTENT_LENGTH": str(100 * 1024 * 1024)}

    answer = client.post("/v1/validations", data=_sent(b"%PDF-"), environ_overrides=claimed)

    assert answer.status_code == 413
