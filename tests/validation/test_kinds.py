"""No thread finds the tables of one of asn1crypto's types half made: they are all there before any thread is."""

import subprocess
import sys

import pytest

_UNUSED = """
import {module}
from asn1crypto import core

def below(kind):
    for one in kind.__subclasses__():
        yield one
        yield from below(one)

unused = {{one.__name__ for one in below(core.Asn1Value) if one not in core._SETUP_CLASSES}} - {{"Choice"}}
print(*sorted(unused))
"""


@pytest.mark.parametrize("module", ["validation.pades.reading", "validation.pades.making"])
def test_every_type_was_used_when_the_module_is_there(module: str) -> None:
    """In a process of its own: here others have used them."""
    told = subprocess.run(
        [sys.executable, "-c", _UNUSED.format(module=module)], capture_output=True, text=True, check=True
    )

    assert told.stdout.split() == []
