"""A process that loads one module of tables can use them: what their foreign keys point to is loaded with it."""

import subprocess
import sys

from migrations.tables import MODULES
from tests.architecture.documents import ROOT

PROGRAM = """
import os, sys
from importlib import import_module
import ledger.ledger  # every process has one
for name in sys.argv[1:]:
    if os.fork() == 0:
        import_module(name)
        from ledger.base import Base
        try:
            [key.column for table in Base.metadata.tables.values() for key in table.foreign_keys]
        except Exception as fault:
            print(name, fault, flush=True)
        os._exit(0)
    os.wait()
"""


def test_the_tables_that_a_module_points_to_are_loaded_with_it() -> None:
    names = [module.__name__ for module in MODULES]

    told = subprocess.run([sys.executable, "-c", PROGRAM, *names], cwd=ROOT, capture_output=True, text=True, check=True)

    assert (told.stdout, told.stderr) == ("", "")
