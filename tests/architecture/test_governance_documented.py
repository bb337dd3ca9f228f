"""docs/governance.md lists the role matrix and the kinds of change as they are."""

import pytest

from ca.governance.kind import ChangeKind
from ca.governance.kinds import KINDS
from ledger.roles import AREAS, MATRIX, Action
from tests.architecture.documents import ROOT, table_rows

DOCUMENT = ROOT / "docs" / "governance.md"
ROWS = {row[0].strip("`"): row[1:] for row in table_rows(DOCUMENT)}
ANY = "any field of `configuration-show`"


def fields_of(kind: ChangeKind) -> str:
    return " ".join([*(f"`{one}`" for one in sorted(kind.needed)), *(f"`{one}`?" for one in sorted(kind.possible))])


@pytest.mark.parametrize("action", Action, ids=lambda action: action.value)
def test_an_action_is_documented_with_the_duties_that_allow_it(action: Action) -> None:
    duties = sorted(duty.value for duty in MATRIX[action].duties)

    assert ROWS[action.value] == [", ".join(duties)]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_of_change_is_documented_with_its_fields_and_who_agrees(kind: ChangeKind) -> None:
    fields, meaning, agreed_as = ROWS[kind.name]

    assert fields == (ANY if kind.name == "configuration.set" else fields_of(kind))
    assert meaning
    assert {kind.planning.value, kind.approving.value} == {f"change.plan-{agreed_as}", f"change.approve-{agreed_as}"}


def test_nothing_is_documented_that_there_is_not() -> None:
    assert set(ROWS) == {action.value for action in Action} | set(KINDS)


@pytest.mark.parametrize("duty", AREAS, ids=lambda duty: duty.value)
def test_every_duty_is_said_to_be_in_an_area(duty: object) -> None:
    assert f"`{duty.value}`" in DOCUMENT.read_text()  # type: ignore[attr-defined]
