"""Every class of break-in and every row of RFC 9700 names tests, and each of them exists."""

import ast
from string import ascii_uppercase

import pytest

from tests.architecture.documents import ROOT
from tests.security import CLASSES, RFC_9700, TESTS

ROWS = 20
"""Of the RFC's demands as we took them up, with its update and RFC 9470."""


def test_every_class_and_every_row_is_there() -> None:
    assert [name[0] for name in CLASSES] == list(ascii_uppercase[:23])
    assert len(RFC_9700) == ROWS


@pytest.mark.parametrize("held", sorted({test for tests in TESTS.values() for test in tests}))
def test_each_test_that_is_named_exists(held: str) -> None:
    path, _, name = held.partition("::")
    tree = ast.parse((ROOT / "tests" / f"{path}.py").read_text())

    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_none_is_without_a_test() -> None:
    assert [name for name, tests in TESTS.items() if not tests] == []
