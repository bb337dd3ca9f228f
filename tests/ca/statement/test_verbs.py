"""The verbs by which a new version comes into force, as operators type them."""

import json
from dataclasses import replace

from ca.configuration import DEFAULT
from ledger.sealed_fields import SealedFields
from tests.ca.agreeing import agree_in
from tests.ca.conftest import FIRST, SECOND, PracticeCa
from tests.ca.test_verbs import Desk, desk
from web.words import WORDS

__all__ = ["desk"]


def test_the_signing_room_and_ceremonies_refuse_until_a_new_version_is_published(desk: Desk) -> None:
    chosen = replace(DEFAULT, hold_days=10)
    agree_in(PracticeCa(desk.ledger, desk.home, SealedFields.open(desk.home.key_uri("fields"))), chosen)

    refused = [desk.typed("issue", "--once"), desk.typed("ceremony-issuer", "officers")]
    planned = desk.said("statement-plan")
    approved = desk.said("statement-approve", planned["digest"], *desk.acting(FIRST))
    published = desk.said("statement-publish", planned["digest"], *desk.acting(SECOND))
    again = desk.typed("statement-plan", "--json")
    started = desk.typed("issue", "--once")

    assert [one.exit_code for one in refused] == [1, 1]
    assert [one for one in refused if "hold_days is 10, but version 1" not in one.output] == []
    assert [one for one in refused if WORDS["statement.disagrees"][0] not in one.output] == []
    assert planned["changes"] == [{"name": "hold_days", "before": 30, "now": 10}]
    assert any("+ພັກໃຊ້" in line or "+ບໍ່ເກີນ 10 ວັນ" in line for line in planned["documents"][0]["diff"])
    assert approved["plan"] == planned["digest"]
    assert published["versions"] == {"cps": 2, "disclosure": 2}
    assert json.loads(again.stdout)["error"] == "statement.nothing-new"
    assert started.exit_code == 0, started.output


def test_a_digest_that_is_not_the_plans_is_refused_with_what_to_do(desk: Desk) -> None:
    chosen = replace(DEFAULT, hold_days=10)
    agree_in(PracticeCa(desk.ledger, desk.home, SealedFields.open(desk.home.key_uri("fields"))), chosen)

    other = desk.typed("statement-approve", "0" * 64, *desk.acting(FIRST))

    assert other.exit_code == 1
    assert "Run statement-plan" in other.output
