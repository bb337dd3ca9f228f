"""`./scripts/bench [NAME …]`: runs the benchmarks, prints a table, writes var/bench.json."""

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.result import Result

BENCHMARKS = ("ledger", "ocsp", "issuance", "crl", "search")
"""A new benchmark is a module with `run() -> list[Result]` and a word here."""


def main(names: list[str]) -> int:
    """Runs the named benchmarks, or all. Returns the exit code."""
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        Console(stderr=True).print(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
        return 2
    results = [result for name in names or BENCHMARKS for result in import_module(f"benchmarks.{name}").run()]
    Console().print(_table(results))
    target = Path("var/bench.json")
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n")
    return 0


def _table(results: list[Result]) -> Table:
    table = Table("what", "ours", "unit", "peer", "ratio")
    for one in results:
        ratio = f"{one.ratio:.2f}" if one.ratio is not None else "–"
        table.add_row(one.name, f"{one.value:,.1f}", one.unit, one.peer or "–", ratio)
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
