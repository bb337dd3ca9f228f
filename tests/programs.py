"""The programs of others that tests run: what is missing is said, and in continuous integration it is a failure."""

import os
from shutil import which

import pytest


def needs(*programs: str) -> None:
    """Skips the test, or in continuous integration fails it, if one of these programs is not installed."""
    missing = [program for program in programs if which(program) is None]
    if missing:
        said = f"{' and '.join(missing)} not installed: see scripts/debian-packages.txt"
        (pytest.fail if os.environ.get("LAOTRUST_CI") == "1" else pytest.skip)(said)
