"""docs/integration.md shows what is really answered: the same names, the same codes, no more and no less."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from idp.claims import BY_SCOPE, claims_for
from idp.grants.live import LiveGrant
from idp.routes.oauth import TOKEN_ERRORS
from idp.sessions import LiveSession
from idp.tables import Authentication, Grant
from idp.tokens import id_token, logout_token
from ledger.standing import OrganisationThen, Power, Standing
from tests.architecture.documents import ROOT, table_rows
from tests.idp.test_claims import described, in_post
from validation.answer import answer_of
from validation.pades.coverage import Coverage
from validation.pades.reading import Finding
from validation.rules import RULES
from validation.verdict import Signer, conclude, judge_signature
from web.errors import problem

GUIDE = ROOT / "docs" / "integration.md"
BLOCKS = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", GUIDE.read_text(), re.DOTALL)]
ID_TOKEN, USERINFO, LOGOUT, VALIDATION, PROBLEM = BLOCKS
AT = datetime(2026, 11, 24, 2, tzinfo=UTC)


def shape(value: Any) -> Any:
    """The names in a JSON value, without what they hold."""
    if isinstance(value, dict):
        return {name: shape(held) for name, held in value.items()}
    return [shape(held) for held in value] if isinstance(value, list) else None


def validated() -> dict[str, Any]:
    ministry = OrganisationThen("MTC", "ກະຊວງ", "Ministry", AT, None)
    power = Power("sign-decree", None, "011/MTC")
    post = Standing("a1", "MTC/dg", "ຫົວໜ້າກົມ", "Director General", ministry, (), False, "011/MTC", AT, None, (power,))
    found = Finding("Signature", "TOTAL-PASSED", None, b"-", AT, AT, AT, Coverage.WHOLE_FILE, "LT", ["c7"])
    signer = Signer("p1", "10000017", "ຄຳຫຼ້າ", "Khamla")
    return answer_of(conclude([judge_signature(found, signer, [post], RULES["decree"])]), "decree")


def test_the_id_token_has_the_claims_that_are_sent() -> None:
    authentication = Authentication(level=2, methods="mfa otp pwd", at=AT)
    alive = LiveGrant(Grant(client_id="c"), LiveSession("sid", "a", "p", authentication), authentication, "s")

    assert shape(id_token("i", alive, "n", AT, sid="sid")) == shape(ID_TOKEN)


def test_userinfo_is_what_all_scopes_give() -> None:
    assert shape(claims_for(BY_SCOPE, "s", described(in_post()))) == shape(USERINFO)


def test_the_logout_token_has_the_claims_that_are_sent() -> None:
    assert shape(logout_token("i", "c", "s", "sid", "jti", AT)) == shape(LOGOUT)


def test_the_answer_about_a_document_has_the_names_that_are_answered() -> None:
    assert {"id": None, "document_sha256": None, **shape(validated())} == shape(VALIDATION)


def test_a_problem_has_the_names_that_are_answered() -> None:
    with Flask("test").test_request_context(headers={"Accept-Language": "en"}):
        answered = problem("document.unsigned", 422).get_json()

    assert answered | {"request_id": PROBLEM["request_id"]} == PROBLEM


@pytest.mark.parametrize(("code", "word"), [(code, word) for code, (word, _) in TOKEN_ERRORS.items()])
def test_each_code_of_the_token_endpoint_is_explained(code: str, word: str) -> None:
    explained = {row[0].strip("`"): row[1].strip("`") for row in table_rows(GUIDE)}

    assert explained[code] == word


def test_no_code_is_explained_that_is_not_answered() -> None:
    assert {row[0].strip("`") for row in table_rows(GUIDE)} == set(TOKEN_ERRORS)
