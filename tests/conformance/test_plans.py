"""Every module of every plan has its test here, and no test calls itself by a name that no plan has."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.conformance.plans import PLANS


def marked() -> set[str]:
    """The names of the modules that tests of this folder say they are."""
    found = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for thing in vars(import_module(f"{__package__}.{path.stem}")).values():
            found |= {mark.args[0] for mark in _marks(thing) if mark.name == "module"}
    return found


def _marks(thing: object) -> Iterator[pytest.Mark]:
    for mark in getattr(thing, "pytestmark", ()):
        yield mark
        if mark.name == "parametrize":
            for case in mark.args[1]:
                yield from (getattr(one, "mark", one) for one in getattr(case, "marks", ()))


@pytest.mark.parametrize("plan", PLANS)
def test_every_module_of_the_plan_has_a_test(plan: str) -> None:
    assert set(PLANS[plan]) - marked() == set()


def test_no_test_is_a_module_that_no_plan_has() -> None:
    known = {name for names in PLANS.values() for name in names}

    assert marked() - known == set()
