"""Writes revisions, for those who change the tables.

`python -m migrations NUMBER "what it brings"` writes the next revision from what the tables have and the
revisions so far lack. `python -m migrations` alone writes all of them afresh, part by part: only
before the first release.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from migrations.run import migrate, write_revision

VERSIONS = Path(__file__).parent / "versions"
PARTS = {
    "log": ("ledger.entry", "ledger.incarnation", "ledger.log"),
    "people": ("ledger.people", "ledger.outbox"),
    "certificates": ("ledger.certificates",),
    "ca": ("ca.tables.registration", "ca.tables.endings", "ca.tables.publication"),
    "idp": ("idp.tables",),
    "register": ("register.tables",),
    "tsa": ("tsa.tables",),
    "validation": ("validation.tables",),
}
"""The first revisions: name, and the modules whose tables each makes."""


def write(number: str, message: str, only: Sequence[str] = ()) -> None:
    """A file `versions/<number>_….py` holds the difference, with the guards of each new table."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'empty.db'}"
        if any(VERSIONS.glob("[0-9]*.py")):
            migrate(url)
        write_revision(url, message, number, only)
    for step in ("format --quiet", "check --fix --exit-zero --quiet"):
        command = [sys.executable, "-m", "ruff", *step.split(), str(VERSIONS)]
        subprocess.run(command, check=True)  # noqa: S603 - our own linter


def write_afresh() -> None:
    """The first line of revisions, one for each of `PARTS`."""
    for file in VERSIONS.glob("[0-9]*.py"):
        file.unlink()
    for number, (name, modules) in enumerate(PARTS.items(), start=1):
        write(f"{number:04}", name, modules)


if __name__ == "__main__":
    write(*sys.argv[1:3]) if sys.argv[1:] else write_afresh()
