"""Every verb explains itself, with an example."""

import pytest
from click.testing import CliRunner

from scripts.__main__ import VERBS, Verbs
from tests.architecture.inventory import ROOT

NAMES = [name for names in VERBS.values() for name in names]


@pytest.mark.parametrize("name", NAMES)
def test_a_verb_answers_help_with_an_example(name: str) -> None:
    answer = CliRunner().invoke(Verbs("laotrust"), [name, "--help"])

    assert answer.exit_code == 0, answer.output
    assert "Example:" in answer.output
    assert "--json" in answer.output


@pytest.mark.parametrize("name", NAMES)
def test_a_verb_is_one_file(name: str) -> None:
    assert (ROOT / "scripts" / f"{name.replace('-', '_')}.py").is_file()
