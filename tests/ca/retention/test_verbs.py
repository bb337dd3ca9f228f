"""`purge`, `records-hold` and `records-release` as an operator types them."""

from pathlib import Path

import pytest

from ca.retention.holds import HoldReason
from tests.ca.desk import CLERK, HOLDER
from tests.ca.retention.papers import OPERATOR, Papers
from tests.ca.test_verbs_of_endings import Typing, typing

__all__ = ["typing"]


@pytest.fixture
def papers(typing: Typing, tmp_path: Path) -> Papers:
    papers = Papers(typing.desk, typing.desk.ledger, tmp_path / "checkpoints")
    papers.admit()
    return papers


def test_a_plan_is_shown_then_ordered_and_the_same_line_again_does_no_harm(typing: Typing, papers: Papers) -> None:
    papers.show(certified=None, ended=True)
    kept = papers.show(certified=30)
    papers.seal()

    planned = typing.said("purge", "--person", HOLDER)
    line = ["purge", "--person", HOLDER, "--apply", planned["digest"], *typing.acting(OPERATOR)]
    done, again = typing.said(*line), typing.said(*line)

    assert (planned["rule"], planned["papers"], planned["rows"], planned["persons"]) == ("request", 1, 2, 1)
    assert (done["rows"], len(done["entries"]), again["rows"]) == (2, 1, 0)
    assert (done["order"], papers.left()) == (again["order"], {kept})
    assert "card" not in str(planned)


def test_held_records_stay_until_they_are_released(typing: Typing, papers: Papers) -> None:
    papers.show(certified=None, ended=True)
    papers.seal()

    held = typing.said("records-hold", HOLDER, "--reason", HoldReason.INQUIRY.value, *typing.acting(CLERK))
    during = typing.said("purge", "--person", HOLDER)
    released = typing.said("records-release", HOLDER, *typing.acting(OPERATOR))
    after = typing.said("purge", "--person", HOLDER)

    assert (during["rows"], during["kept"]["held"]) == (0, 1)
    assert released["lifted"] == [held["hold"]]
    assert after["rows"] == 2


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (["--apply", "00" * 32], 2, "needs --as and --key"),
        (["--person", "99999999"], 1, "erasure.person-unknown"),
    ],
)
def test_what_is_missing_or_unknown_is_said(
    typing: Typing, papers: Papers, words: list[str], exit_code: int, said: str
) -> None:
    result = typing.typed("purge", *words)

    assert result.exit_code == exit_code
    assert said in result.output


def test_a_plan_that_nobody_was_shown_is_not_carried_out(typing: Typing, papers: Papers) -> None:
    paper = papers.show(certified=None, ended=True)
    papers.seal()

    result = typing.typed("purge", "--person", HOLDER, "--apply", "00" * 32, *typing.acting(OPERATOR))

    assert (result.exit_code, "erasure.changed" in result.output) == (1, True)
    assert papers.left() == {paper}
