"""docs/law.md claims nothing that no test shows."""

import pytest

from tests.architecture.documents import ROOT, functions_of, table_rows

LAW = table_rows(ROOT / "docs" / "law.md")
TOPICS = {"ET": 11, "CE": 10, "CA": 9, "ID": 7, "RV": 10, "AU": 7, "TM": 4, "DP": 8, "GV": 5, "LA": 9}
FORCES = {"LAO", "LAO12", "LAO?", "INT", "OWN"}
SHOWN = {f"{row[0]} by {test}": test for row in LAW for test in row[4].split("`")[1::2]}


def test_all_eighty_requirements_are_there_in_their_order() -> None:
    ids = [row[0] for row in LAW]

    assert ids == [f"{topic}-{number:02}" for topic, count in TOPICS.items() for number in range(1, count + 1)]


@pytest.mark.parametrize("row", LAW, ids=lambda row: row[0])
def test_a_requirement_claims_no_other_force_than_the_five(row: list[str]) -> None:
    force = row[2].split(", ")

    assert set(force) <= FORCES


@pytest.mark.parametrize("row", LAW, ids=lambda row: row[0])
def test_a_requirement_names_its_tests_and_nothing_else_or_says_that_it_is_not_met_yet(row: list[str]) -> None:
    words_between_tests = "".join(row[4].split("`")[0::2])

    assert words_between_tests.strip(" ,") == ("" if "`" in row[4] else "not yet")


@pytest.mark.parametrize("shown", SHOWN)
def test_a_test_that_a_requirement_names_exists(shown: str) -> None:
    path, _, name = SHOWN[shown].partition("::")

    assert name in functions_of(ROOT / path)
