"""The verb that takes away requests that led to nothing."""

import json

from click.testing import CliRunner

from scripts.__main__ import main
from tests.idp.test_verbs import Operator, operator, today

__all__ = ["operator", "today"]


def test_it_says_how_many_went(operator: Operator) -> None:
    said = CliRunner().invoke(main, ["requests-forget", "--once", "--json", "--home", str(operator.home.path)])

    assert (said.exit_code, json.loads(said.stdout)["rows"]) == (0, 0)
